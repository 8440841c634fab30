/**
 * Moves a path before it is decoded: its pitch, its vibrato, its character.
 *
 * Pitch and vibrato are conditions of the rows, so the decoder moves the partials under formants
 * that stay. A character is a direction in the latents of a gesture's beginning, middle and end;
 * between them it is blended by straight lines.
 */

import { pitchColumns, type RowLayout } from "../path-pitch.ts";

/** 0 holds. */
export interface PathMove {
  /** In semitones. */
  readonly pitch: number;
  /** In octaves of its depth above VIBRATO_FLOOR_CENTS. */
  readonly vibrato: number;
  /** Added to the rows, shape [3][latents of a row]: at the beginning, in the middle, at the end. */
  readonly character?: Float32Array;
}

export interface PathTime {
  readonly latentsPerSecond: number;
  /** Row of the peak of the gesture; undefined for a sound that is held. */
  readonly peak?: number | undefined;
  /** Of the first row of the path, for a part of one. @default 0 */
  readonly fromSeconds?: number;
  /** @default VIBRATO_HZ */
  readonly vibratoHz?: number;
}

/** As strings and winds play it. */
export const VIBRATO_HZ = 5.5;

/** The smallest depth that is heard: depths are compared in octaves of what they are with this. */
export const VIBRATO_FLOOR_CENTS = 4;

/** The same path where nothing moves. */
export function movedPath(
  path: Float32Array,
  layout: RowLayout,
  { move, time }: { readonly move: PathMove; readonly time: PathTime },
): Float32Array {
  const { pitch, vibrato, character } = move;
  if (pitch === 0 && vibrato === 0 && character === undefined) return path;
  const moved = Float32Array.from(path);
  const columns = pitchColumns(layout);
  if (columns !== undefined && pitch !== 0) addTo(moved, { ...layout, ...columns }, pitch / 12);
  if (columns !== undefined && vibrato !== 0) {
    moveVibrato(moved, { ...layout, ...columns }, { octaves: vibrato, time });
  }
  if (character !== undefined) addCharacter(moved, layout, { character, time });
  return moved;
}

/**
 * Shares of beginning, middle and end in a row; together 1.
 *
 * @param place.rows Of the whole gesture.
 */
export function stationShares(
  row: number,
  { peak, rows }: { readonly peak: number; readonly rows: number },
): readonly [beginning: number, middle: number, end: number] {
  const last = rows - 1;
  const middle = (peak + last) / 2;
  if (row <= peak) return [1, 0, 0];
  if (row <= middle) return [(middle - row) / (middle - peak), (row - peak) / (middle - peak), 0];
  return [0, (last - row) / (last - middle), (row - middle) / (last - middle)];
}

// --- internal ---

/** A vibrato sets in when the attack is over. */
const ONSET_SECONDS = { from: 0.08, to: 0.25 } as const;
/** Rows on both sides whose mean is the pitch without vibrato: a third of a second. */
const GLIDE_ROWS = 4;
/** More than this is another note. */
const AWAY_OCTAVES_MAX = 0.1;
const VOICED = 0.3;

type PitchedLayout = RowLayout & { readonly pitch: number; readonly voicing: number };

function addTo(path: Float32Array, { latentSize, pitch }: PitchedLayout, octaves: number): void {
  for (let at = pitch; at < path.length; at += latentSize) path[at] = path[at]! + octaves;
}

/** Deeper: a sine is added to what there is. Shallower: what there is is taken back. */
function moveVibrato(
  path: Float32Array,
  layout: PitchedLayout,
  { octaves, time }: { readonly octaves: number; readonly time: PathTime },
): void {
  const { latentSize, pitch } = layout;
  const rows = path.length / latentSize;
  const away = Float64Array.from({ length: rows }, (_, row) => awayFromGlide(path, layout, row));
  const now = 1200 * Math.SQRT2 * rootMean(away);
  const wanted = Math.max(0, (now + VIBRATO_FLOOR_CENTS) * 2 ** octaves - VIBRATO_FLOOR_CENTS);
  const { from, to } = ONSET_SECONDS;
  for (let row = 0; row < rows; row += 1) {
    const at = row * latentSize + pitch;
    if (octaves < 0) {
      path[at] = path[at]! - away[row]! * (1 - wanted / Math.max(now, 1e-9));
      continue;
    }
    const seconds = (time.fromSeconds ?? 0) + (row + 0.5) / time.latentsPerSecond;
    const share = time.peak === undefined ? 1 : within((seconds - from) / (to - from));
    const sine = Math.sin(2 * Math.PI * (time.vibratoHz ?? VIBRATO_HZ) * (seconds - from));
    path[at] = path[at]! + (share * (wanted - now) * sine) / 1200;
  }
}

/** Octaves from the mean of the voiced rows around it. */
function awayFromGlide(path: Float32Array, layout: PitchedLayout, row: number): number {
  const { latentSize, pitch, voicing } = layout;
  const isVoiced = (at: number): boolean => path[at * latentSize + voicing]! >= VOICED;
  if (!isVoiced(row)) return 0;
  const own = path[row * latentSize + pitch]!;
  const reach = Math.min(GLIDE_ROWS, row, path.length / latentSize - 1 - row);
  let [sum, count] = [0, 0];
  for (let at = row - reach; at <= row + reach; at += 1) {
    const near = path[at * latentSize + pitch]!;
    if (!isVoiced(at) || Math.abs(near - own) > AWAY_OCTAVES_MAX) continue;
    sum += near;
    count += 1;
  }
  return own - sum / count;
}

function rootMean(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / Math.max(1, values.length));
}

function within(share: number): number {
  return Math.min(1, Math.max(0, share));
}

function addCharacter(
  path: Float32Array,
  { latentSize, conditions }: RowLayout,
  { character, time: { peak } }: { readonly character: Float32Array; readonly time: PathTime },
): void {
  const size = latentSize - conditions.length;
  const rows = path.length / latentSize;
  for (let row = 0; row < rows; row += 1) {
    const shares = peak === undefined ? HELD : stationShares(row, { peak, rows });
    for (let i = 0; i < size; i += 1) {
      const by = shares.reduce((sum, share, k) => sum + share * character[k * size + i]!, 0);
      path[row * latentSize + i] = path[row * latentSize + i]! + by;
    }
  }
}

/** What is held is all middle. */
const HELD = [0, 1, 0] as const;

/**
 * The path of one gesture of the corpus as it is played by a key: as long as it is, or, where it
 * has no end of its own, held for some seconds.
 */

import { seededRandom } from "../../../random.ts";
import { hasMoves, type Moves } from "../controls/apply.ts";
import type { FramePitch } from "../controls/hollow.ts";
import { movedPath } from "../controls/path-moves.ts";
import { timeMapOf } from "../controls/time-map.ts";
import type { GestureCorpus } from "../gesture-path.ts";
import type { Gesture } from "../gestures.ts";
import { pitchesOfPath, type RowLayout } from "../path-pitch.ts";
import { heldRows } from "../steady-path.ts";
import type { KeyPart } from "./key-notes.ts";
import type { LiveVoice } from "./live-voice.ts";

export interface KeyPath {
  /** Rows of the path, each of shape [size]. */
  readonly rows: readonly Float32Array[];
  /** Row from which on it is held, so that it can be played round; undefined where it ends by itself. */
  readonly heldFrom: number | undefined;
}

/** As long as a held gesture is made before it is played round. */
const HELD_SECONDS = 3;
/** No longer than this, whatever the recording. */
const GESTURE_SECONDS_MAX = 8;

export function keyPath(voice: LiveVoice, part: KeyPart, moves: Moves): KeyPath {
  const { rows, heldFrom } = ownPath(voice, part.gesture, moves);
  if (voice.pitchColumn !== undefined && part.shiftOctaves !== 0) {
    for (const row of rows) row[voice.pitchColumn] = row[voice.pitchColumn]! + part.shiftOctaves;
  }
  return { rows: movedRows(voice, rows, { moves, peak: part.gesture.peak }), heldFrom };
}

/** Where the pitch is in a row. */
export function rowLayout({ size, conditions = [] }: GestureCorpus): RowLayout {
  return { latentSize: size, conditions };
}

/** Pitches of the first row and of the next one, as far as they are there; none without pitch. */
export function rowPitches(
  rows: readonly Float32Array[],
  layout: RowLayout,
  raisedBy: number,
): FramePitch[] {
  return rows
    .slice(0, 2)
    .flatMap((row) => pitchesOfPath(row, layout) ?? [])
    .map((pitch) => ({ ...pitch, raisedBy }));
}

// --- internal ---

/** With their pitch, their vibrato and their character moved. */
function movedRows(
  { corpus, latentsPerSecond }: LiveVoice,
  rows: readonly Float32Array[],
  { moves, peak }: { readonly moves: Moves; readonly peak: number },
): readonly Float32Array[] {
  if (!hasMoves(moves, "path")) return rows;
  const { size } = corpus;
  const path = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) path.set(row, i * size);
  const time = { latentsPerSecond, peak: Math.min(peak, rows.length - 1) };
  const moved = movedPath(path, rowLayout(corpus), { move: moves, time });
  return rows.map((_, i) => moved.slice(i * size, (i + 1) * size));
}

function ownPath(voice: LiveVoice, gesture: Gesture, moves: Moves): KeyPath {
  const { corpus, latents, latentsPerSecond } = voice;
  const { vectors, size } = corpus;
  const { start, hasEnd } = gesture;
  const length = Math.min(gesture.length, Math.ceil(GESTURE_SECONDS_MAX * latentsPerSecond));
  const loudness = Float64Array.from(latents.loudness.subarray(start, start + length));
  const { places } = timeMapOf(loudness, moves);
  const rows = Array.from(places, (place) => rowAt(vectors, { size, start, length, place }));
  if (hasEnd || gesture.length > length) return { rows, heldFrom: undefined };
  const more = Math.ceil(HELD_SECONDS * latentsPerSecond) - rows.length;
  const heldFrom = Math.min(rows.length - 1, gesture.peak + 2);
  const held = heldRows(corpus, gesture, {
    count: Math.max(0, more),
    random: seededRandom(start + 1),
  });
  return { rows: [...rows, ...held], heldFrom };
}

interface RowPlace {
  readonly size: number;
  readonly start: number;
  readonly length: number;
  /** A fraction between two rows. */
  readonly place: number;
}

function rowAt(vectors: Float32Array, { size, start, length, place }: RowPlace): Float32Array {
  const before = Math.min(length - 1, Math.max(0, Math.floor(place)));
  const after = Math.min(length - 1, before + 1);
  const share = Math.min(1, Math.max(0, place - before));
  const at = (row: number, i: number): number => vectors[(start + row) * size + i]!;
  return Float32Array.from({ length: size }, (_, i) => {
    const low = at(before, i);
    return low + share * (at(after, i) - low);
  });
}

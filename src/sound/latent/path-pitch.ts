/**
 * The pitch of a path: where it is in its rows, how high it is, and how to move it.
 *
 * The other numbers of a row are the envelope of the sound, which has no pitch. So a path that is
 * transposed keeps its formants: the partials move under them.
 */

import type { Codec } from "./codec.ts";

/** What says where the pitch is in a row. */
export type RowLayout = Pick<Codec, "latentSize" | "conditions">;

/** MIDI notes that can be asked for: 1 is C sharp of 8.7 Hz, 69 is A of 440 Hz, 127 G of 12.5 kHz. */
export const NOTES = { least: 1, most: 127 } as const;

/** log2 of the hertz of a MIDI note in equal temperament, A4 = 440 Hz. */
export function octavesOfNote(note: number): number {
  return Math.log2(440) + (note - 69) / 12;
}

/** Where the pitch and the voicing are in a row; undefined for models without. */
export function pitchColumns(
  layout: RowLayout,
): { readonly pitch: number; readonly voicing: number } | undefined {
  const { latentSize, conditions } = layout;
  const first = latentSize - conditions.length;
  const [pitch, voicing] = [conditions.indexOf("pitch"), conditions.indexOf("voicing")];
  if (pitch < 0 || voicing < 0) return undefined;
  return { pitch: first + pitch, voicing: first + voicing };
}

/** Pitch and voicing of each row; undefined for models without. */
export function pitchesOfPath(
  path: Float32Array,
  layout: RowLayout,
): { readonly pitch: number; readonly voicing: number }[] | undefined {
  const columns = pitchColumns(layout);
  if (columns === undefined) return undefined;
  const { latentSize } = layout;
  return Array.from({ length: path.length / latentSize }, (_, row) => ({
    pitch: path[row * latentSize + columns.pitch]!,
    voicing: path[row * latentSize + columns.voicing]!,
  }));
}

/** A row is voiced from here on. */
const VOICED = 0.3;

/** Median pitch of the voiced rows, log2 of hertz; undefined where none is. */
export function pitchOfPath(path: Float32Array, layout: RowLayout): number | undefined {
  const columns = pitchColumns(layout);
  if (columns === undefined) return undefined;
  const pitches: number[] = [];
  for (let start = 0; start < path.length; start += layout.latentSize) {
    if (path[start + columns.voicing]! >= VOICED) pitches.push(path[start + columns.pitch]!);
  }
  return pitches.toSorted((a, b) => a - b)[pitches.length >> 1];
}

/**
 * A path with its pitch moved, its formants as they were.
 *
 * @throws RangeError for a model without pitch.
 */
export function transposed(
  path: Float32Array,
  layout: RowLayout,
  semitones: number,
): Float32Array<ArrayBuffer> {
  const columns = pitchColumns(layout);
  if (columns === undefined) throw new RangeError("Cannot transpose a path without pitch");
  const moved = Float32Array.from(path);
  for (let at = columns.pitch; at < moved.length; at += layout.latentSize) {
    moved[at] = moved[at]! + semitones / 12;
  }
  return moved;
}

/** A path on a note, if one is asked for, and transposed; the same path if neither is. */
function played(
  path: Float32Array,
  layout: RowLayout,
  { note, transpose = 0 }: { readonly note?: number; readonly transpose?: number },
): Float32Array {
  const onNote = note === undefined ? path : withNote(path, layout, note);
  return transpose === 0 ? onNote : transposed(onNote, layout, transpose);
}

/** The same for a gesture, which then says how far it was moved, in octaves. */
export function playedGesture<G extends { readonly path: Float32Array }>(
  gesture: G,
  layout: RowLayout,
  asked: { readonly note?: number; readonly transpose?: number },
): G & { readonly raisedBy: number } {
  const path = played(gesture.path, layout, asked);
  const [before, after] = [pitchOfPath(gesture.path, layout), pitchOfPath(path, layout)];
  const raisedBy = before === undefined || after === undefined ? 0 : after - before;
  return { ...gesture, path, raisedBy };
}

/** The same path in more or fewer rows, by linear interpolation: played at another speed. */
export function stretched(path: Float32Array, size: number, ratio: number): Float32Array {
  const rows = path.length / size;
  const count = Math.max(1, Math.round(rows * ratio));
  const out = new Float32Array(count * size);
  for (let row = 0; row < count; row += 1) {
    const place = count === 1 ? 0 : (row * (rows - 1)) / (count - 1);
    const before = Math.floor(place);
    const after = Math.min(rows - 1, before + 1);
    for (let i = 0; i < size; i += 1) {
      const low = path[before * size + i]!;
      out[row * size + i] = low + (place - before) * (path[after * size + i]! - low);
    }
  }
  return out;
}

/**
 * A path whose median pitch is that of a MIDI note; vibrato and glides stay. A path without a
 * voiced row stays as it is.
 *
 * @throws RangeError for a model without pitch.
 */
export function withNote(
  path: Float32Array,
  layout: RowLayout,
  note: number,
): Float32Array<ArrayBuffer> {
  const now = pitchOfPath(path, layout);
  return transposed(path, layout, now === undefined ? 0 : 12 * (octavesOfNote(note) - now));
}

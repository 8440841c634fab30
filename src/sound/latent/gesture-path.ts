/**
 * New gestures out of a corpus' own: two that are near each other, heard as one.
 *
 * The first of the two leads. The other has a share in its course, after the attack: an attack of
 * two is a flam, so the first vectors are those of the leading one alone. Both are brought to one
 * length so that their peaks meet.
 */

import { below, type Random, uniform } from "../../random.ts";
import type { Gesture } from "./gestures.ts";

/** The corpus' vectors, shape [count, size], and the gestures in it. */
export interface GestureCorpus {
  readonly vectors: Float32Array;
  readonly size: number;
  readonly gestures: readonly Gesture[];
}

/** A path with what the ends of its sound are. */
export interface GesturePath {
  /** Shape [length, size]. */
  readonly path: Float32Array;
  readonly lead: Gesture;
}

/** Neighbours that a gesture is blended with. */
const NEIGHBOURS = 6;
/** Most that the other has in a blend. */
const SHARE_MAX = 0.5;
/** Vectors of the attack, which the leading gesture has alone. */
const OWN_ATTACK = 2;
/** Vectors from there to where the other has its full share. */
const SHARE_RISE = 3;

/** Draws a gesture: any recording leads as often as any other, however long it is. */
export function drawGesture(corpus: GestureCorpus, random: Random): Gesture {
  const { gestures } = corpus;
  const files = [...new Set(gestures.map(({ file }) => file))];
  const file = files[below(random, files.length)];
  const ofFile = gestures.filter((gesture) => gesture.file === file);
  return ofFile[below(random, ofFile.length)]!;
}

/** A gesture that the corpus has not, near one that it has. */
export function newGesture(corpus: GestureCorpus, lead: Gesture, random: Random): GesturePath {
  const near = neighboursOf(corpus, lead);
  const other = near[below(random, near.length)] ?? lead;
  return { path: blended(corpus, { lead, other, share: uniform(random, 0, SHARE_MAX) }), lead };
}

/**
 * Two gestures as one.
 *
 * @returns Shape [length, size], the length between theirs.
 */
export function blended(
  { vectors, size }: GestureCorpus,
  parts: { readonly lead: Gesture; readonly other: Gesture; readonly share: number },
): Float32Array {
  const { lead, other, share } = parts;
  const between = (a: number, b: number): number => a * (b / a) ** share;
  const length = Math.max(1, Math.round(between(lead.length, other.length)));
  const peak = Math.min(length - 1, Math.round(lead.peak + share * (other.peak - lead.peak)));
  const path = new Float32Array(length * size);
  for (let t = 0; t < length; t += 1) {
    const ofOther = share * Math.min(1, Math.max(0, (t + 1 - OWN_ATTACK) / SHARE_RISE));
    const at = { t, peak, length };
    addInterpolated(path.subarray(t * size, (t + 1) * size), vectors, {
      row: placeIn(lead, at),
      last: lead.start + lead.length - 1,
      share: 1 - ofOther,
    });
    addInterpolated(path.subarray(t * size, (t + 1) * size), vectors, {
      row: placeIn(other, at),
      last: other.start + other.length - 1,
      share: ofOther,
    });
  }
  return path;
}

/** Row of the corpus, not whole, that stands at step t of a path with its peak there. */
function placeIn(
  gesture: Gesture,
  { t, peak, length }: { readonly t: number; readonly peak: number; readonly length: number },
): number {
  const last = gesture.length - 1;
  const within =
    t <= peak
      ? gesture.peak - (peak - t) * (peak === 0 ? 0 : gesture.peak / peak)
      : gesture.peak + ((t - peak) * (last - gesture.peak)) / Math.max(1, length - 1 - peak);
  return gesture.start + Math.min(last, within);
}

function addInterpolated(
  out: Float32Array,
  vectors: Float32Array,
  { row, last, share }: { readonly row: number; readonly last: number; readonly share: number },
): void {
  if (share === 0) return;
  const size = out.length;
  const before = Math.min(last, Math.floor(row));
  const after = Math.min(last, before + 1);
  const rest = row - before;
  for (let i = 0; i < size; i += 1) {
    const low = vectors[before * size + i]!;
    out[i] = out[i]! + share * (low + rest * (vectors[after * size + i]! - low));
  }
}

/** Places of a gesture that its likeness is judged by, as shares of its time before and after the peak. */
const COMPARED = [-0.5, 0, 0.15, 0.35, 0.6, 0.9];

/** The gestures most like this one, from other recordings where there are such; nearest first. */
export function neighboursOf(corpus: GestureCorpus, lead: Gesture): readonly Gesture[] {
  const elsewhere = corpus.gestures.filter(({ file }) => file !== lead.file);
  const candidates = elsewhere.length > 0 ? elsewhere : corpus.gestures;
  return candidates
    .map((gesture) => ({ gesture, distance: distanceOf(corpus, lead, gesture) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEIGHBOURS)
    .map(({ gesture }) => gesture);
}

/** Mean square distance of vectors at the same places, and of octaves of length. */
function distanceOf({ vectors, size }: GestureCorpus, a: Gesture, b: Gesture): number {
  const octaves = Math.log2(a.length / b.length);
  let distance = COMPARED.length * size * octaves * octaves * LENGTH_WEIGHT;
  for (const place of COMPARED) {
    const rowA = rowAt(a, place) * size;
    const rowB = rowAt(b, place) * size;
    for (let i = 0; i < size; i += 1) distance += (vectors[rowA + i]! - vectors[rowB + i]!) ** 2;
  }
  return distance;
}

/** An octave of length counts like a quarter of a standard deviation in every dimension. */
const LENGTH_WEIGHT = 0.06;

function rowAt({ start, length, peak }: Gesture, place: number): number {
  const within = place < 0 ? peak * (1 + place) : peak + place * (length - 1 - peak);
  return start + Math.round(within);
}

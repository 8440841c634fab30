/**
 * Makes new gestures: blends of two similar gestures of the corpus.
 *
 * The first of the two leads. The other takes part only after the attack, because two attacks sound
 * like a flam: the first vectors are those of the leading one alone. Both are stretched to one
 * length so that their peaks coincide.
 */

import { below, type Random, uniform } from "../../random.ts";
import type { ConditionName } from "../model/conditions.ts";
import type { Gesture } from "./gestures.ts";
import { pitchColumns, pitchOfPath, type RowLayout } from "./path-pitch.ts";

/** The corpus' vectors, shape [count, size], and the gestures in it. */
export interface GestureCorpus {
  readonly vectors: Float32Array;
  readonly size: number;
  readonly gestures: readonly Gesture[];
  /** What the last numbers of a vector are. @default nothing by name */
  readonly conditions?: readonly ConditionName[];
}

/** Where the pitch is in the corpus' vectors. */
function layoutOf({ size, conditions = [] }: GestureCorpus): RowLayout {
  return { latentSize: size, conditions };
}

/** A path, and whether its two ends are natural. */
export interface GesturePath {
  /** Shape [length, size]. */
  readonly path: Float32Array;
  readonly lead: Gesture;
}

/** Neighbours that a gesture is blended with. */
const NEIGHBOURS = 6;
/** Largest share of the other in a blend. */
const SHARE_MAX = 0.5;
/** Vectors of the attack, taken from the leading gesture alone. */
const OWN_ATTACK = 2;
/** Vectors from there until the other has its full share. */
const SHARE_RISE = 3;

/** Draws a gesture: each recording leads equally often, whatever its length. */
export function drawGesture(corpus: GestureCorpus, random: Random): Gesture {
  const { gestures } = corpus;
  const files = [...new Set(gestures.map(({ file }) => file))];
  const file = files[below(random, files.length)];
  const ofFile = gestures.filter((gesture) => gesture.file === file);
  return ofFile[below(random, ofFile.length)]!;
}

/** A new gesture, similar to one of the corpus. */
export function newGesture(corpus: GestureCorpus, lead: Gesture, random: Random): GesturePath {
  const near = partnersOf(corpus, lead);
  const other = near[below(random, near.length)] ?? lead;
  return { path: blended(corpus, { lead, other, share: uniform(random, 0, SHARE_MAX) }), lead };
}

/**
 * The most similar gestures on the same note, where there are any; else the most similar ones. Between
 * two notes, what their latents say of single partials fits neither: their mean is duller and
 * noisier than both.
 */
function partnersOf(corpus: GestureCorpus, lead: Gesture): readonly Gesture[] {
  const own = gesturePitch(corpus, lead);
  if (own === undefined) return neighboursOf(corpus, lead);
  const onNote = corpus.gestures.filter((gesture) => {
    const pitch = gesturePitch(corpus, gesture);
    return pitch !== undefined && Math.abs(pitch - own) <= SAME_NOTE_OCTAVES;
  });
  const others = onNote.some(({ file }) => file !== lead.file) ? onNote : corpus.gestures;
  return neighboursOf({ ...corpus, gestures: others }, lead);
}

/** A semitone. */
const SAME_NOTE_OCTAVES = 1 / 12;

/** Median pitch, log2 of hertz; undefined for gestures and corpora without. */
function gesturePitch(corpus: GestureCorpus, { start, length }: Gesture): number | undefined {
  const { vectors, size } = corpus;
  return pitchOfPath(vectors.subarray(start * size, (start + length) * size), layoutOf(corpus));
}

/**
 * Blends two gestures. The pitch is a note between theirs from the start, with the course that the
 * leading one has: a glide from one to the other would be heard.
 *
 * @returns Shape [length, size], the length between theirs.
 */
export function blended(
  corpus: GestureCorpus,
  parts: { readonly lead: Gesture; readonly other: Gesture; readonly share: number },
): Float32Array {
  const { lead, other, share } = parts;
  const { vectors, size } = corpus;
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
  return pitchColumns(layoutOf(corpus)) === undefined
    ? path
    : withPitch(corpus, { ...parts, path, peak });
}

/** @param made.peak Row of its peak. */
function withPitch(
  corpus: GestureCorpus,
  made: {
    readonly lead: Gesture;
    readonly other: Gesture;
    readonly share: number;
    readonly path: Float32Array;
    readonly peak: number;
  },
): Float32Array {
  const { vectors, size } = corpus;
  const { lead, other, share, path, peak } = made;
  const { pitch } = pitchColumns(layoutOf(corpus))!;
  const [own, others] = [gesturePitch(corpus, lead), gesturePitch(corpus, other)];
  const away = own === undefined || others === undefined ? 0 : share * (others - own);
  const length = path.length / size;
  const last = lead.start + lead.length - 1;
  for (let t = 0; t < length; t += 1) {
    const row = new Float32Array(size);
    addInterpolated(row, vectors, { row: placeIn(lead, { t, peak, length }), last, share: 1 });
    path[t * size + pitch] = row[pitch]! + away;
  }
  return path;
}

/** The same corpus, of which only the gestures lead that are nearest to a pitch. */
export function nearPitch(corpus: GestureCorpus, octaves: number): GestureCorpus {
  const { vectors, size, gestures } = corpus;
  const layout = layoutOf(corpus);
  const near = gestures.flatMap((gesture) => {
    const { start, length } = gesture;
    const pitch = pitchOfPath(vectors.subarray(start * size, (start + length) * size), layout);
    return pitch === undefined ? [] : [{ gesture, away: Math.abs(pitch - octaves) }];
  });
  near.sort((a, b) => a.away - b.away);
  const count = Math.max(NEAR_LEAST, Math.ceil(NEAR_SHARE * near.length));
  return { ...corpus, gestures: near.slice(0, count).map(({ gesture }) => gesture) };
}

/** How many gestures can play a note. */
const NEAR_LEAST = 4;
const NEAR_SHARE = 0.1;

/** Fractional row of the corpus for step t of a path, with the peaks aligned. */
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

/** Positions at which gestures are compared, as shares of the time before and after the peak. */
const COMPARED = [-0.5, 0, 0.15, 0.35, 0.6, 0.9];

/** The most similar gestures, from other recordings where there are any; nearest first. */
export function neighboursOf(corpus: GestureCorpus, lead: Gesture): readonly Gesture[] {
  const elsewhere = corpus.gestures.filter(({ file }) => file !== lead.file);
  const candidates = elsewhere.length > 0 ? elsewhere : corpus.gestures;
  return candidates
    .map((gesture) => ({ gesture, distance: distanceOf(corpus, lead, gesture) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, NEIGHBOURS)
    .map(({ gesture }) => gesture);
}

/** Mean square distance of vectors at the same positions, plus that of lengths in octaves. */
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

/** Weight of an octave of length: a quarter of a standard deviation in every dimension. */
const LENGTH_WEIGHT = 0.06;

function rowAt({ start, length, peak }: Gesture, place: number): number {
  const within = place < 0 ? peak * (1 + place) : peak + place * (length - 1 - peak);
  return start + Math.round(within);
}

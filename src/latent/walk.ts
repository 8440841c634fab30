/**
 * New paths through the latent space, made of gestures.
 *
 * A gesture is two recordings heard as one: their latent paths, brought to one length and
 * blended, with attack and decay as recordings have them. Gestures follow each other, each
 * faded into the next, and what was mixed is drawn back to where the corpus lies.
 */

import type { CorpusLatents } from "../model/model-file.ts";
import { below, type Random, uniform } from "../random.ts";
import { drawnIn, type LatentCloud, thinned } from "./density.ts";

export interface WalkOptions {
  readonly latentSize: number;
  /** Latent vectors wanted. */
  readonly length: number;
  /** Latent vectors per second, for durations. */
  readonly latentsPerSecond: number;
  readonly random: Random;
}

/** Longest piece of one recording in a gesture. */
const GESTURE_SECONDS = { least: 0.5, most: 4 } as const;
const FADE_SECONDS = 0.12;

/** What half and half of two unrelated vectors needs; opposite ones are not blown up beyond it. */
const KEEP_MAX = Math.SQRT2;

/** How far blends are drawn back to the corpus, see density.ts. */
const DRAWN_IN_SHARE = 0.4;

/** @returns Shape [length, latentSize]. */
export function walk(corpus: CorpusLatents, options: WalkOptions): Float32Array {
  const { latentSize, length, latentsPerSecond } = options;
  const paths = pathsOf(corpus, latentSize);
  const mean = meanOf(corpus.means, latentSize);
  const out = new Float32Array(length * latentSize);
  const fade = Math.max(1, Math.round(FADE_SECONDS * latentsPerSecond));
  let at = 0;
  while (at < length) {
    const gesture = drawGesture(paths, { ...options, mean });
    const gestureLength = gesture.length / latentSize;
    // Never longer than half of a short gesture, or the walk would get nowhere.
    const start = Math.max(0, at - Math.min(fade, Math.floor(gestureLength / 2)));
    layOver(out, gesture, { start, fade: at - start, latentSize });
    at = start + gestureLength;
  }
  const cloud: LatentCloud = thinned({ vectors: corpus.means, size: latentSize });
  if (cloud.vectors.length > 0) drawnIn(out, cloud, DRAWN_IN_SHARE);
  return out;
}

function pathsOf({ means, lengths }: CorpusLatents, latentSize: number): Float32Array[] {
  let start = 0;
  return lengths.map((length) => {
    const path = means.subarray(start * latentSize, (start + length) * latentSize);
    start += length;
    return path;
  });
}

function drawGesture(
  paths: readonly Float32Array[],
  options: WalkOptions & { readonly mean: Float64Array },
): Float32Array {
  const { random, latentSize, latentsPerSecond, mean } = options;
  const most = Math.round(
    latentsPerSecond * uniform(random, GESTURE_SECONDS.least, GESTURE_SECONDS.most),
  );
  const first = piece(paths, most, options);
  const second = piece(paths, most, options);
  const length = Math.max(1, Math.round(Math.sqrt(first.length * second.length) / latentSize));
  const from = uniform(random, 0, 1);
  const to = uniform(random, 0, 1);
  const gesture = new Float32Array(length * latentSize);
  for (let t = 0; t < length; t += 1) {
    const place = length === 1 ? 0 : t / (length - 1);
    const share = from + (to - from) * place;
    let blended = 0;
    let wanted = 0;
    for (let i = 0; i < latentSize; i += 1) {
      const a = valueAt(first, { place, i, latentSize }) - mean[i]!;
      const b = valueAt(second, { place, i, latentSize }) - mean[i]!;
      const mixed = share * a + (1 - share) * b;
      gesture[t * latentSize + i] = mixed;
      blended += mixed * mixed;
      wanted += share * a * a + (1 - share) * b * b;
    }
    // Blends of unrelated vectors shrink towards the mean; this keeps their distance from it,
    // and leaves blends of like with like as they are.
    const keep = blended > 0 ? Math.min(KEEP_MAX, Math.sqrt(wanted / blended)) : 1;
    for (let i = 0; i < latentSize; i += 1) {
      const at = t * latentSize + i;
      gesture[at] = mean[i]! + keep * gesture[at]!;
    }
  }
  return gesture;
}

/** A recording from its start, or a stretch of a long one. */
function piece(
  paths: readonly Float32Array[],
  most: number,
  { random, latentSize }: WalkOptions,
): Float32Array {
  const path = paths[below(random, paths.length)]!;
  const length = path.length / latentSize;
  if (length <= most) return path;
  const start = random.next() < 0.5 ? 0 : below(random, length - most + 1);
  return path.subarray(start * latentSize, (start + most) * latentSize);
}

/** Dimension i of a path at a place from 0 to 1, by linear interpolation. */
function valueAt(
  path: Float32Array,
  {
    place,
    i,
    latentSize,
  }: { readonly place: number; readonly i: number; readonly latentSize: number },
): number {
  const last = path.length / latentSize - 1;
  const at = place * last;
  const before = Math.min(last, Math.floor(at));
  const after = Math.min(last, before + 1);
  const low = path[before * latentSize + i]!;
  return low + (at - before) * (path[after * latentSize + i]! - low);
}

function layOver(
  out: Float32Array,
  gesture: Float32Array,
  {
    start,
    fade,
    latentSize,
  }: { readonly start: number; readonly fade: number; readonly latentSize: number },
): void {
  for (let j = 0; j < gesture.length; j += 1) {
    const at = start * latentSize + j;
    if (at >= out.length) return;
    const row = Math.floor(j / latentSize);
    const share = row < fade ? (row + 1) / (fade + 1) : 1;
    out[at] = out[at]! + share * (gesture[j]! - out[at]!);
  }
}

function meanOf(vectors: Float32Array, size: number): Float64Array {
  const mean = new Float64Array(size);
  for (let i = 0; i < vectors.length; i += 1) mean[i % size] = mean[i % size]! + vectors[i]!;
  return mean.map((value) => (value * size) / Math.max(1, vectors.length));
}

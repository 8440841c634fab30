/**
 * Paths that hold a sound, or let it drift, for any length without repeating.
 *
 * The movement of a held sound is measured on the sustained part of a recording: its mean vector,
 * its covariance, and its autocorrelation. The path is an Ornstein-Uhlenbeck process with these, so
 * it never repeats (G. E. Uhlenbeck, L. S. Ornstein, 1930).
 */

import { below, fillNormal, type Random, SEEDS, seededRandom } from "../../random.ts";
import { drawGesture, type GestureCorpus, newGesture } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";
import { goToTake } from "./takes.ts";

export interface SteadyOptions {
  readonly latentsPerSecond: number;
  /**
   * 0 holds one moment, 1 moves as much as the recordings and, if it drifts, through the whole
   * corpus.
   */
  readonly evolution: number;
  /** Whether it drifts from sound to sound, or stays with one. */
  readonly drifts: boolean;
  /** Moves anew around the same places. @default 0 */
  readonly take?: number;
  readonly random: Random;
}

/** Seconds from one resting place to the next, at evolution 1; at 0 it never moves on. */
const STAY_SECONDS = 2;
/** Limits of the measured autocorrelation of a held sound, per latent vector. */
const FORGETS_LEAST = 0.3;
const FORGETS_MOST = 0.985;

/** Where a sound rests: the vector it moves around, and its movements from there. */
export interface Rest {
  readonly mean: Float32Array;
  /** Deviations from it, shape [count, size]. */
  readonly deviations: Float32Array;
  /** Correlation of a deviation with the one before it. */
  readonly memory: number;
}

/** @returns Shape [length, size]: an attack from the corpus, then what is held. */
export function steadyPath(
  corpus: GestureCorpus,
  { length, ...options }: SteadyOptions & { readonly length: number },
): Float32Array {
  const { size } = corpus;
  const rows = steadyRows(corpus, options);
  const path = new Float32Array(length * size);
  for (let t = 0; t < length; t += 1) path.set(rows.next(), t * size);
  return path;
}

/** The same without end, row by row. */
export interface SteadyRows {
  /** The next row, shape [size]. */
  next(): Float32Array;
  /** Goes on in another corpus from the next row on: the same recordings after more training. */
  use(corpus: GestureCorpus): void;
}

export function steadyRows(first: GestureCorpus, options: SteadyOptions): SteadyRows {
  const { random, evolution, drifts, take = 0, latentsPerSecond } = options;
  const journey = journeyThrough(first, seededRandom(below(random, SEEDS)));
  goToTake(random, take);
  const stay = (STAY_SECONDS * latentsPerSecond) / Math.max(evolution, 1e-6);
  const moved = new Float32Array(first.size);
  let before = new Float32Array(first.size);
  let t = 0;
  let settledSince = journey.attackLength();
  return {
    use: (corpus) => {
      journey.use(corpus);
      settledSince = Math.max(t, journey.attackLength());
    },
    next: () => {
      const attack = journey.attackLength();
      if (t < attack) {
        before = journey.attackRow(t);
        t += 1;
        return before.slice();
      }
      const place = drifts && evolution > 0 ? (t - attack) / stay : 0;
      const from = journey.restAt(Math.floor(place));
      const to = drifts ? journey.restAt(Math.floor(place) + 1) : from;
      const share = smooth(place - Math.floor(place));
      move(moved, share < 0.5 ? from : to, random);
      const settled = Math.min(1, (t - settledSince + 1) / SETTLING);
      const row = new Float32Array(before.length);
      for (let i = 0; i < row.length; i += 1) {
        const rest = from.mean[i]! + share * (to.mean[i]! - from.mean[i]!);
        const held = rest + evolution * moved[i]!;
        row[i] = t === 0 ? held : before[i]! + settled * (held - before[i]!);
      }
      before = row;
      t += 1;
      return row.slice();
    },
  };
}

/** Vectors in which the attack passes into what is held. */
const SETTLING = 6;

/** An attack and the places at which a sound rests after it, one after another. */
interface Journey {
  attackLength(): number;
  attackRow(t: number): Float32Array<ArrayBuffer>;
  restAt(index: number): Rest;
  /** The same journey in another corpus. */
  use(corpus: GestureCorpus): void;
}

/** Of the resting places behind it, a journey knows so many. */
const KEPT_RESTS = 3;

function journeyThrough(first: GestureCorpus, random: Random): Journey {
  const start = random.state;
  let corpus = first;
  let begun = beginning(corpus, random);
  let rests = [{ state: start, rest: begun.rest }];
  let firstKept = 0;
  return {
    attackLength: () => begun.attackLength,
    attackRow: (t) => begun.path.slice(t * corpus.size, (t + 1) * corpus.size),
    restAt: (index) => {
      while (firstKept + rests.length <= index) {
        const { state } = random;
        rests.push({ state, rest: nextRest(corpus, rests.at(-1)!.rest, random) });
      }
      while (rests.length > KEPT_RESTS) {
        rests = rests.slice(1);
        firstKept += 1;
      }
      return rests[Math.max(0, index - firstKept)]!.rest;
    },
    use: (other) => {
      corpus = other;
      begun = beginning(corpus, seededRandom(start));
      // The same draws lead to the same recordings.
      rests = rests.map(({ state, rest }) =>
        state === start
          ? { state, rest: begun.rest }
          : { state, rest: nextRest(corpus, rest, seededRandom(state)) },
      );
    },
  };
}

interface Beginning {
  readonly path: Float32Array<ArrayBuffer>;
  readonly attackLength: number;
  readonly rest: Rest;
}

/** The first resting place is the gesture's own. */
function beginning(corpus: GestureCorpus, random: Random): Beginning {
  const { size } = corpus;
  const lead = longestOf([0, 1, 2].map(() => drawGesture(corpus, random)));
  const path = newGesture(corpus, lead, random).path.slice();
  return {
    path,
    attackLength: Math.min(lead.peak + 2, path.length / size),
    rest: restOf(heldPart(path, lead, size), corpus),
  };
}

/** More of a gesture that is held: its movement around its resting place, from its last row on. */
export function heldRows(
  corpus: GestureCorpus,
  gesture: Gesture,
  { count, random }: { readonly count: number; readonly random: Random },
): Float32Array[] {
  const { vectors, size } = corpus;
  const { start, length } = gesture;
  const path = vectors.subarray(start * size, (start + length) * size);
  const rest = restOf(heldPart(path, gesture, size), corpus);
  const moved = path.slice(-size).map((value, i) => value - rest.mean[i]!);
  return Array.from({ length: count }, () => {
    move(moved, rest, random);
    return moved.map((value, i) => rest.mean[i]! + value);
  });
}

/** A drift continues to nearby gestures. */
function nextRest(corpus: GestureCorpus, rest: Rest, random: Random): Rest {
  const { size } = corpus;
  const candidates = Array.from({ length: CANDIDATES }, () => {
    const gesture = longestOf([0, 1].map(() => drawGesture(corpus, random)));
    const { path } = newGesture(corpus, gesture, random);
    return restOf(heldPart(path, gesture, size), corpus);
  });
  candidates.sort((a, b) => distance(a.mean, rest.mean) - distance(b.mean, rest.mean));
  return candidates[below(random, 3)]!;
}

/** The next resting place is one of this many nearest. */
const CANDIDATES = 8;

export function longestOf(gestures: readonly Gesture[]): Gesture {
  return gestures.reduce((longest, gesture) =>
    gesture.length > longest.length ? gesture : longest,
  );
}

/** From the peak to two thirds of what follows it. */
export function heldPart(path: Float32Array, { peak }: Gesture, size: number): Float32Array {
  const length = path.length / size;
  const from = Math.min(length - 1, peak + 1);
  const to = Math.max(from + 1, Math.ceil(from + (2 * (length - from)) / 3));
  return path.subarray(from * size, to * size);
}

/** Pitch and voicing rest: at one vector in 43 ms, their movement would be a wobble. */
export function restOf(vectors: Float32Array, { size, conditions = [] }: GestureCorpus): Rest {
  const free = size - conditions.length;
  const count = vectors.length / size;
  const mean = new Float32Array(size);
  for (let i = 0; i < vectors.length; i += 1)
    mean[i % size] = mean[i % size]! + vectors[i]! / count;
  const deviations = vectors.map((value, i) => (i % size < free ? value - mean[i % size]! : 0));
  let power = 0;
  let next = 0;
  for (let i = 0; i + size < deviations.length; i += 1) {
    power += deviations[i]! ** 2;
    next += deviations[i]! * deviations[i + size]!;
  }
  const memory = power > 0 ? next / power : 0;
  return { mean, deviations, memory: Math.min(FORGETS_MOST, Math.max(FORGETS_LEAST, memory)) };
}

/** One step: the decayed deviation, and as much noise as preserves the covariance. */
function move(moved: Float32Array, { deviations, memory }: Rest, random: Random): void {
  const size = moved.length;
  const count = deviations.length / size;
  const shares = fillNormal(random, new Float32Array(count));
  const fresh = Math.sqrt((1 - memory * memory) / count);
  for (let i = 0; i < size; i += 1) {
    let sum = 0;
    for (let k = 0; k < count; k += 1) sum += shares[k]! * deviations[k * size + i]!;
    moved[i] = memory * moved[i]! + fresh * sum;
  }
}

export function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

export function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

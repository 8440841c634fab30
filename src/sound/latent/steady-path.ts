/**
 * Paths that hold a sound, or let it drift, for any length without repeating.
 *
 * The movement of a held sound is measured on the sustained part of a recording: its mean vector,
 * its covariance, and its autocorrelation. The path is an Ornstein-Uhlenbeck process with these, so
 * it never repeats (G. E. Uhlenbeck, L. S. Ornstein, 1930).
 */

import { below, fillNormal, type Random } from "../../random.ts";
import { drawGesture, type GestureCorpus, newGesture } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";

export interface SteadyOptions {
  /** Latent vectors wanted. */
  readonly length: number;
  readonly latentsPerSecond: number;
  /**
   * 0 holds one moment, 1 moves as much as the recordings and, if it drifts, through the whole
   * corpus.
   */
  readonly evolution: number;
  /** Whether it drifts from sound to sound, or stays with one. */
  readonly drifts: boolean;
  readonly random: Random;
}

/** Seconds from one resting place to the next, at evolution 1; at 0 it never moves on. */
const STAY_SECONDS = 2;
/** Limits of the measured autocorrelation of a held sound, per latent vector. */
const FORGETS_LEAST = 0.3;
const FORGETS_MOST = 0.985;

/** Where a sound rests: the vector it moves around, and its movements from there. */
interface Rest {
  readonly mean: Float32Array;
  /** Deviations from it, shape [count, size]. */
  readonly deviations: Float32Array;
  /** Correlation of a deviation with the one before it. */
  readonly memory: number;
}

/** @returns Shape [length, size]: an attack from the corpus, then what is held. */
export function steadyPath(corpus: GestureCorpus, options: SteadyOptions): Float32Array {
  const { length, random, evolution, drifts, latentsPerSecond } = options;
  const { size } = corpus;
  const lead = longestOf([0, 1, 2].map(() => drawGesture(corpus, random)));
  const begun = newGesture(corpus, lead, random).path;
  const rests = restsFrom(begun, lead, { corpus, ...options });
  const path = new Float32Array(length * size);
  const attack = Math.min(length, lead.peak + 2, begun.length / size);
  path.set(begun.subarray(0, attack * size));
  const stay = (STAY_SECONDS * latentsPerSecond) / Math.max(evolution, 1e-6);
  const moved = new Float32Array(size);
  for (let t = attack; t < length; t += 1) {
    const place = drifts && evolution > 0 ? (t - attack) / stay : 0;
    const from = rests[Math.min(rests.length - 1, Math.floor(place))]!;
    const to = rests[Math.min(rests.length - 1, Math.floor(place) + 1)]!;
    const share = smooth(place - Math.floor(place));
    move(moved, share < 0.5 ? from : to, random);
    const settled = Math.min(1, (t - attack + 1) / SETTLING);
    for (let i = 0; i < size; i += 1) {
      const rest = from.mean[i]! + share * (to.mean[i]! - from.mean[i]!);
      const held = rest + evolution * moved[i]!;
      const before = path[(t - 1) * size + i] ?? held;
      path[t * size + i] = before + settled * (held - before);
    }
  }
  return path;
}

/** Vectors in which the attack passes into what is held. */
const SETTLING = 6;

/** The first resting place is the gesture's own; a drift continues to nearby gestures. */
function restsFrom(
  begun: Float32Array,
  lead: Gesture,
  options: SteadyOptions & { readonly corpus: GestureCorpus },
): Rest[] {
  const { corpus, drifts, evolution, length, latentsPerSecond, random } = options;
  const { size } = corpus;
  const rests = [restOf(heldPart(begun, lead, size), size)];
  const count = drifts ? Math.ceil((length / latentsPerSecond / STAY_SECONDS) * evolution) + 1 : 0;
  for (let i = 0; i < count; i += 1) {
    const rest = rests.at(-1)!;
    const candidates = Array.from({ length: CANDIDATES }, () => {
      const gesture = longestOf([0, 1].map(() => drawGesture(corpus, random)));
      const { path } = newGesture(corpus, gesture, random);
      return restOf(heldPart(path, gesture, size), size);
    });
    candidates.sort((a, b) => distance(a.mean, rest.mean) - distance(b.mean, rest.mean));
    rests.push(candidates[below(random, 3)]!);
  }
  return rests;
}

/** The next resting place is one of this many nearest. */
const CANDIDATES = 8;

function longestOf(gestures: readonly Gesture[]): Gesture {
  return gestures.reduce((longest, gesture) =>
    gesture.length > longest.length ? gesture : longest,
  );
}

/** From the peak to two thirds of what follows it. */
function heldPart(path: Float32Array, { peak }: Gesture, size: number): Float32Array {
  const length = path.length / size;
  const from = Math.min(length - 1, peak + 1);
  const to = Math.max(from + 1, Math.ceil(from + (2 * (length - from)) / 3));
  return path.subarray(from * size, to * size);
}

function restOf(vectors: Float32Array, size: number): Rest {
  const count = vectors.length / size;
  const mean = new Float32Array(size);
  for (let i = 0; i < vectors.length; i += 1)
    mean[i % size] = mean[i % size]! + vectors[i]! / count;
  const deviations = vectors.map((value, i) => value - mean[i % size]!);
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

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}

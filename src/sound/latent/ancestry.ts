/**
 * From which recordings a sound comes, as far as the model can hear it: its latent vectors beside
 * those of the recordings.
 */

import type { CorpusLatents } from "../model/model-file.ts";
import { neighbourShares } from "./neighbour-shares.ts";

export interface Ancestry {
  /**
   * How far the sound is from the recordings, the distance of a recording from all others being 1:
   * 0 for a copy. A median over the vectors that are heard.
   */
  readonly novelty: number;
  /** Longest stretch that follows one recording step by step, in seconds. */
  readonly copiedSeconds: number;
  /** Recordings by their share of the whole, the largest first. Shares sum to 1. */
  readonly nearest: readonly AncestorShare[];
  /** The same second by second; empty in silence. */
  readonly seconds: readonly (readonly AncestorShare[])[];
}

export interface AncestorShare {
  /** Place of the recording among those that the model holds. */
  readonly recording: number;
  readonly share: number;
}

/** Vectors that are this far under the loudest are not heard, in dB. */
const HEARD_DB = 50;
/** Nearer than this, in distances of recordings from each other, a vector is a copy. */
const COPY_BELOW = 0.35;
/** Shares below this are left out of a list, and the rest scaled to 1. */
const SHARE_MIN = 0.02;

/**
 * @param path Latent vectors, shape [count, size].
 * @param loudness Of each of them, in dB.
 * @throws RangeError where the model holds no latents of recordings.
 */
export function ancestryOf(
  { path, loudness }: { readonly path: Float32Array; readonly loudness: ArrayLike<number> },
  { means, lengths }: Pick<CorpusLatents, "means" | "lengths">,
  { size, latentsPerSecond }: { readonly size: number; readonly latentsPerSecond: number },
): Ancestry {
  if (lengths.length === 0) {
    throw new RangeError("Cannot find ancestors: the model holds no latents of recordings");
  }
  const cloud = { vectors: means, size };
  const recordingOf = recordingOfRows(lengths);
  const count = Math.floor(path.length / size);
  const loudest = Math.max(...Array.from({ length: count }, (_, i) => loudness[i] ?? -HEARD_DB));
  const usual = usualDistance({ means, lengths }, size);
  const secondCount = Math.ceil(count / latentsPerSecond);
  const seconds = Array.from({ length: secondCount }, () => new Map<number, number>());
  const distances: number[] = [];
  const follower = createFollower(recordingOf);
  for (let i = 0; i < count; i += 1) {
    if ((loudness[i] ?? -HEARD_DB) < loudest - HEARD_DB) continue;
    const point = path.subarray(i * size, (i + 1) * size);
    const shares = neighbourShares(point, cloud);
    const second = seconds[Math.floor(i / latentsPerSecond)];
    for (const { row, share } of shares) {
      const recording = recordingOf[row] ?? 0;
      second?.set(recording, (second.get(recording) ?? 0) + share);
    }
    const [first] = shares;
    const distance = first === undefined ? 0 : distanceTo(point, means, first.row * size);
    distances.push(distance / usual);
    follower.next(i, first?.row ?? 0, distance / usual < COPY_BELOW);
  }
  return {
    novelty: medianOf(distances),
    copiedSeconds: follower.longest() / latentsPerSecond,
    nearest: largest(summed(seconds)),
    seconds: seconds.map(largest),
  };
}

/** The recording of each row. */
function recordingOfRows(lengths: readonly number[]): Int32Array {
  const rows = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const [recording, length] of lengths.entries()) {
    rows.fill(recording, at, at + length);
    at += length;
  }
  return rows;
}

const SAMPLED_ROWS = 300;

/** Of each model once: it is asked for each of its sounds. */
const known = new WeakMap<Float32Array, number>();

/** Median distance of a vector of a recording to the nearest one of any other recording. */
function usualDistance(latents: Pick<CorpusLatents, "means" | "lengths">, size: number): number {
  const usual = known.get(latents.means) ?? measuredDistance(latents, size);
  known.set(latents.means, usual);
  return usual;
}

function measuredDistance(
  { means, lengths }: Pick<CorpusLatents, "means" | "lengths">,
  size: number,
): number {
  const recordingOf = recordingOfRows(lengths);
  const stride = Math.max(1, Math.floor(recordingOf.length / SAMPLED_ROWS));
  const distances: number[] = [];
  for (let row = 0; row < recordingOf.length; row += stride) {
    const point = means.subarray(row * size, (row + 1) * size);
    let least = Number.POSITIVE_INFINITY;
    for (let other = 0; other < recordingOf.length; other += 1) {
      // Of a single recording its own neighbours would be copies of it.
      const isFar = recordingOf[other] !== recordingOf[row] || Math.abs(other - row) > FAR_ROWS;
      const isOther = lengths.length === 1 ? isFar : recordingOf[other] !== recordingOf[row];
      if (isOther) least = Math.min(least, distanceTo(point, means, other * size));
    }
    if (Number.isFinite(least)) distances.push(least);
  }
  return medianOf(distances) || 1;
}

/** Half a second and more. */
const FAR_ROWS = 12;

function distanceTo(point: Float32Array, vectors: Float32Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < point.length; i += 1) sum += (point[i]! - vectors[at + i]!) ** 2;
  return Math.sqrt(sum);
}

/** Counts how long a path goes along one recording, in either direction of time but backwards. */
function createFollower(recordingOf: Int32Array) {
  let length = 0;
  let longest = 0;
  let last = { i: -2, row: -2 };
  return {
    next(i: number, row: number, isNear: boolean): void {
      const isNext =
        i === last.i + 1 &&
        recordingOf[row] === recordingOf[last.row] &&
        row > last.row - 1 &&
        row <= last.row + 2;
      length = isNear ? (isNext ? length + 1 : 1) : 0;
      longest = Math.max(longest, length);
      last = { i, row };
    },
    longest: () => longest,
  };
}

function summed(seconds: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const all = new Map<number, number>();
  for (const second of seconds) {
    for (const [recording, share] of second) all.set(recording, (all.get(recording) ?? 0) + share);
  }
  return all;
}

function largest(shares: ReadonlyMap<number, number>): AncestorShare[] {
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0);
  const kept = [...shares]
    .map(([recording, share]) => ({ recording, share: share / total }))
    .filter(({ share }) => share >= SHARE_MIN)
    .sort((a, b) => b.share - a.share || a.recording - b.recording);
  const rest = kept.reduce((sum, { share }) => sum + share, 0);
  return kept.map(({ recording, share }) => ({ recording, share: share / rest }));
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

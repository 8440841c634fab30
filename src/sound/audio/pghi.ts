/**
 * Phase from magnitudes alone, in one pass: phase gradient heap integration.
 *
 * For a Gaussian window the phase's slope along frequency is the log magnitude's slope along time,
 * and the other way round. The slopes are integrated from the loudest bin outwards, always from the
 * loudest bin reached so far, so that errors stay in the quiet parts. A Hann window is near enough
 * to a Gaussian.
 *
 * Bins wait in buckets by level instead of a heap: the order is the same but for differences
 * under 0.1 dB, and each bin costs the same small time.
 *
 * Source: Z. Prusa, P. Balazs, P. Sondergaard, "A noniterative method for reconstruction of
 * phase from STFT magnitude", IEEE/ACM TASLP 25(5), 2017.
 */

import type { Random } from "../../random.ts";
import type { Spectrogram, StftShape } from "./spectrogram.ts";

export interface PghiOptions {
  readonly shape: StftShape;
  /** Gives the phase of bins too quiet to have a slope. */
  readonly random: Random;
  /** Bins below this part of the largest magnitude get a random phase. @default 1e-6 */
  readonly tolerance?: number;
}

/**
 * Phases in radians, shape [frameCount, binCount], for the frames of `stft`
 * (time counts from the start of a frame).
 */
export function phasesFromMagnitudes(magnitudes: Spectrogram, options: PghiOptions): Float32Array {
  const { shape, random, tolerance = 1e-6 } = options;
  const field = logField(magnitudes, tolerance);
  const phases = new Float32Array(magnitudes.data.length);
  const queue = levelQueue(field.levels);
  const { binCount } = magnitudes;
  const ground = {
    phases,
    field,
    scales: slopeScales(shape),
    advances: advancesPerHop(binCount, shape),
  };
  const from = (start: number): void => {
    // Every island of sound has a first bin whose phase nothing determines.
    phases[start] = 0;
    queue.add(start);
    spread(queue, ground);
  };
  const loudest = loudestBin(field.levels);
  if (loudest >= 0) from(loudest);
  // Most sounds are one island: what it has not reached is little to sort.
  for (const start of inOrderOfLevel(field.levels, queue)) {
    if (!queue.isDone(start)) from(start);
  }
  for (let i = 0; i < phases.length; i += 1) {
    if (field.levels[i] === TOO_QUIET && magnitudes.data[i]! > 0) {
      phases[i] = 2 * Math.PI * random.next();
    }
  }
  return phases;
}

// --- internal ---

/** Hann: variance of the Gaussian that fits best, over the squared window length. */
const HANN_GAMMA = 0.25645;

/** Levels a factor of e apart are this many buckets apart: 0.1 dB each. @internal */
export const BUCKETS_PER_NEPER = 87;

/** @internal */
export const TOO_QUIET = -1;

/** @internal Shared with the form on a circle, as are the functions on it. */
export interface LogField {
  readonly frameCount: number;
  readonly binCount: number;
  /** ln(magnitude), not under ln(tolerance * peak). */
  readonly logs: Float32Array;
  /** Bucket of each bin, 0 = just above the tolerance; -1 = under it. */
  readonly levels: Int32Array;
}

/** @internal */
export function logField({ frameCount, binCount, data }: Spectrogram, tolerance: number): LogField {
  let peak = 0;
  for (let i = 0; i < data.length; i += 1) if (data[i]! > peak) peak = data[i]!;
  const least = Math.max(peak * tolerance, Number.MIN_VALUE);
  const leastLog = Math.log(least);
  const logs = new Float32Array(data.length);
  const levels = new Int32Array(data.length);
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i]!;
    const audible = value > least;
    logs[i] = audible ? Math.log(value) : leastLog;
    levels[i] = audible ? Math.floor((logs[i]! - leastLog) * BUCKETS_PER_NEPER) : TOO_QUIET;
  }
  return { frameCount, binCount, logs, levels };
}

/** The first of the loudest bucket, -1 where all are under the tolerance. */
function loudestBin(levels: Int32Array): number {
  return levels.indexOf(highest(levels));
}

/** Bins above the tolerance that are not done, loudest bucket first (counting sort). @internal */
export function inOrderOfLevel(levels: Int32Array, queue: Pick<LevelQueue, "isDone">): Int32Array {
  const counts = new Int32Array(highest(levels) + 2);
  for (let i = 0; i < levels.length; i += 1) {
    const level = levels[i]!;
    if (level >= 0 && !queue.isDone(i)) counts[level] = counts[level]! + 1;
  }
  // counts[l] becomes the place of the first bin of level l: all higher levels come before it.
  let place = 0;
  for (let level = counts.length - 1; level >= 0; level -= 1) {
    const count = counts[level]!;
    counts[level] = place;
    place += count;
  }
  const order = new Int32Array(place);
  for (let i = 0; i < levels.length; i += 1) {
    const level = levels[i]!;
    if (level < 0 || queue.isDone(i)) continue;
    order[counts[level]!] = i;
    counts[level] = counts[level]! + 1;
  }
  return order;
}

function highest(levels: Int32Array): number {
  let most = 0;
  for (let i = 0; i < levels.length; i += 1) if (levels[i]! > most) most = levels[i]!;
  return most;
}

/** @internal */
export interface LevelQueue {
  /** Marks a bin as done and queues it. */
  add(bin: number): void;
  /** The loudest bin queued, or -1. */
  take(): number;
  isDone(bin: number): boolean;
}

/** @internal */
export function levelQueue(levels: Int32Array): LevelQueue {
  const heads = new Int32Array(highest(levels) + 1).fill(-1);
  const after = new Int32Array(levels.length);
  const done = new Uint8Array(levels.length);
  let top = -1;
  for (let i = 0; i < levels.length; i += 1) if (levels[i] === TOO_QUIET) done[i] = 1;
  return {
    add(bin) {
      const level = levels[bin]!;
      done[bin] = 1;
      after[bin] = heads[level]!;
      heads[level] = bin;
      if (level > top) top = level;
    },
    take() {
      while (top >= 0 && heads[top]! < 0) top -= 1;
      if (top < 0) return -1;
      const bin = heads[top]!;
      heads[top] = after[bin]!;
      return bin;
    },
    isDone: (bin) => done[bin] === 1,
  };
}

/**
 * Differences of logs two bins apart -> phase per hop; two frames apart -> phase per bin.
 *
 * @internal Shared with the live form.
 */
export function slopeScales({ frameLength, hopLength }: StftShape): SlopeScales {
  const gamma = HANN_GAMMA * frameLength * frameLength;
  return {
    alongTime: (hopLength * frameLength) / (2 * gamma),
    alongFrequency: gamma / (2 * hopLength * frameLength),
  };
}

export interface SlopeScales {
  readonly alongTime: number;
  readonly alongFrequency: number;
}

interface Ground {
  readonly phases: Float32Array;
  readonly field: LogField;
  readonly scales: SlopeScales;
  /** Phase that each bin's own frequency gains per hop, within one turn. Shape [binCount]. */
  readonly advances: Float64Array;
}

/** Carries the phase from the queued bins to all bins they can reach. */
function spread(queue: LevelQueue, { phases, field, scales, advances }: Ground): void {
  const { frameCount, binCount, logs } = field;
  // Each step takes the mean of the slopes at its two ends.
  const alongTime = scales.alongTime / 2;
  const alongFrequency = scales.alongFrequency / 2;
  const lastRow = (frameCount - 1) * binCount;
  /** What the level gains from the bin below to the bin above. */
  const upwards = (i: number, bin: number): number =>
    logs[bin < binCount - 1 ? i + 1 : i]! - logs[bin > 0 ? i - 1 : i]!;
  /** The same from the frame before to the frame after. */
  const onwards = (i: number): number =>
    logs[i < lastRow ? i + binCount : i]! - logs[i >= binCount ? i - binCount : i]!;
  for (let i = queue.take(); i >= 0; i = queue.take()) {
    const bin = i % binCount;
    const phase = phases[i]!;
    const later = i + binCount;
    const earlier = i - binCount;
    const takesLater = i < lastRow && !queue.isDone(later);
    const takesEarlier = i >= binCount && !queue.isDone(earlier);
    if (takesLater || takesEarlier) {
      const own = upwards(i, bin);
      if (takesLater) {
        phases[later] = phase + advances[bin]! + alongTime * (own + upwards(later, bin));
        queue.add(later);
      }
      if (takesEarlier) {
        phases[earlier] = phase - advances[bin]! - alongTime * (own + upwards(earlier, bin));
        queue.add(earlier);
      }
    }
    const takesAbove = bin + 1 < binCount && !queue.isDone(i + 1);
    const takesBelow = bin > 0 && !queue.isDone(i - 1);
    if (!takesAbove && !takesBelow) continue;
    const own = onwards(i);
    // Half a turn less with each bin: time counts from the frame's start.
    if (takesAbove) {
      phases[i + 1] = phase - Math.PI - alongFrequency * (own + onwards(i + 1));
      queue.add(i + 1);
    }
    if (takesBelow) {
      phases[i - 1] = phase + Math.PI + alongFrequency * (own + onwards(i - 1));
      queue.add(i - 1);
    }
  }
}

/**
 * Phase that each bin's own frequency gains per hop. Whole turns are left out: they would cost the
 * digits of the rest.
 *
 * @internal Shared with the live form.
 */
export function advancesPerHop(
  binCount: number,
  { frameLength, hopLength }: StftShape,
): Float64Array {
  return Float64Array.from(
    { length: binCount },
    (_, bin) => (2 * Math.PI * ((bin * hopLength) % frameLength)) / frameLength,
  );
}

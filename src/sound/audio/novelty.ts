/** Novelty of generated sounds: their distance to the nearest training sound. */

import { bandPower } from "./filter-bank.ts";
import { median } from "./median.ts";
import { melBank } from "./mel.ts";
import type { Spectrogram } from "./spectrogram.ts";

/**
 * A sound as a vector: mean and standard deviation over its active frames of 32 mel bands in dB
 * relative to its loudest band. Level does not count. Shape [64].
 *
 * @param magnitudes Linear, of one sound or segment.
 */
export function describeSpectrum(magnitudes: Spectrogram, sampleRateHz: number): Float64Array {
  const bank = melBank({
    bandCount: BAND_COUNT,
    binCount: magnitudes.binCount,
    sampleRateHz,
    scale: "htk",
    norm: "peak",
  });
  const { data, frameCount } = bandPower(bank, magnitudes);
  const peak = data.reduce((most, power) => Math.max(most, power), Number.MIN_VALUE);
  const sums = new Float64Array(2 * BAND_COUNT);
  let activeCount = 0;
  for (let frame = 0; frame < frameCount; frame += 1) {
    const row = data.subarray(frame * BAND_COUNT, (frame + 1) * BAND_COUNT);
    if (!row.some((power) => power > peak * ACTIVE_SHARE)) continue;
    activeCount += 1;
    row.forEach((power, band) => {
      const decibels = 10 * Math.log10(Math.max(power / peak, FLOOR_SHARE));
      sums[band] = sums[band]! + decibels;
      sums[BAND_COUNT + band] = sums[BAND_COUNT + band]! + decibels ** 2;
    });
  }
  return sums.map((sum, i) => {
    const count = Math.max(1, activeCount);
    if (i < BAND_COUNT) return sum / count;
    const mean = sums[i - BAND_COUNT]! / count;
    return Math.sqrt(Math.max(0, sum / count - mean ** 2));
  });
}

export interface NoveltyParts {
  /** Descriptors of sounds, shape [sounds][dimensions]. */
  readonly train: readonly Float64Array[];
  readonly heldOut: readonly Float64Array[];
  readonly generated: readonly Float64Array[];
}

/**
 * Median distance of generated sounds to their nearest training sound, over that of held-out
 * sounds: near 0 for copies, 1 for sounds as new as recordings the model never saw.
 *
 * A held-out sound may have a twin among the training sounds, the same note played louder, so that
 * the nearest is no measure of how far recordings are from each other. Its distance counts as half
 * of that to the fifth one, at least.
 *
 * Dimensions count in standard deviations of the training set, limited to 8 of them.
 *
 * @returns undefined where one of the three parts is empty, or held-out sounds are copies.
 */
export function novelty({ train, heldOut, generated }: NoveltyParts): number | undefined {
  if (train.length === 0 || heldOut.length === 0 || generated.length === 0) return undefined;
  const standardise = standardiser(train);
  const known = train.map(standardise);
  const near = (sounds: readonly Float64Array[], place: number): number =>
    median(sounds.map((sound) => sortedDistances(standardise(sound), known)[place] ?? 0));
  const usual = Math.max(near(heldOut, 0), TWIN_SHARE * near(heldOut, NEIGHBOURS - 1));
  return usual > 0 ? near(generated, 0) / usual : undefined;
}

// --- internal ---

const BAND_COUNT = 32;
/** Frames with no band within 60 dB of the loudest one are pauses. */
const ACTIVE_SHARE = 1e-6;
const FLOOR_SHARE = 1e-8;
const DEVIATIONS_MAX = 8;
/** Of the fifth distance: without twins, the first is 0.5 to 0.8 of it (four corpora). */
const TWIN_SHARE = 0.5;
const NEIGHBOURS = 5;
/** Keeps a dimension that never varies in training from dividing by zero. */
const LEAST_DEVIATION = 1e-6;

/** Dimensions in standard deviations of `sounds`, limited to 8 of them. */
export function standardiser(
  sounds: readonly Float64Array[],
): (sound: Float64Array) => Float64Array {
  const size = sounds[0]!.length;
  const means = new Float64Array(size);
  const deviations = new Float64Array(size);
  for (let i = 0; i < size; i += 1) {
    const mean = sounds.reduce((sum, sound) => sum + sound[i]!, 0) / sounds.length;
    const power = sounds.reduce((sum, sound) => sum + (sound[i]! - mean) ** 2, 0) / sounds.length;
    means[i] = mean;
    deviations[i] = Math.sqrt(power) + LEAST_DEVIATION;
  }
  return (sound) =>
    sound.map((value, i) => {
      const deviation = (value - means[i]!) / deviations[i]!;
      return Math.max(-DEVIATIONS_MAX, Math.min(DEVIATIONS_MAX, deviation));
    });
}

function sortedDistances(sound: Float64Array, known: readonly Float64Array[]): Float64Array {
  return Float64Array.from(known, (other) => Math.sqrt(squaredDistance(sound, other))).sort();
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i]! - b[i]!) ** 2;
  return sum;
}

/**
 * Magnitudes <-> decibels below a reference, with a floor below which everything counts as silence.
 */

import { FLOOR_DB, type Spectrogram } from "./spectrogram.ts";

export interface DecibelOptions {
  /** The magnitude that becomes 0 dB. @default the largest of the spectrogram */
  readonly referenceMagnitude?: number;
  /** Lower levels become this, in dB. @default FLOOR_DB */
  readonly floorDb?: number;
}

/**
 * 20 log10(magnitude / reference), not under the floor. All at the floor where the reference is 0.
 *
 * With the default reference every value lies in [floorDb, 0].
 */
export function toDecibels(magnitudes: Spectrogram, options: DecibelOptions = {}): Spectrogram {
  const { referenceMagnitude = peakMagnitude(magnitudes), floorDb = FLOOR_DB } = options;
  const { data } = magnitudes;
  const decibels = new Float32Array(data.length);
  const floor = referenceMagnitude * decibelsToGain(floorDb);
  const offset = -Math.log(referenceMagnitude);
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i]!;
    decibels[i] = value > floor ? DB_PER_NEPER * (Math.log(value) + offset) : floorDb;
  }
  return { frameCount: magnitudes.frameCount, binCount: magnitudes.binCount, data: decibels };
}

/** The inverse of `toDecibels`: reference * 10^(dB / 20). */
export function fromDecibels(decibels: Spectrogram, options: FromDecibelOptions = {}): Spectrogram {
  const { referenceMagnitude = 1, silenceDb = Number.NEGATIVE_INFINITY } = options;
  const { data } = decibels;
  const magnitudes = new Float32Array(data.length);
  const offset = Math.log(referenceMagnitude);
  for (let i = 0; i < data.length; i += 1) {
    const value = data[i]!;
    magnitudes[i] = value > silenceDb ? Math.exp(value / DB_PER_NEPER + offset) : 0;
  }
  return { frameCount: decibels.frameCount, binCount: decibels.binCount, data: magnitudes };
}

export interface FromDecibelOptions {
  /** The magnitude of 0 dB. @default 1 */
  readonly referenceMagnitude?: number;
  /** Values not above this become magnitude 0. @default none do */
  readonly silenceDb?: number;
}

/** The largest magnitude, 0 for an empty spectrogram. */
export function peakMagnitude({ data }: Spectrogram): number {
  let peak = 0;
  for (let i = 0; i < data.length; i += 1) if (data[i]! > peak) peak = data[i]!;
  return peak;
}

/** Decibels -> factor of amplitude: 6.02 dB doubles. */
export function decibelsToGain(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** Factor of amplitude -> decibels. */
export function gainToDecibels(gain: number): number {
  return 20 * Math.log10(gain);
}

// --- internal ---

/** One neper, the natural logarithm's unit, in dB. */
const DB_PER_NEPER = 20 / Math.LN10;

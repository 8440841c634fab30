/** The mel scales and their banks of triangular filters. */

import type { FilterBank } from "./filter-bank.ts";
import { triangularBank } from "./filter-bank.ts";

/**
 * The two common mel scales. They disagree: 1000 Hz is 999.99 mels for HTK and 15 for Slaney,
 * so a model trained on one must not be fed the other.
 */
export type MelScale = "htk" | "slaney";

/** Frequency in hertz -> mels. Negative frequencies are not meant. */
export function hzToMel(hz: number, scale: MelScale): number {
  // HTK: S. Young et al., "The HTK Book" 3.4, equation 5.13.
  if (scale === "htk") return HTK_MELS_PER_DECADE * Math.log10(1 + hz / HTK_CORNER_HZ);
  // Slaney: M. Slaney, "Auditory Toolbox", Interval Research TR 1998-010.
  if (hz < LOG_REGION_START_HZ) return hz / LINEAR_HZ_PER_MEL;
  return LOG_REGION_START_MEL + Math.log(hz / LOG_REGION_START_HZ) / LOG_STEP_PER_MEL;
}

/** Mels -> frequency in hertz. Inverse of `hzToMel`. */
export function melToHz(mel: number, scale: MelScale): number {
  if (scale === "htk") return HTK_CORNER_HZ * (10 ** (mel / HTK_MELS_PER_DECADE) - 1);
  if (mel < LOG_REGION_START_MEL) return mel * LINEAR_HZ_PER_MEL;
  return LOG_REGION_START_HZ * Math.exp((mel - LOG_REGION_START_MEL) * LOG_STEP_PER_MEL);
}

/** `count` frequencies in hertz, evenly spaced in mels from `lowHz` to `highHz`, both included. */
export function melFrequencies(count: number, range: MelRange): Float64Array {
  const low = hzToMel(range.lowHz, range.scale);
  const high = hzToMel(range.highHz, range.scale);
  const step = (high - low) / (count - 1);
  return Float64Array.from({ length: count }, (_, i) => melToHz(low + i * step, range.scale));
}

export interface MelRange {
  readonly scale: MelScale;
  readonly lowHz: number;
  readonly highHz: number;
}

export interface MelBankOptions {
  readonly bandCount: number;
  /** Bins of the spectra that it will be applied to: frameLength / 2 + 1. */
  readonly binCount: number;
  readonly sampleRateHz: number;
  readonly scale: MelScale;
  /**
   * "peak": every triangle reaches 1. "area": every triangle has the same area in hertz
   * (2 / width at its peak), as librosa does by default.
   */
  readonly norm: "peak" | "area";
  /** @default 0 */
  readonly lowHz?: number;
  /** @default sampleRateHz / 2 */
  readonly highHz?: number;
}

/**
 * Triangular filters over the power in the bins, evenly spaced in mels. Each one starts at the
 * centre of the one before and ends at the centre of the one after.
 *
 * @throws RangeError if the range of frequencies is empty or beyond half the sample rate.
 */
export function melBank(options: MelBankOptions): FilterBank {
  const { bandCount, binCount, sampleRateHz, scale, norm } = options;
  const { lowHz = 0, highHz = sampleRateHz / 2 } = options;
  if (!(lowHz >= 0 && lowHz < highHz && highHz <= sampleRateHz / 2)) {
    throw new RangeError(
      `Cannot place mel filters from ${lowHz} to ${highHz} Hz: need 0 <= lowHz < highHz <= ${sampleRateHz / 2}`,
    );
  }
  const cornersHz = melFrequencies(bandCount + 2, { scale, lowHz, highHz });
  const binsPerHz = (2 * (binCount - 1)) / sampleRateHz;
  return triangularBank({
    binCount,
    corners: cornersHz.map((hz) => hz * binsPerHz),
    heightOf: (band) => (norm === "area" ? 2 / (cornersHz[band + 2]! - cornersHz[band]!) : 1),
  });
}

// --- internal ---

const HTK_MELS_PER_DECADE = 2595;
const HTK_CORNER_HZ = 700;
const LINEAR_HZ_PER_MEL = 200 / 3;
const LOG_REGION_START_HZ = 1000;
const LOG_REGION_START_MEL = LOG_REGION_START_HZ / LINEAR_HZ_PER_MEL;
const LOG_STEP_PER_MEL = Math.log(6.4) / 27;

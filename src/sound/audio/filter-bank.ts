/**
 * A sparse filter bank: weighted sums of neighbouring bins, since most filters cover only a few.
 */

import type { Spectrogram } from "./spectrogram.ts";

export interface FilterBank {
  readonly bandCount: number;
  readonly binCount: number;
  /** First bin of each band, shape [bandCount]. */
  readonly firstBins: Int32Array;
  /** Where the weights of each band start in `weights`, shape [bandCount + 1]. */
  readonly offsets: Int32Array;
  /** Weights of all bands, one band after the other. */
  readonly weights: Float64Array;
}

export interface TriangleOptions {
  readonly binCount: number;
  /** Where the triangles start, peak and end, in bins, shape [bandCount + 2], increasing. */
  readonly corners: ArrayLike<number>;
  /** The value at the peak of a band. */
  heightOf(band: number): number;
}

/** Band i rises from corner i to corner i + 1 and falls to corner i + 2. */
export function triangularBank({ binCount, corners, heightOf }: TriangleOptions): FilterBank {
  const bandCount = corners.length - 2;
  const firstBins = new Int32Array(bandCount);
  const offsets = new Int32Array(bandCount + 1);
  const weights: number[] = [];
  for (let band = 0; band < bandCount; band += 1) {
    const low = corners[band]!;
    const peak = corners[band + 1]!;
    const high = corners[band + 2]!;
    const first = Math.max(0, Math.ceil(low));
    const last = Math.min(binCount - 1, Math.floor(high));
    const height = heightOf(band);
    for (let bin = first; bin <= last; bin += 1) {
      const rising = (bin - low) / (peak - low);
      const falling = (high - bin) / (high - peak);
      weights.push(height * Math.max(0, Math.min(rising, falling)));
    }
    firstBins[band] = first;
    offsets[band + 1] = weights.length;
  }
  return { bandCount, binCount, firstBins, offsets, weights: Float64Array.from(weights) };
}

/**
 * Power in each band, shape [frameCount, bandCount], from magnitudes: sum of weight * magnitude^2.
 *
 * @throws RangeError if the spectrogram has other bins than the bank.
 */
export function bandPower(bank: FilterBank, magnitudes: Spectrogram): Spectrogram {
  const { bandCount, binCount, firstBins, offsets, weights } = bank;
  const { frameCount, data } = magnitudes;
  if (magnitudes.binCount !== binCount) {
    throw new RangeError(
      `Cannot apply filters for ${binCount} bins: the spectrogram has ${magnitudes.binCount}`,
    );
  }
  const power = new Float32Array(frameCount * bandCount);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const row = frame * binCount;
    for (let band = 0; band < bandCount; band += 1) {
      let sum = 0;
      let bin = row + firstBins[band]!;
      for (let i = offsets[band]!; i < offsets[band + 1]!; i += 1, bin += 1) {
        sum += weights[i]! * data[bin]! * data[bin]!;
      }
      power[frame * bandCount + band] = sum;
    }
  }
  return { frameCount, binCount: bandCount, data: power };
}

/** The bank as a dense matrix, shape [binCount, bandCount]: power row times matrix = band row. */
export function denseMatrix(bank: FilterBank): Float32Array {
  const { bandCount, binCount, firstBins, offsets, weights } = bank;
  const matrix = new Float32Array(binCount * bandCount);
  for (let band = 0; band < bandCount; band += 1) {
    for (let i = offsets[band]!; i < offsets[band + 1]!; i += 1) {
      const bin = firstBins[band]! + i - offsets[band]!;
      matrix[bin * bandCount + band] = weights[i]!;
    }
  }
  return matrix;
}

/** The same bank with the weights of every band summing to 1: bands become mean powers. */
export function meanBank(bank: FilterBank): FilterBank {
  const weights = Float64Array.from(bank.weights);
  for (let band = 0; band < bank.bandCount; band += 1) {
    const own = weights.subarray(bank.offsets[band]!, bank.offsets[band + 1]!);
    const sum = own.reduce((total, weight) => total + weight, 0);
    if (sum > 0) for (let i = 0; i < own.length; i += 1) own[i] = own[i]! / sum;
  }
  return { ...bank, weights };
}

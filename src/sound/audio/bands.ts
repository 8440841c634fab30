/**
 * The frequency bands that a model works on: single bins at low frequencies, ever wider triangles
 * above. A band holds the mean power of its bins, so its level is that of the bins.
 */

import { denseMatrix, type FilterBank, meanBank, triangularBank } from "./filter-bank.ts";

export interface BandOptions {
  /** @default 256 */
  readonly bandCount?: number;
  /** Bins of the spectra: frameLength / 2 + 1. */
  readonly binCount: number;
  readonly sampleRateHz: number;
}

/**
 * Centres of the bands, in bins: from 0 to binCount - 1, at least one bin apart, and from
 * there on evenly spaced in HTK mels.
 *
 * With 256 bands on 1025 bins at 48 kHz the first 51 bands are bins.
 *
 * @throws RangeError unless 2 <= bandCount <= binCount.
 */
export function bandCentres({
  bandCount = 256,
  binCount,
  sampleRateHz,
}: BandOptions): Float64Array {
  if (!(bandCount >= 2 && bandCount <= binCount)) {
    throw new RangeError(
      `Cannot make ${bandCount} bands of ${binCount} bins: need 2 to ${binCount} bands`,
    );
  }
  const cornerBins = (MEL_CORNER_HZ * 2 * (binCount - 1)) / sampleRateHz;
  const centres = new Float64Array(bandCount);
  // The widest spacing grows with the slope of the scale; halving finds the one that ends right.
  const place = (slope: number): number => {
    for (let band = 1; band < bandCount; band += 1) {
      const before = centres[band - 1]!;
      centres[band] = before + Math.max(1, slope * (before + cornerBins));
    }
    return centres[bandCount - 1]!;
  };
  let low = 0;
  let high = binCount;
  for (let halving = 0; halving < 100; halving += 1) {
    const middle = (low + high) / 2;
    if (place(middle) < binCount - 1) low = middle;
    else high = middle;
  }
  place(high);
  centres[bandCount - 1] = binCount - 1;
  return centres;
}

/** The bands as a sparse bank; the weights of each band sum to 1. */
export function bandBank(options: BandOptions): FilterBank {
  const centres = bandCentres(options);
  const corners = [-1, ...centres, options.binCount];
  return meanBank(triangularBank({ binCount: options.binCount, corners, heightOf: () => 1 }));
}

/**
 * The same as one dense matrix, shape [binCount, bandCount]: a row of powers [binCount] times
 * this matrix is a row of mean band powers [bandCount].
 */
export function bandMatrix(options: BandOptions): Float32Array {
  return denseMatrix(bandBank(options));
}

// --- internal ---

/** Where the HTK mel scale turns from linear to logarithmic. */
const MEL_CORNER_HZ = 700;

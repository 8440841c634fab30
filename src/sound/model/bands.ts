/**
 * The fixed tables of a spectral model: from bins to bands, from bands back to bins, and the level
 * below which a bin counts as silent.
 */

import { bandMatrix } from "../audio/bands.ts";
import { denseMatrix } from "../audio/filter-bank.ts";
import { melBank } from "../audio/mel.ts";
import { defaultStft, FLOOR_DB, MODEL_RATE_HZ } from "../audio/spectrogram.ts";

export const BIN_COUNT: number = defaultStft.frameLength / 2 + 1;

/** Bands in which quality is measured: HTK mels without area normalisation. */
export const MEL_BANDS = 128;

/** Bands of the encoder's input: single bins at low frequencies, wider ones above. */
export const INPUT_BANDS = 256;

/** Bands of roughness: the first ends near 100 Hz, the last at the Nyquist frequency. */
export const TEXTURE_BANDS = 16;

/** Power -> mel band power, shape [BIN_COUNT, MEL_BANDS]. */
export function melMatrix(): Float32Array {
  return denseMatrix(
    melBank({
      bandCount: MEL_BANDS,
      binCount: BIN_COUNT,
      sampleRateHz: MODEL_RATE_HZ,
      scale: "htk",
      norm: "peak",
    }),
  );
}

/** Power -> power in the encoder's bands, shape [BIN_COUNT, INPUT_BANDS]. */
export function inputMatrix(): Float32Array {
  return bandMatrix({ bandCount: INPUT_BANDS, binCount: BIN_COUNT, sampleRateHz: MODEL_RATE_HZ });
}

/**
 * Mel bands -> bins: each bin takes the bands that cover it, in proportion to their weights. Bins
 * that no band covers take their nearest neighbour's weights. Shape [bandCount, BIN_COUNT].
 *
 * @param mel Shape [BIN_COUNT, bandCount].
 */
export function spreadMatrix(mel: Float32Array, bandCount: number = MEL_BANDS): Float32Array {
  const spread = new Float32Array(bandCount * BIN_COUNT);
  const shares = Array.from({ length: BIN_COUNT }, (_, bin) =>
    normalised(mel.subarray(bin * bandCount, (bin + 1) * bandCount)),
  );
  const heard = shares.flatMap((share, bin) => (share === undefined ? [] : [bin]));
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    const nearest = Math.min(Math.max(bin, heard[0] ?? 0), heard.at(-1) ?? 0);
    const share = shares[bin] ?? shares[nearest];
    for (let band = 0; band < bandCount; band += 1) {
      spread[band * BIN_COUNT + bin] = share?.[band] ?? 0;
    }
  }
  return spread;
}

/**
 * The level of each bin at which its mel band is at the floor if all bins of the band are
 * alike, in dB below the loudest band, shape [BIN_COUNT]: from -80 down to about -90.
 */
export function binFloors(mel: Float32Array, spread: Float32Array): Float32Array {
  const widths = new Float64Array(MEL_BANDS);
  for (let i = 0; i < mel.length; i += 1) widths[i % MEL_BANDS] = widths[i % MEL_BANDS]! + mel[i]!;
  return Float32Array.from({ length: BIN_COUNT }, (_, bin) => {
    let width = 0;
    for (let band = 0; band < MEL_BANDS; band += 1) {
      width += spread[band * BIN_COUNT + bin]! * widths[band]!;
    }
    return FLOOR_DB - 10 * Math.log10(Math.max(1, width));
  });
}

function normalised(row: Float32Array): Float32Array | undefined {
  const sum = row.reduce((total, value) => total + value, 0);
  return sum > 0 ? row.map((value) => value / sum) : undefined;
}

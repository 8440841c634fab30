/** A picture of sound: rows are moments, columns are frequencies. */

export interface Spectrogram {
  readonly frameCount: number;
  /** Columns per frame: bins of a Fourier transform, or bands. */
  readonly binCount: number;
  /** Shape [frameCount, binCount], row by row. */
  readonly data: Float32Array;
}

export interface StftShape {
  /** Length of one frame and of its periodic Hann window, in samples. A power of two. */
  readonly frameLength: number;
  /** Distance between frame starts, in samples. */
  readonly hopLength: number;
}

/** 2048 samples = 43 ms and 512 samples = 11 ms at 48 kHz. */
export const defaultStft: StftShape = { frameLength: 2048, hopLength: 512 };

/** The rate that every model works at, in hertz. */
export const MODEL_RATE_HZ = 48_000;

/** Distance of two bins of a model's frames, in hertz. */
export const BIN_HZ: number = MODEL_RATE_HZ / defaultStft.frameLength;

/** Everything quieter than this, relative to a file's loudest bin, counts as silence. In dB. */
export const FLOOR_DB = -80;

/** Frames of a centred transform: frame i is centred on sample i * hopLength. */
export function frameCountOf(samples: number, shape: StftShape): number {
  return Math.floor(samples / shape.hopLength) + 1;
}

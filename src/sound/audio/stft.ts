/**
 * Sound <-> short-time spectra.
 *
 * Frame i is centred on sample i * hopLength; outside the sound there are zeros. The window is a
 * periodic Hann. No scaling: a full-scale sine has a bin of frameLength / 4.
 */

import { type FourierPlan, fourierPlan, isPowerOfTwo } from "./fft.ts";
import { FRAMES_A_PIECE, type InPieces, wholeOf } from "./on-share.ts";
import { defaultStft, frameCountOf, type Spectrogram, type StftShape } from "./spectrogram.ts";

/** A spectrogram with phase. */
export interface ComplexSpectrogram {
  readonly frameCount: number;
  readonly binCount: number;
  /** Real parts, shape [frameCount, binCount], row by row. */
  readonly re: Float32Array;
  /** Imaginary parts, same shape. */
  readonly im: Float32Array;
}

/**
 * Complex spectra of `samples`, shape [1 + floor(time / hopLength), frameLength / 2 + 1].
 *
 * @param samples Mono, shape [time]; any length, zero too (one silent frame).
 * @throws RangeError if the shape cannot be used: see `checkStftShape`.
 */
export function stft(
  samples: Float32Array,
  shape: StftShape = defaultStft,
  frameCount: number = frameCountOf(samples.length, shape),
): ComplexSpectrogram {
  const bench = stftBench(shape);
  const { binCount } = bench;
  const re = new Float32Array(frameCount * binCount);
  const im = new Float32Array(frameCount * binCount);
  for (let frame = 0; frame < frameCount; frame += 1) {
    analyseFrame(bench, samples, frame);
    const row = frame * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      re[row + bin] = bench.plan.re[bin]!;
      im[row + bin] = bench.plan.im[bin]!;
    }
  }
  return { frameCount, binCount, re, im };
}

/**
 * Magnitudes alone: |stft(samples)|, without holding the complex spectra.
 *
 * @param frameCount Frames to compute; more than the default gives frames past the end.
 */
export function magnitudes(
  samples: Float32Array,
  shape: StftShape = defaultStft,
  frameCount: number = frameCountOf(samples.length, shape),
): Spectrogram {
  return wholeOf(magnitudesInPieces(samples, shape, frameCount));
}

/** As `magnitudes`. */
export function* magnitudesInPieces(
  samples: Float32Array,
  shape: StftShape = defaultStft,
  frameCount: number = frameCountOf(samples.length, shape),
): InPieces<Spectrogram> {
  const bench = stftBench(shape);
  const { binCount, plan } = bench;
  const data = new Float32Array(frameCount * binCount);
  for (let frame = 0; frame < frameCount; frame += 1) {
    analyseFrame(bench, samples, frame);
    const row = frame * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      data[row + bin] = Math.sqrt(plan.re[bin]! ** 2 + plan.im[bin]! ** 2);
    }
    if (frame % FRAMES_A_PIECE === FRAMES_A_PIECE - 1) yield frame / frameCount;
  }
  return { frameCount, binCount, data };
}

/**
 * Sound whose spectra are as near as possible to `spectra` (least squares): exactly the
 * original where `spectra` came from `stft`.
 *
 * Each frame is transformed back, windowed again and added; the sum is divided by the sum of
 * the squared windows.
 *
 * @param options.length Samples wanted. Those that no frame reaches are zero.
 */
export function istft(spectra: ComplexSpectrogram, options: IstftOptions): Float32Array {
  const { length, shape = defaultStft } = options;
  const bench = stftBench(shape);
  const { binCount, plan, window } = bench;
  if (spectra.binCount !== binCount) {
    throw new RangeError(
      `Cannot turn spectra of ${spectra.binCount} bins into sound: frames of ${shape.frameLength} samples have ${binCount}`,
    );
  }
  const sum = new Float64Array(length);
  for (let frame = 0; frame < spectra.frameCount; frame += 1) {
    const row = frame * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      plan.re[bin] = spectra.re[row + bin]!;
      plan.im[bin] = spectra.im[row + bin]!;
    }
    plan.inverse();
    const start = frame * shape.hopLength - shape.frameLength / 2;
    const end = Math.min(shape.frameLength, length - start);
    for (let i = Math.max(0, -start); i < end; i += 1) {
      sum[start + i] = sum[start + i]! + plan.samples[i]! * window[i]!;
    }
  }
  const weight = windowPower(shape, { length, frameCount: spectra.frameCount });
  const samples = new Float32Array(length);
  for (let i = 0; i < length; i += 1) samples[i] = sum[i]! * weight[i]!;
  return samples;
}

export interface IstftOptions {
  readonly length: number;
  /** @default defaultStft */
  readonly shape?: StftShape;
}

/**
 * Periodic Hann window: 0.5 - 0.5 cos(2 pi i / length). Shape [length].
 *
 * Periodic, not symmetric: copies shifted by a quarter of the length add up to a constant.
 */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
}

/**
 * 1 / (sum over frames of the squared window), per sample; 0 where no frame reaches. */
function windowPower(
  shape: StftShape,
  { length, frameCount }: { readonly length: number; readonly frameCount: number },
): Float64Array {
  const window = hannWindow(shape.frameLength);
  const weight = new Float64Array(length);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const start = frame * shape.hopLength - shape.frameLength / 2;
    const end = Math.min(shape.frameLength, length - start);
    for (let i = Math.max(0, -start); i < end; i += 1) {
      weight[start + i] = weight[start + i]! + window[i]! ** 2;
    }
  }
  for (let i = 0; i < length; i += 1) {
    weight[i] = weight[i]! > LEAST_WINDOW_POWER ? 1 / weight[i]! : 0;
  }
  return weight;
}

/** @throws RangeError if frames are no power of two, or too far apart to be put together again. */
function checkStftShape({ frameLength, hopLength }: StftShape): void {
  if (!isPowerOfTwo(frameLength) || frameLength < 4) {
    throw new RangeError(
      `Cannot cut frames of ${frameLength} samples: frameLength must be a power of two from 4 up`,
    );
  }
  if (!Number.isInteger(hopLength) || hopLength < 1 || hopLength > frameLength / 3) {
    throw new RangeError(
      `Cannot step by ${hopLength} samples: hopLength must be a whole number from 1 to ${Math.floor(frameLength / 3)}, a third of a frame`,
    );
  }
}

// --- internal ---

/** Below this a sample lies outside every window. */
export const LEAST_WINDOW_POWER = 1e-10;

interface StftBench {
  readonly shape: StftShape;
  readonly binCount: number;
  readonly plan: FourierPlan;
  readonly window: Float64Array;
}

function stftBench(shape: StftShape): StftBench {
  checkStftShape(shape);
  return {
    shape,
    binCount: shape.frameLength / 2 + 1,
    plan: fourierPlan(shape.frameLength),
    window: hannWindow(shape.frameLength),
  };
}

/** Leaves the spectrum of one frame in the bench's plan. */
function analyseFrame(
  { shape, plan, window }: StftBench,
  samples: Float32Array,
  frame: number,
): void {
  const start = frame * shape.hopLength - shape.frameLength / 2;
  const first = Math.max(0, -start);
  const end = Math.max(first, Math.min(shape.frameLength, samples.length - start));
  plan.samples.fill(0, 0, first);
  for (let i = first; i < end; i += 1) plan.samples[i] = samples[start + i]! * window[i]!;
  plan.samples.fill(0, end);
  plan.forward();
}

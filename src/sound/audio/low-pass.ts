/** A zero-phase low-pass: a windowed sinc, symmetric around each sample. */

import { type PackedPlan, portablePlan } from "./packed-fourier.ts";
import { besselI0, sinc } from "./resample.ts";

export interface LowPassEdges {
  readonly sampleRateHz: number;
  /** Up to here nothing is changed by more than 0.01 dB. */
  readonly passHz: number;
  /** From here on nothing is left above -85 dB. */
  readonly stopHz: number;
}

const ATTENUATION_DB = 90;
/** Kaiser's formulas for his window: how it is bent, and how many taps the transition takes. */
const KAISER_BETA = 0.1102 * (ATTENUATION_DB - 8.7);
const TAPS_TIMES_RADIANS = (ATTENUATION_DB - 8) / 2.285;

/** Samples of a block's transform. */
const BLOCK_SIZE = 2048;

/**
 * Convolves block by block in the frequency domain (overlap-save).
 *
 * @param plan Transforms of samples, at least 4 times as many as the filter reaches to each side:
 *   2048 of them are enough for a transition of 3 % of the sample rate. @default our own
 * @returns Samples of the same length; beyond the ends there is silence.
 */
export function lowPass(
  samples: Float32Array,
  edges: LowPassEdges,
  plan: PackedPlan = portablePlan(BLOCK_SIZE),
): Float32Array<ArrayBuffer> {
  const taps = halfOfTaps(edges);
  const reach = taps.length - 1;
  if (4 * reach > plan.size) {
    throw new RangeError(
      `Cannot filter with ${2 * reach + 1} taps in blocks of ${plan.size} samples: need ${4 * reach}`,
    );
  }
  const gains = gainsOf(taps, plan);
  const out = new Float32Array(samples.length);
  const heard = plan.size - 2 * reach;
  for (let start = 0; start < samples.length; start += heard) {
    fill(plan.samples, samples, start - reach);
    plan.forward();
    for (let i = 0; i < gains.length; i += 1) plan.packed[i] = plan.packed[i]! * gains[i]!;
    plan.inverse();
    const count = Math.min(heard, samples.length - start);
    out.set(plan.samples.subarray(reach, reach + count), start);
  }
  return out;
}

/** `target` from samples[start] on, with silence beyond the ends. */
function fill(target: Float32Array, samples: Float32Array, start: number): void {
  target.fill(0);
  const from = Math.max(0, start);
  const until = Math.min(samples.length, start + target.length);
  target.set(samples.subarray(from, until), from - start);
}

/**
 * What a filter that delays nothing does to each number of a packed spectrum, with what the inverse
 * is too large by. Shape [size].
 */
function gainsOf(taps: Float64Array, plan: PackedPlan): Float32Array {
  plan.samples.fill(0);
  plan.samples[0] = taps[0]!;
  for (let k = 1; k < taps.length; k += 1) {
    plan.samples[k] = taps[k]!;
    plan.samples[plan.size - k] = taps[k]!;
  }
  plan.forward();
  // The spectrum is real: the second of each pair, but for the first pair, is nothing but rounding.
  return plan.packed.map(
    (own, i) => (i > 1 && i % 2 === 1 ? plan.packed[i - 1]! : own) / plan.size,
  );
}

/** The tap in the middle, and those on one side of it. */
function halfOfTaps({ sampleRateHz, passHz, stopHz }: LowPassEdges): Float64Array {
  const transition = (2 * Math.PI * (stopHz - passHz)) / sampleRateHz;
  const half = Math.ceil(TAPS_TIMES_RADIANS / transition / 2);
  const cutoff = (passHz + stopHz) / sampleRateHz;
  const taps = Float64Array.from({ length: half + 1 }, (_, k) => {
    const window = besselI0(KAISER_BETA * Math.sqrt(1 - (k / half) ** 2)) / besselI0(KAISER_BETA);
    return sinc(cutoff * k) * window;
  });
  // A constant stays that constant.
  const sum = 2 * taps.reduce((total, tap) => total + tap, 0) - taps[0]!;
  return taps.map((tap) => tap / sum);
}

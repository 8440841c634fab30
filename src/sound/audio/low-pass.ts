/** A zero-phase low-pass: a windowed sinc, symmetric around each sample. */

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

/** @returns Samples of the same length; beyond the ends there is silence. */
export function lowPass(samples: Float32Array, edges: LowPassEdges): Float32Array<ArrayBuffer> {
  const taps = halfOfTaps(edges);
  const reach = taps.length - 1;
  const out = new Float32Array(samples.length);
  let i = 0;
  for (; i < Math.min(reach, samples.length); i += 1) out[i] = nearEnd(samples, i, taps);
  // Four at once: each sum waits for its last addition, and so the processor waits for one of four.
  for (; i + 3 + reach < samples.length; i += 4) {
    const middle = taps[0]!;
    let a = middle * samples[i]!;
    let b = middle * samples[i + 1]!;
    let c = middle * samples[i + 2]!;
    let d = middle * samples[i + 3]!;
    for (let k = 1; k <= reach; k += 1) {
      const tap = taps[k]!;
      a += tap * (samples[i - k]! + samples[i + k]!);
      b += tap * (samples[i + 1 - k]! + samples[i + 1 + k]!);
      c += tap * (samples[i + 2 - k]! + samples[i + 2 + k]!);
      d += tap * (samples[i + 3 - k]! + samples[i + 3 + k]!);
    }
    out[i] = a;
    out[i + 1] = b;
    out[i + 2] = c;
    out[i + 3] = d;
  }
  for (; i < samples.length; i += 1) out[i] = nearEnd(samples, i, taps);
  return out;
}

function nearEnd(samples: Float32Array, i: number, taps: Float64Array): number {
  let sum = taps[0]! * samples[i]!;
  for (let k = 1; k < taps.length; k += 1) {
    sum += taps[k]! * ((samples[i - k] ?? 0) + (samples[i + k] ?? 0));
  }
  return sum;
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

/** Finds the lattice that frames leave in noise: its level comes and goes at their rate. */

import { fourierPlan } from "../fft.ts";
import { median } from "../median.ts";
import { defaultStft, MODEL_RATE_HZ } from "../spectrogram.ts";
import { hannWindow } from "../stft.ts";

/** 0.68 s: lines 1.5 Hz wide. */
const SEGMENT = 32_768;
const SEGMENT_HOP = SEGMENT / 2;
/** What is slower than this is the course of the sound. */
const COURSE_SECONDS = 0.05;
/** The frame rate, 93.75 Hz, in lines. */
const LINE = (SEGMENT / defaultStft.hopLength) | 0;
/** Lines around it that belong to it, and how far its surroundings reach. */
const OWN = 2;
const AROUND = 16;

/**
 * How far the fluctuation of the level at the rate of frames stands out of that at the rates
 * around it, in dB: 0 for noise, more where frames are heard one by one. Says nothing of tones.
 *
 * @param mono Samples at MODEL_RATE_HZ.
 * @returns undefined for sounds shorter than 0.7 s.
 */
export function latticeDb(mono: Float32Array): number | undefined {
  if (mono.length < SEGMENT) return undefined;
  const fluctuation = fluctuationOf(mono);
  const plan = fourierPlan(SEGMENT);
  const window = hannWindow(SEGMENT);
  const powers = new Float64Array(LINE + AROUND + 1);
  for (let start = 0; start + SEGMENT <= mono.length; start += SEGMENT_HOP) {
    for (let i = 0; i < SEGMENT; i += 1) plan.samples[i] = fluctuation[start + i]! * window[i]!;
    plan.forward();
    for (let k = LINE - AROUND; k < powers.length; k += 1) {
      powers[k] = powers[k]! + plan.re[k]! ** 2 + plan.im[k]! ** 2;
    }
  }
  const around: number[] = [];
  let line = 0;
  for (let k = LINE - AROUND; k < powers.length; k += 1) {
    if (Math.abs(k - LINE) <= OWN) line = Math.max(line, powers[k]!);
    else around.push(powers[k]!);
  }
  return 10 * Math.log10((line + 1e-20) / (median(around) + 1e-20));
}

/** Power over its mean nearby, less 1; 0 where there is silence. */
function fluctuationOf(mono: Float32Array): Float64Array {
  const sums = new Float64Array(mono.length + 1);
  let loudest = 0;
  for (let i = 0; i < mono.length; i += 1) {
    sums[i + 1] = sums[i]! + mono[i]! ** 2;
    loudest = Math.max(loudest, Math.abs(mono[i]!));
  }
  const half = Math.round((COURSE_SECONDS * MODEL_RATE_HZ) / 2);
  const least = loudest ** 2 * 1e-6;
  return Float64Array.from(mono, (value, i) => {
    const [from, to] = [Math.max(0, i - half), Math.min(mono.length, i + half)];
    const mean = (sums[to]! - sums[from]!) / (to - from);
    return mean > least ? value ** 2 / mean - 1 : 0;
  });
}

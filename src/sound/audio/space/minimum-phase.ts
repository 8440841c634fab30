/**
 * The shortest filter with given levels: its energy comes as early as it can.
 *
 * Source: A. Oppenheim and R. Schafer, "Discrete-Time Signal Processing", chapter on the complex
 * cepstrum.
 */

import { fourierPlan } from "../fft.ts";

/** @param levels Decibels at frequencies 0 to half the rate, evenly spaced: shape [2^k + 1]. */
export type MinimumPhase = (levels: ArrayLike<number>) => Float32Array<ArrayBuffer>;

/** @param tapCount Of the filters, a power of two; the levels have as many steps. */
export function minimumPhaseFilters(tapCount: number): MinimumPhase {
  const size = 2 * tapCount;
  const plan = fourierPlan(size);
  return (levels) => {
    for (let bin = 0; bin <= tapCount; bin += 1) {
      plan.re[bin] = levels[bin]! * NEPERS_PER_DB;
      plan.im[bin] = 0;
    }
    plan.inverse();
    // What is before time 0 is put behind it: the logarithm then is that of a causal filter.
    for (let i = 1; i < tapCount; i += 1) plan.samples[i] = 2 * plan.samples[i]!;
    plan.samples.fill(0, tapCount + 1);
    plan.forward();
    for (let bin = 0; bin <= tapCount; bin += 1) {
      const gain = Math.exp(plan.re[bin]!);
      const phase = plan.im[bin]!;
      plan.re[bin] = gain * Math.cos(phase);
      plan.im[bin] = gain * Math.sin(phase);
    }
    plan.inverse();
    return Float32Array.from({ length: tapCount }, (_, i) => plan.samples[i]! * fade(i / tapCount));
  };
}

const NEPERS_PER_DB = Math.LN10 / 20;

/** The last quarter sinks to nothing. */
function fade(place: number): number {
  return place < 0.75 ? 1 : 0.5 + 0.5 * Math.cos(4 * Math.PI * (place - 0.75));
}

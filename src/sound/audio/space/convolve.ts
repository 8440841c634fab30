/** Long filters, by Fourier transforms of pieces (overlap and add). */

import { fourierPlan } from "../fft.ts";

/** @returns Shape [samples.length + taps.length - 1]. */
export function convolve(samples: Float32Array, taps: Float32Array): Float32Array<ArrayBuffer> {
  const length = samples.length + taps.length - 1;
  const out = new Float32Array(Math.max(0, length));
  if (samples.length === 0 || taps.length === 0) return out;
  const size = Math.max(1024, 2 ** Math.ceil(Math.log2(2 * taps.length)));
  const step = size - taps.length + 1;
  const plan = fourierPlan(size);
  plan.samples.fill(0);
  plan.samples.set(taps);
  plan.forward();
  const [re, im] = [Float64Array.from(plan.re), Float64Array.from(plan.im)];
  for (let start = 0; start < samples.length; start += step) {
    plan.samples.fill(0);
    plan.samples.set(samples.subarray(start, start + step));
    plan.forward();
    for (let bin = 0; bin < re.length; bin += 1) {
      const [a, b] = [plan.re[bin]!, plan.im[bin]!];
      plan.re[bin] = a * re[bin]! - b * im[bin]!;
      plan.im[bin] = a * im[bin]! + b * re[bin]!;
    }
    plan.inverse();
    const end = Math.min(out.length, start + size);
    for (let i = start; i < end; i += 1) out[i] = out[i]! + plan.samples[i - start]!;
  }
  return out;
}

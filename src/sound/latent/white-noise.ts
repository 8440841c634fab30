/** White noise as spectra, frame by frame without end: what roughness is made of. */

import { fillNormal, type Random } from "../../random.ts";
import type { PackedPlan } from "../audio/packed-fourier.ts";
import type { StftShape } from "../audio/spectrogram.ts";
import { hannWindow } from "../audio/stft.ts";
import type { NoiseSource } from "./texture.ts";

/** @param plan Transforms of `shape.frameLength` samples. */
export function whiteNoise(random: Random, plan: PackedPlan, shape: StftShape): NoiseSource {
  const { frameLength, hopLength } = shape;
  const half = frameLength / 2;
  const window = hannWindow(frameLength);
  // The first frame is centred on the first sample, as everywhere: nothing was before it.
  const samples = new Float32Array(frameLength);
  fillNormal(random, samples.subarray(half));
  const fresh = new Float32Array(hopLength);
  let isFirst = true;
  const frame = {
    re: new Float32Array(half + 1),
    im: new Float32Array(half + 1),
    meanPower: window.reduce((sum, value) => sum + value * value, 0),
  };
  const moveOn = (): void => {
    if (!isFirst) {
      samples.copyWithin(0, hopLength);
      samples.set(fillNormal(random, fresh), frameLength - hopLength);
    }
    isFirst = false;
  };
  return {
    skip: moveOn,
    next: () => {
      moveOn();
      for (let i = 0; i < frameLength; i += 1) plan.samples[i] = samples[i]! * window[i]!;
      plan.forward();
      frame.re[0] = plan.packed[0]!;
      frame.re[half] = plan.packed[1]!;
      for (let bin = 1; bin < half; bin += 1) {
        frame.re[bin] = plan.packed[2 * bin]!;
        frame.im[bin] = plan.packed[2 * bin + 1]!;
      }
      return frame;
    },
  };
}

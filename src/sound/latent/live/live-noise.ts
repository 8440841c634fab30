/** White noise as spectra, frame by frame without end: what roughness is made of when it is live. */

import { fillNormal, type Random } from "../../../random.ts";
import type { PackedPlan } from "../../audio/packed-fourier.ts";
import type { StftShape } from "../../audio/spectrogram.ts";
import { hannWindow } from "../../audio/stft.ts";
import type { NoiseFrame } from "../texture.ts";

export interface LiveNoise {
  /** The next frame; overwritten by the next call. */
  next(): NoiseFrame;
}

export function liveNoise(random: Random, plan: PackedPlan, shape: StftShape): LiveNoise {
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
  return {
    next: () => {
      if (!isFirst) {
        samples.copyWithin(0, hopLength);
        samples.set(fillNormal(random, fresh), frameLength - hopLength);
      }
      isFirst = false;
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

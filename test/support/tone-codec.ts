/** A codec that decodes every latent into one tone, in bin 40, at the level in dB that it says. */

import type { Codec } from "../../src/sound/latent/codec.ts";
import { BIN_COUNT } from "../../src/sound/model/bands.ts";

const FRAMES_PER_LATENT = 4;

export const toneCodec: Codec = {
  latentSize: 1,
  conditions: [],
  framesPerLatent: FRAMES_PER_LATENT,
  contextLatents: 0,
  encode: () => Promise.reject(new Error("not needed")),
  decode: async (_model, means, frameCount) => {
    const frames = Math.min(frameCount, means.length * FRAMES_PER_LATENT);
    const levels = new Float32Array(frames * BIN_COUNT).fill(-96);
    for (let frame = 0; frame < frames; frame += 1) {
      levels[frame * BIN_COUNT + 40] = means[Math.floor(frame / FRAMES_PER_LATENT)] ?? -96;
    }
    return levels;
  },
  release: async () => {},
};

/** The loudness along a latent path, from which onsets and endings are found. */

import { BIN_COUNT } from "../model/bands.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";

/** Silence, in dB; the lowest value that is returned. */
export const LOUDNESS_MIN_DB = -96;

/**
 * The loudest frame of each group of frames, in dB: 10 log10 of the power summed over bins, where a
 * bin of 0 dB counts 1.
 *
 * The loudest, not the mean, so that an attack late in a group still counts for it.
 *
 * @param levels Decibels, shape [frames, BIN_COUNT].
 * @returns Shape [ceil(frames / framesPerLatent)], at least LOUDNESS_MIN_DB.
 */
export function loudnessOf(levels: Float32Array, framesPerLatent: number): Float32Array {
  const frameCount = Math.floor(levels.length / BIN_COUNT);
  const loudness = new Float32Array(Math.ceil(frameCount / framesPerLatent)).fill(LOUDNESS_MIN_DB);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const at = Math.floor(frame / framesPerLatent);
    const ofFrame = frameLoudness(levels.subarray(frame * BIN_COUNT, (frame + 1) * BIN_COUNT));
    loudness[at] = Math.max(loudness[at]!, ofFrame);
  }
  return loudness;
}

function frameLoudness(levels: Float32Array): number {
  let power = 0;
  for (let bin = 0; bin < levels.length; bin += 1) {
    if (levels[bin]! > LEVEL_MIN_DB) power += Math.exp(levels[bin]! * NEPERS_OF_POWER_PER_DB);
  }
  return power > 0 ? Math.max(LOUDNESS_MIN_DB, 10 * Math.log10(power)) : LOUDNESS_MIN_DB;
}

const NEPERS_OF_POWER_PER_DB = Math.LN10 / 10;

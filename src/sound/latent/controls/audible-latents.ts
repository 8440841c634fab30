/** How audible each number of a latent vector is. */

import { BIN_COUNT } from "../../model/bands.ts";
import type { Codec, ModelWeights } from "../codec.ts";

/** By so much each is moved to see what it does: more of it could end in silence. */
const STEP = 0.25;

/** Quieter bins do not count, in dB. */
const HEARD_DB = -80;

/**
 * Of each latent, by how much the shape of the decoded spectrum changes when it grows by 1, around
 * the mean of the corpus: the standard deviation of the change over bins, in dB. Latents are scaled
 * alike, what they do is not.
 *
 * @param vectors Rows of the corpus, shape [count, latentSize].
 */
export async function audibleLatents(
  codec: Codec,
  model: ModelWeights,
  vectors: Float32Array,
): Promise<Float64Array> {
  const { latentSize: size, framesPerLatent, contextLatents } = codec;
  const latents = size - codec.conditions.length;
  const mean = meanRow(vectors, size);
  // Each one for so long that its middle sees nothing else.
  const span = 2 * contextLatents + 1;
  const path = new Float32Array((latents + 1) * span * size);
  for (let row = 0; row * size < path.length; row += 1) {
    path.set(mean, row * size);
    const moved = Math.floor(row / span) - 1;
    if (moved >= 0) path[row * size + moved] = path[row * size + moved]! + STEP;
  }
  const frames = (latents + 1) * span * framesPerLatent;
  const levels = await codec.decode(model, path, frames);
  const middle = (block: number): Float32Array => {
    const frame = (block * span + contextLatents) * framesPerLatent;
    return levels.subarray(frame * BIN_COUNT, (frame + framesPerLatent) * BIN_COUNT);
  };
  const still = middle(0);
  return Float64Array.from({ length: latents }, (_, i) => {
    let [sum, square, count] = [0, 0, 1e-9];
    for (const [at, level] of middle(i + 1).entries()) {
      if (level < HEARD_DB && still[at]! < HEARD_DB) continue;
      sum += level - still[at]!;
      square += (level - still[at]!) ** 2;
      count += 1;
    }
    // What all bins do together is level, which controls of loudness and time have.
    return Math.max(LEAST_DB, Math.sqrt(Math.max(0, square / count - (sum / count) ** 2)) / STEP);
  });
}

const LEAST_DB = 1e-3;

function meanRow(vectors: Float32Array, size: number): Float32Array {
  const mean = new Float32Array(size);
  for (const [i, value] of vectors.entries()) {
    mean[i % size] = mean[i % size]! + (value * size) / vectors.length;
  }
  return mean;
}

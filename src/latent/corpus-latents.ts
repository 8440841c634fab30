/** Recordings -> where they lie in the latent space, and how rough they are there. */

import { BIN_COUNT } from "../model/bands.ts";
import type { CorpusLatents } from "../model/model-file.ts";
import type { Codec, ModelWeights } from "./codec.ts";
import { textureOf } from "./texture.ts";

/** @param recordings Decibels of each file, shape [frames, BIN_COUNT]. */
export async function corpusLatents(
  codec: Codec,
  model: ModelWeights,
  recordings: Iterable<Float32Array>,
): Promise<CorpusLatents> {
  const { framesPerLatent, latentSize } = codec;
  const paths: Float32Array[] = [];
  const textures: Float32Array[] = [];
  for (const levels of recordings) {
    const { means, latentCount } = await codec.encode(model, levels);
    const decoded = await codec.decode(model, means, levels.length / BIN_COUNT);
    paths.push(means);
    textures.push(textureOf(levels, decoded, { latentCount, framesPerLatent }));
  }
  return {
    means: joined(paths),
    lengths: paths.map((path) => path.length / latentSize),
    texture: joined(textures),
  };
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

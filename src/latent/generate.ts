/** A model and a seed -> a new sound. */

import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Model } from "../model/model-file.ts";
import { seededRandom } from "../random.ts";
import type { Codec } from "./codec.ts";
import { latentsFor, type Quality, render } from "./render.ts";
import { walk } from "./walk.ts";

export interface GenerateOptions {
  readonly seed: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Samples wanted: the result has exactly this many. */
  readonly length: number;
  readonly quality: Quality;
}

/** @returns Mono samples, shape [length], peak at -1 dB; the same for the same options. */
export function generate(
  codec: Codec,
  model: Pick<Model, "weights" | "statistics" | "latents">,
  { seed, ...options }: GenerateOptions,
): Promise<Float32Array> {
  const random = seededRandom(seed);
  const path = walk(model.latents, {
    latentSize: codec.latentSize,
    length: latentsFor(options.length / options.sampleRate, codec.framesPerLatent),
    latentsPerSecond: MODEL_RATE_HZ / defaultStft.hopLength / codec.framesPerLatent,
    random,
  });
  return render(codec, model, { ...options, path, random });
}

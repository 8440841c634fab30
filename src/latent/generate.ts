/** A model and a seed -> a new sound. */

import type { PhaseQuality } from "../audio/phase.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Model } from "../model/model-file.ts";
import { type Random, seededRandom } from "../random.ts";
import type { Codec } from "./codec.ts";
import { latentsFor, render } from "./render.ts";
import { textureAlong } from "./texture.ts";
import { walk } from "./walk.ts";

export interface GenerateOptions {
  readonly seed: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Samples wanted: the result has exactly this many. */
  readonly length: number;
  readonly quality: PhaseQuality;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** What a model must know to make new sounds. */
export type Voice = Pick<Model, "weights" | "statistics" | "latents">;

/** @returns Mono samples, shape [length], peak at -1 dB; the same for the same options. */
export function generate(
  codec: Codec,
  voice: Voice,
  { seed, ...options }: GenerateOptions,
): Promise<Float32Array> {
  return renderWalk(codec, voice, { ...options, random: seededRandom(seed) });
}

/** The same with random numbers that come from elsewhere. */
export function renderWalk(
  codec: Codec,
  voice: Voice,
  options: Omit<GenerateOptions, "seed"> & { readonly random: Random },
): Promise<Float32Array> {
  const { latentSize: size, framesPerLatent } = codec;
  const { means, texture } = voice.latents;
  const path = walk(voice.latents, {
    latentSize: size,
    length: latentsFor(options.length / options.sampleRate, framesPerLatent),
    latentsPerSecond: MODEL_RATE_HZ / defaultStft.hopLength / framesPerLatent,
    random: options.random,
  });
  const along = textureAlong(path, { vectors: means, size, texture });
  return render(codec, voice, { ...options, path, texture: along });
}

/** Generates a new sound from a model and a seed. */

import { type Random, seededRandom } from "../../random.ts";
import { faded } from "../audio/level.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { CorpusLatents, Model } from "../model/model-file.ts";
import type { Codec } from "./codec.ts";
import { drawGesture, type GestureCorpus, newGesture } from "./gesture-path.ts";
import { gesturesOf } from "./gestures.ts";
import { loudnessOf } from "./loudness.ts";
import { perform } from "./performance.ts";
import { latentsFor, mastered, render } from "./render.ts";
import { sequence } from "./sequence.ts";
import { steadyPath } from "./steady-path.ts";
import { textureAlong } from "./texture.ts";

/**
 * What is generated: one gesture of its own length, a sequence of gestures, one sound that is held,
 * or one that drifts through the corpus.
 */
export type GenerateMode = "gesture" | "sequence" | "sustain" | "walk";

export interface GenerateOptions {
  readonly seed: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Exact length of the result, in samples. @default the length of the gesture */
  readonly length?: number;
  /** @default "gesture" without a length, else "sequence" */
  readonly mode?: GenerateMode;
  /** How far the sound moves from its start, 0 to 1. @default 0.5 */
  readonly evolution?: number;
  /** Onset rate of a sequence, as a factor of the corpus' own, above 0. @default 1 */
  readonly density?: number;
  readonly quality: PhaseQuality;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** What a model needs to generate. */
export type Voice = Pick<Model, "weights" | "statistics" | "latents">;

/** Fade-out of what would sound beyond the end. */
const RELEASE_SECONDS = 0.3;

/** Default length of a sound that is held or drifts. */
const HELD_SECONDS = 8;

/**
 * A new sound, mono, with its peak at -1 dB; the same for the same options.
 *
 * @throws RangeError where the model holds no latents of its corpus.
 */
export async function generate(
  codec: Codec,
  voice: Voice,
  { seed, ...options }: GenerateOptions,
): Promise<Sound> {
  return generateWith(codec, voice, { ...options, random: seededRandom(seed) });
}

type DrawnOptions = Omit<GenerateOptions, "seed"> & { readonly random: Random };

/** The same with the caller's random numbers. */
export async function generateWith(
  codec: Codec,
  voice: Voice,
  options: DrawnOptions,
): Promise<Sound> {
  const { length, mode = length === undefined ? "gesture" : "sequence" } = options;
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / codec.framesPerLatent;
  const latents = await withLoudness(codec, voice);
  const corpus = {
    vectors: latents.means,
    size: codec.latentSize,
    gestures: gesturesOf(latents, { latentsPerSecond }),
  };
  if (corpus.gestures.length === 0) {
    throw new RangeError("Cannot generate: the model holds no latents of recordings");
  }
  const tools = { codec, voice, corpus, latentsPerSecond };
  return mode === "gesture" || mode === "sequence"
    ? performed(tools, { ...options, mode })
    : held(tools, { ...options, mode });
}

interface Tools {
  readonly codec: Codec;
  readonly voice: Voice;
  readonly corpus: GestureCorpus;
  readonly latentsPerSecond: number;
}

async function performed(
  { codec, voice, corpus, latentsPerSecond }: Tools,
  options: DrawnOptions & { readonly mode: "gesture" | "sequence" },
): Promise<Sound> {
  const { mode, length, sampleRate, random, quality, evolution = 0.5, density = 1 } = options;
  const seconds = length === undefined ? undefined : length / sampleRate;
  const gestures =
    mode === "gesture" || seconds === undefined
      ? [{ ...newGesture(corpus, drawGesture(corpus, random), random), atSeconds: 0 }]
      : sequence(corpus, { seconds, latentsPerSecond, evolution, density, random });
  const samples = await perform(codec, voice, {
    gestures,
    quality,
    random,
    references: voice.latents.references,
    textureAlong: (path) => textureOfPath(voice, path, codec),
    onProgress: (share) => options.onProgress?.(share),
  });
  const own = Math.round((samples.length * sampleRate) / MODEL_RATE_HZ);
  if (length === undefined || length >= own)
    return mastered([samples], { sampleRate, length: length ?? own });
  const within = samples.subarray(0, Math.ceil((length * MODEL_RATE_HZ) / sampleRate));
  const outLength = Math.round(RELEASE_SECONDS * MODEL_RATE_HZ);
  return mastered([faded(within, { inLength: 0, outLength })], { sampleRate, length });
}

async function held(
  { codec, voice, corpus, latentsPerSecond }: Tools,
  options: DrawnOptions & { readonly mode: "sustain" | "walk" },
): Promise<Sound> {
  const { mode, sampleRate, random, quality, onProgress, evolution = 0.5 } = options;
  const length = options.length ?? HELD_SECONDS * sampleRate;
  const path = steadyPath(corpus, {
    length: latentsFor(length / sampleRate, codec.framesPerLatent),
    latentsPerSecond,
    evolution,
    drifts: mode === "walk",
    random,
  });
  const texture = textureOfPath(voice, path, codec);
  return render(codec, voice, {
    path,
    texture,
    sampleRate,
    length,
    quality,
    random,
    ...(onProgress && { onProgress }),
  });
}

function textureOfPath({ latents }: Voice, path: Float32Array, codec: Codec): Float32Array {
  const { means, texture } = latents;
  return textureAlong(path, { vectors: means, size: codec.latentSize, texture });
}

/**
 * For models without the loudness of their recordings, it is measured once on the decoded latents.
 */
async function withLoudness(codec: Codec, voice: Voice): Promise<CorpusLatents> {
  const { latents } = voice;
  if (latents.loudness.length > 0) return latents;
  const known = asked.get(latents) ?? decodedLoudness(codec, voice);
  asked.set(latents, known);
  return { ...latents, loudness: await known };
}

const asked = new WeakMap<CorpusLatents, Promise<Float32Array>>();

async function decodedLoudness(codec: Codec, voice: Voice): Promise<Float32Array> {
  const { latentSize, framesPerLatent } = codec;
  const { means } = voice.latents;
  const levels = await codec.decode(voice, means, (means.length / latentSize) * framesPerLatent);
  return loudnessOf(levels, framesPerLatent);
}

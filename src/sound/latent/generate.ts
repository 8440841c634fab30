/** Generates a new sound from a model and a seed. */

import { type Random, seededRandom } from "../../random.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { CorpusLatents, Model } from "../model/model-file.ts";
import type { Codec } from "./codec.ts";
import { type Composition, renderComposition } from "./composition.ts";
import { movesOf, type Positions } from "./controls/positions.ts";
import { drawGesture, type GestureCorpus, newGesture } from "./gesture-path.ts";
import { gesturesOf } from "./gestures.ts";
import { loudnessOf } from "./loudness.ts";
import { decodeGestures, type PlacedGesture } from "./performance.ts";
import { latentsFor } from "./render.ts";
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
  /** Positions of controls by name, whole numbers from -10 to 10; 0 changes no bit. @default all 0 */
  readonly controls?: Positions;
  readonly quality: PhaseQuality;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** What a model needs to generate. */
export type Voice = Pick<Model, "weights" | "statistics" | "latents" | "analysis">;

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
  const moves = movesOf(voice.analysis, options.controls ?? {});
  const composition = await compose(codec, voice, options);
  const isHeld = options.mode === "sustain" || options.mode === "walk";
  return renderComposition(composition, {
    quality: options.quality,
    // A held sound has the length that was asked for.
    ...(moves && { moves: isHeld ? { ...moves, decay: 0, length: 0 } : moves }),
    onProgress: (share) => options.onProgress?.(share),
  });
}

/** Decides what is heard and decodes it. */
async function compose(codec: Codec, voice: Voice, options: DrawnOptions): Promise<Composition> {
  const { sampleRate, length, random } = options;
  const { latents } = voice;
  const gestures = await placedGestures(codec, voice, options);
  const decoded = await decodeGestures(gestures, {
    codec,
    model: voice,
    references: latents.references,
    textureAlong: (path) => textureOfPath(voice, path, codec),
  });
  const isHeld = options.mode === "sustain" || options.mode === "walk";
  const heldLength = isHeld ? { length: HELD_SECONDS * sampleRate } : {};
  return {
    gestures: decoded,
    randomState: random.state,
    sampleRate,
    ...(length === undefined ? heldLength : { length }),
  };
}

async function placedGestures(
  codec: Codec,
  voice: Voice,
  options: DrawnOptions,
): Promise<PlacedGesture[]> {
  const { length, sampleRate, random, evolution = 0.5, density = 1 } = options;
  const { mode = length === undefined ? "gesture" : "sequence" } = options;
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / codec.framesPerLatent;
  const latents = await withLoudness(codec, voice);
  const corpus: GestureCorpus = {
    vectors: latents.means,
    size: codec.latentSize,
    gestures: gesturesOf(latents, { latentsPerSecond }),
  };
  if (corpus.gestures.length === 0) {
    throw new RangeError("Cannot generate: the model holds no latents of recordings");
  }
  const seconds = length === undefined ? undefined : length / sampleRate;
  if (mode === "sustain" || mode === "walk") {
    const path = steadyPath(corpus, {
      length: latentsFor(seconds ?? HELD_SECONDS, codec.framesPerLatent),
      latentsPerSecond,
      evolution,
      drifts: mode === "walk",
      random,
    });
    const [first] = corpus.gestures;
    return [{ path, lead: { ...first!, file: -1, hasOnset: true, hasEnd: true }, atSeconds: 0 }];
  }
  return mode === "gesture" || seconds === undefined
    ? [{ ...newGesture(corpus, drawGesture(corpus, random), random), atSeconds: 0 }]
    : sequence(corpus, { seconds, latentsPerSecond, evolution, density, random });
}

function textureOfPath({ latents }: Voice, path: Float32Array, codec: Codec): Float32Array {
  const { means, texture } = latents;
  return textureAlong(path, { vectors: means, size: codec.latentSize, texture });
}

/**
 * The latents of the recordings with their loudness. For models without it, it is measured once on
 * the decoded latents.
 */
export async function withLoudness(codec: Codec, voice: Voice): Promise<CorpusLatents> {
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

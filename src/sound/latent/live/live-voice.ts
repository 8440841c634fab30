/** A model as it is played: its decoder, its gestures, and the level at which it sounds. */

import { gainToDecibels } from "../../audio/decibel.ts";
import { fastPlan, type PackedPlan } from "../../audio/packed-fourier.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { CorpusLatents, Model } from "../../model/model-file.ts";
import type { Runtime } from "../../tensor/runtime.ts";
import { openCodec } from "../codec.ts";
import type { GestureCorpus } from "../gesture-path.ts";
import { gesturesOf } from "../gestures.ts";
import { loudnessOf } from "../loudness.ts";
import { type GroupDecoder, openGroupDecoder } from "./group-decoder.ts";

export interface LiveVoice {
  readonly decoder: GroupDecoder;
  readonly corpus: GestureCorpus;
  readonly latents: CorpusLatents;
  readonly latentsPerSecond: number;
  /** Magnitude of 0 dB of each recording, so that loud ones are as loud as music is. */
  readonly references: readonly number[];
  /** Where in a row its pitch stands, log2 of hertz, the voicing behind it; undefined without one. */
  readonly pitchColumn: number | undefined;
  /** What all that plays the voice transforms with, in turn. */
  readonly plan: PackedPlan;
  release(): Promise<void>;
}

export interface LiveVoiceOptions {
  /** Of a model that still learns: see `openLearningDecoder`. @default one with these weights inside */
  readonly decoder?: GroupDecoder;
  /** Of another voice in the same thread. @default a new one */
  readonly plan?: PackedPlan;
}

/** @throws RangeError where the model holds no latents of its corpus. */
export async function openLiveVoice(
  runtime: Runtime,
  model: Pick<Model, "recipe" | "layout" | "weights" | "statistics" | "latents">,
  options: LiveVoiceOptions = {},
): Promise<LiveVoice> {
  const owned = options.decoder === undefined ? await openGroupDecoder(runtime, model) : undefined;
  const decoder = options.decoder ?? owned!;
  const latents = await withLoudness(runtime, model);
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / decoder.framesPerLatent;
  const corpus = {
    vectors: latents.means,
    size: decoder.latentSize,
    conditions: model.recipe.conditions,
    gestures: gesturesOf(latents, { latentsPerSecond }),
  };
  if (corpus.gestures.length === 0) {
    throw new RangeError("Cannot play the model: it holds no latents of recordings");
  }
  return {
    decoder,
    corpus,
    latents,
    latentsPerSecond,
    references: levelled(latents),
    pitchColumn: model.recipe.conditions.length > 0 ? model.recipe.latentSize : undefined,
    plan: options.plan ?? (await fastPlan(defaultStft.frameLength)),
    release: async () => owned?.release(),
  };
}

// --- internal ---

/** The loudest moments of the louder recordings have this RMS, in dB below full scale. */
const LOUD_RMS_DB = -10;

/** RMS of a frame with a power of 1 summed over its bins, in dB: Parseval, with the window's power. */
const UNIT_POWER_RMS_DB = -10 * Math.log10((2048 * 768) / 2);

/** Share of the recordings that are at most so loud. */
const LOUDER_SHARE = 0.8;

function levelled({ lengths, loudness, references }: CorpusLatents): number[] {
  let start = 0;
  const peaks = lengths.map((length, file) => {
    const part = loudness.subarray(start, start + length);
    start += length;
    const loudest = part.reduce((most, value) => Math.max(most, value), -200);
    return loudest + UNIT_POWER_RMS_DB + gainToDecibels(references[file] ?? 1);
  });
  const sorted = peaks.toSorted((a, b) => a - b);
  const loud = sorted[Math.floor(LOUDER_SHARE * (sorted.length - 1))] ?? 0;
  const gain = 10 ** ((LOUD_RMS_DB - loud) / 20);
  return lengths.map((_, file) => gain * (references[file] ?? 1));
}

/** For models without the loudness of their recordings, it is measured on the decoded latents. */
async function withLoudness(
  runtime: Runtime,
  model: Pick<Model, "recipe" | "layout" | "weights" | "statistics" | "latents">,
): Promise<CorpusLatents> {
  const { latents, recipe, layout } = model;
  if (latents.loudness.length > 0) return latents;
  const codec = await openCodec(runtime, recipe, layout);
  const count = (latents.means.length / codec.latentSize) * codec.framesPerLatent;
  const levels = await codec.decode(model, latents.means, count);
  await codec.release();
  return { ...latents, loudness: loudnessOf(levels, codec.framesPerLatent) };
}

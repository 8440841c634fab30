/**
 * Measures how well a model rebuilds recordings, beside baselines.
 *
 * Every method maps the levels of a file to levels; the phase is reconstructed in the same way for
 * all, and the resulting samples are compared with the file's.
 */

import { seededRandom } from "../../random.ts";
import type { ClaritySummary } from "../audio/clarity/clarity.ts";
import { type PairDistances, pairDistances, type Summary, summarise } from "../audio/distance.ts";
import { fastPlan } from "../audio/packed-fourier.ts";
import { phaseQualities } from "../audio/phase.ts";
import { createResampler } from "../audio/resample.ts";
import { defaultStft, FLOOR_DB, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Codec, ModelWeights } from "../latent/codec.ts";
import type { ModelDescription } from "../model/description.ts";
import type { Model } from "../model/model-file.ts";
import { startingWeights } from "../model/parameters.ts";
import { framesOfSound, type HeardFrames, soundOfFrames } from "../model/sound-frames.ts";
import { type LinearCode, throughLinearCode } from "./baseline.ts";
import type { Novelty } from "./evaluate-novelty.ts";

/**
 * "model": the trained one; "untrained": the same before its first step, which is a linear
 * code of mel bands; "pca": a linear code of bins; "copy": the file's own levels.
 */
export type MethodName = "model" | "untrained" | "pca" | "copy";

export interface Method {
  readonly name: MethodName;
  /** That a second of sound becomes; null for all of its levels. */
  readonly numbersPerSecond: number | null;
  /** @returns Decibels, shape [frameCount, BIN_COUNT]. */
  rebuild(frames: HeardFrames): Promise<Float32Array>;
}

/** Where distances are measured: the rate of the project's independent reference. */
const RULER_RATE_HZ = 44_100;
const PHASE = phaseQualities.final;

/** The conditions of all figures, reported with them. */
export interface Ruler {
  readonly sampleRateHz: number;
  /** Of magnitudes, relative to the file's largest. */
  readonly floorDb: number;
  readonly phaseIterations: number;
}

export const ruler: Ruler = {
  sampleRateHz: RULER_RATE_HZ,
  floorDb: FLOOR_DB,
  phaseIterations: PHASE.iterations,
};

/** Plain JSON. */
export interface Evaluation {
  readonly model: Pick<ModelDescription, "name" | "recipe" | "program" | "step" | "epoch"> & {
    readonly path: string;
  };
  readonly folder: string;
  readonly split: "held-out" | "all";
  /** Of sound that was measured. */
  readonly durationSeconds: number;
  readonly ruler: Ruler;
  readonly methods: readonly MethodResult[];
  /** How much smaller the model's mean distances are, as a share; null without that method. */
  readonly gainOver: { readonly [M in "untrained" | "pca"]: Gain | null };
  /** What training did to the model's figures; null for models that start from random weights. */
  readonly training: TrainingEffect | null;
  readonly novelty: Novelty | null;
  readonly clarity: ClarityBeside;
  readonly rows: readonly FileRow[];
  readonly notes: readonly Note[];
  /** Where the sounds were kept. */
  readonly kept: string | null;
  readonly elapsedMs: number;
}

/** How clear the recordings are, what the model makes of them, and the gestures it makes up. */
export interface ClarityBeside {
  readonly recordings: ClaritySummary;
  readonly rebuilt: ClaritySummary;
  /** null for models without recordings. */
  readonly generated: ClaritySummary | null;
}

export interface MethodResult {
  readonly name: MethodName;
  readonly numbersPerSecond: number | null;
  readonly summary: Summary;
}

const gainKeys = ["melL1Db", "lsdDb", "multiScale", "spectralConvergence"] as const;
export type GainKey = (typeof gainKeys)[number];
export type Gain = { readonly [K in GainKey]: number };

/** "nothing": its figures are those of the model before its first step, to half a percent. */
export type TrainingEffect = "better" | "nothing" | "worse" | "mixed";

export interface FileRow {
  /** Relative to the folder. */
  readonly path: string;
  /** That was measured. */
  readonly durationSeconds: number;
  readonly distances: Distances;
}

export type Distances = { readonly [M in MethodName]?: PairDistances };

export interface Note {
  readonly code:
    | "files-unknown"
    | "held-out-missing"
    | "learned-from-all"
    | "held-out-stretch"
    | "training-elsewhere"
    | "pca-impossible"
    | "pca-partial"
    | "cut"
    | "silent";
  /** A sentence without a full stop, starting in lower case. */
  readonly text: string;
}

const FRAMES_PER_SECOND = MODEL_RATE_HZ / defaultStft.hopLength;

/** The model, and the model before its first step where that makes a sound. */
export function modelMethods(codec: Codec, model: Model): Method[] {
  const numbersPerSecond = (codec.latentSize * FRAMES_PER_SECOND) / codec.framesPerLatent;
  const through = (weights: ModelWeights): Method["rebuild"] => {
    return async (frames) => {
      const { means } = await codec.encode(weights, frames);
      return codec.decode(weights, means, frames.frameCount);
    };
  };
  const trained: Method = { name: "model", numbersPerSecond, rebuild: through(model) };
  if (model.foundation === undefined) return [trained];
  const untrained: ModelWeights = {
    weights: startingWeights(model.layout, seededRandom(0)),
    statistics: model.recipe.startingStatistics,
  };
  return [trained, { name: "untrained", numbersPerSecond, rebuild: through(untrained) }];
}

export function pcaMethod(code: LinearCode): Method {
  return {
    name: "pca",
    numbersPerSecond: (code.latentSize * FRAMES_PER_SECOND) / code.groupFrames,
    rebuild: async ({ levels }) => throughLinearCode(code, levels),
  };
}

export const copyMethod: Method = {
  name: "copy",
  numbersPerSecond: null,
  rebuild: async ({ levels }) => levels,
};

export interface Judge {
  /**
   * Rebuilds a sound by each method and compares.
   *
   * @param mono Samples at MODEL_RATE_HZ.
   * @param onRebuilt Gets each rebuilt sound, of the same rate and length.
   * @returns undefined if the sound is silent.
   */
  judge(
    mono: Float32Array,
    onRebuilt: (name: MethodName, rebuilt: Float32Array) => Promise<void>,
  ): Promise<Distances | undefined>;
}

export async function openJudge(methods: readonly Method[]): Promise<Judge> {
  const plan = await fastPlan(defaultStft.frameLength);
  const { resample } = createResampler(MODEL_RATE_HZ, RULER_RATE_HZ);
  return {
    judge: async (mono, onRebuilt) => {
      const frames = framesOfSound(mono);
      const reference = resample(mono);
      const distances: { [M in MethodName]?: PairDistances } = {};
      for (const method of methods) {
        const levels = await method.rebuild(frames);
        const rebuilt = soundOfFrames(
          { ...frames, levels },
          { length: mono.length, random: seededRandom(1), ...PHASE, plan },
        );
        await onRebuilt(method.name, rebuilt);
        const distance = pairDistances({
          reference,
          reconstruction: resample(rebuilt),
          sampleRateHz: RULER_RATE_HZ,
        });
        if (distance === undefined) return undefined;
        distances[method.name] = distance;
      }
      return distances;
    },
  };
}

/** Each method's distances over all files. */
export function methodResults(
  methods: readonly Pick<Method, "name" | "numbersPerSecond">[],
  rows: readonly FileRow[],
): MethodResult[] {
  return methods.map(({ name, numbersPerSecond }) => ({
    name,
    numbersPerSecond,
    summary: summarise(rows.flatMap(({ distances }) => distances[name] ?? [])),
  }));
}

export function gainsOver(results: readonly MethodResult[]): Evaluation["gainOver"] {
  const summaryOf = (name: MethodName): Summary | undefined =>
    results.find((result) => result.name === name)?.summary;
  const model = summaryOf("model");
  const over = (name: MethodName): Gain | null => {
    const other = summaryOf(name);
    if (model === undefined || other === undefined) return null;
    return Object.fromEntries(
      gainKeys.map((key) => [key, 1 - model[key].mean / other[key].mean]),
    ) as Gain;
  };
  return { untrained: over("untrained"), pca: over("pca") };
}

/** Smaller changes are reported as none. */
export const GAIN_HEARD = 0.005;

export function trainingEffect(gain: Gain | null): TrainingEffect | null {
  if (gain === null) return null;
  const changes = Object.values(gain).filter((share) => !(Math.abs(share) < GAIN_HEARD));
  if (changes.length === 0) return "nothing";
  if (changes.every((share) => share > 0)) return "better";
  return changes.every((share) => share < 0) ? "worse" : "mixed";
}

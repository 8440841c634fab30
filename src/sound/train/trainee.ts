/**
 * A model with its data, as the training loop sees it: makes steps, evaluates, and saves and
 * restores its whole state.
 */

import { fillNormal, type Random, seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import type { Batch, Learner, LearnerState, StepResult, StepSettings } from "../model/learner.ts";
import type { Recipe } from "../model/recipe.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import { type ExampleMaker, exampleMaker, measuringBatches } from "./batches.ts";
import type { TrainSettings } from "./settings.ts";

/** State of the random numbers and of the deck of files. Plain JSON. */
export interface DataState {
  readonly random: number;
  readonly deck: readonly number[];
}

export interface SideLosses {
  readonly reconstruction: number;
  readonly kl: number;
}

export interface Evaluation {
  readonly train: SideLosses;
  readonly validation: SideLosses;
  /** Of the validation side, summed over dimensions, in nats. */
  readonly klDivergence: number;
  readonly activeUnits: number;
}

export interface TraineeStep extends StepResult {
  /** Time that went into making the batch. */
  readonly dataMs: number;
}

export interface Trainee {
  readonly latentSize: number;
  /** What `evaluate` measures, both sides together. */
  readonly measuredBatches: number;
  startEpoch(): void;
  step(settings: StepSettings): Promise<TraineeStep>;
  /** @throws the signal's reason when it aborts between two batches. */
  evaluate(signal: AbortSignal): Promise<Evaluation>;
  readonly learnerState: LearnerState;
  readonly dataState: DataState;
}

export interface TraineeParts {
  readonly recipe: Recipe;
  readonly learner: Learner;
  readonly settings: TrainSettings;
  readonly trainFiles: readonly PackedFrames[];
  readonly validationFiles: readonly PackedFrames[];
  readonly stepsPerEpoch: number;
  readonly nowMs: () => number;
  /** Continue from here. */
  readonly dataState?: DataState;
}

/** A latent dimension is active above this KL divergence, in nats. */
const ACTIVE_NATS = 0.05;

/** Evaluation takes a third of a step per batch; this limit keeps it near a tenth of an epoch. */
const MEASURED_SHARE = 0.15;
const MEASURED_BATCHES_MAX = 6;

/** Seeds of random numbers that must not depend on the progress of the run. */
const TRAIN_MEASURE_SEED = 101;
const VALIDATION_MEASURE_SEED = 102;

export function createTrainee(parts: TraineeParts): Trainee {
  const { recipe, learner, settings, nowMs } = parts;
  const random = seededRandom(parts.dataState?.random ?? settings.seed);
  const maker = exampleMaker(parts.trainFiles, {
    exampleFrames: recipe.exampleFrames,
    settings,
    random,
    ...(parts.dataState && { deckState: { deck: parts.dataState.deck } }),
  });
  const batch = emptyBatch(recipe, settings.batchSize);
  const sides = measuringSides(parts);
  return {
    latentSize: recipe.latentSize,
    measuredBatches: sides.train.length + sides.validation.length,
    startEpoch: () => maker.startEpoch(),
    step: async (stepSettings) => {
      const startedMs = nowMs();
      fillBatch(batch, { maker, random, dropout: settings.dropout });
      const dataMs = nowMs() - startedMs;
      return { ...(await learner.step(batch, stepSettings)), dataMs };
    },
    evaluate: async (signal) => {
      const train = await measureAll(learner, sides.train, signal);
      const validation = await measureAll(learner, sides.validation, signal);
      return {
        train,
        validation,
        klDivergence: validation.klPerDimension.reduce((sum, value) => sum + value, 0),
        activeUnits: validation.klPerDimension.filter((value) => value > ACTIVE_NATS).length,
      };
    },
    get learnerState() {
      return learner.state;
    },
    get dataState() {
      return { random: random.state, deck: maker.deckState.deck };
    },
  };
}

function emptyBatch(recipe: Recipe, size: number): Batch {
  return {
    frames: new Float32Array(size * recipe.exampleFrames * BIN_COUNT),
    noise: new Float32Array(size * recipe.exampleLatents * recipe.latentSize),
    dropped: new Float32Array(size * recipe.dropoutWidth),
  };
}

function fillBatch(
  { frames, noise, dropped }: Batch,
  { maker, random, dropout }: { maker: ExampleMaker; random: Random; dropout: number },
): void {
  maker.fill(frames);
  fillNormal(random, noise);
  const kept = 1 / (1 - dropout);
  for (let i = 0; i < dropped.length; i += 1) dropped[i] = random.next() < dropout ? 0 : kept;
}

function measuringSides({
  recipe,
  settings,
  trainFiles,
  validationFiles,
  stepsPerEpoch,
}: TraineeParts): { train: Float32Array[]; validation: Float32Array[] } {
  const wanted = Math.round(stepsPerEpoch * MEASURED_SHARE);
  const batches = (files: readonly PackedFrames[], seed: number): Float32Array[] =>
    measuringBatches(files, {
      exampleFrames: recipe.exampleFrames,
      settings,
      random: seededRandom(seed),
      batchCount: Math.max(1, Math.min(MEASURED_BATCHES_MAX, wanted)),
      batchSize: settings.batchSize,
    });
  return {
    train: batches(trainFiles, TRAIN_MEASURE_SEED),
    validation: batches(validationFiles, VALIDATION_MEASURE_SEED),
  };
}

async function measureAll(
  learner: Learner,
  batches: readonly Float32Array[],
  signal: AbortSignal,
): Promise<SideLosses & { klPerDimension: Float32Array }> {
  let reconstruction = 0;
  let kl = 0;
  let perDimension: Float32Array | undefined;
  for (const frames of batches) {
    signal.throwIfAborted();
    const measured = await learner.measure(frames);
    reconstruction += measured.reconstruction / batches.length;
    kl += measured.kl / batches.length;
    const share = measured.klPerDimension.map((value) => value / batches.length);
    perDimension = perDimension?.map((value, i) => value + (share[i] ?? 0)) ?? share;
  }
  return { reconstruction, kl, klPerDimension: perDimension ?? new Float32Array(0) };
}

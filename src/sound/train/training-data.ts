/** What a run learns from and what it is measured on: batches drawn from the files of both sides. */

import { fillNormal, type Random, seededRandom } from "../../random.ts";
import type { Examples } from "../model/conditions.ts";
import type { Batch } from "../model/learner.ts";
import type { Recipe } from "../model/recipe.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import { type ExampleMaker, emptyExamples, exampleMaker, measuringBatches } from "./batches.ts";
import type { TrainSettings } from "./settings.ts";

/** State of the random numbers and of the deck of files. Plain JSON. */
export interface DataState {
  readonly random: number;
  readonly deck: readonly number[];
}

/** Batches of frames to measure with, the same in every epoch. */
export interface MeasuredBatches {
  readonly train: readonly Examples[];
  readonly validation: readonly Examples[];
  /** Of recordings that the model knew before the run; often none. */
  readonly known: readonly Examples[];
}

export interface TrainingData {
  /** Shuffles the files anew. */
  startEpoch(): void;
  /** The next batch to learn from, with its noise. Its arrays are filled again by the next call. */
  nextBatch(): Batch;
  readonly measured: MeasuredBatches;
  /** For a checkpoint: with it the same batches follow. */
  readonly state: DataState;
}

export interface TrainingDataParts {
  readonly recipe: Recipe;
  readonly settings: TrainSettings;
  readonly trainFiles: readonly PackedFrames[];
  readonly validationFiles: readonly PackedFrames[];
  /** Recordings that the model knew before the run, of either side. @default none */
  readonly knownFiles?: readonly PackedFrames[];
  readonly stepsPerEpoch: number;
  /** Continue from here. */
  readonly state?: DataState;
}

/** Evaluation takes a third of a step per batch; this limit keeps it near a tenth of an epoch. */
const MEASURED_SHARE = 0.15;
const MEASURED_BATCHES_MAX = 6;

/** Seeds of random numbers that must not depend on the progress of the run. */
const TRAIN_MEASURE_SEED = 101;
const VALIDATION_MEASURE_SEED = 102;
const KNOWN_MEASURE_SEED = 103;

export function trainingData(parts: TrainingDataParts): TrainingData {
  const { recipe, settings, state } = parts;
  const random = seededRandom(state?.random ?? settings.seed);
  const maker = exampleMaker(parts.trainFiles, {
    exampleFrames: recipe.exampleFrames,
    settings,
    random,
    ...(state && { deckState: { deck: state.deck } }),
  });
  const batch = emptyBatch(recipe, settings.batchSize);
  return {
    startEpoch: () => maker.startEpoch(),
    nextBatch: () => {
      fillBatch(batch, { maker, random, dropout: settings.dropout });
      return batch;
    },
    measured: measuredBatches(parts),
    get state() {
      return { random: random.state, deck: maker.deckState.deck };
    },
  };
}

function emptyBatch(recipe: Recipe, size: number): Batch {
  return {
    ...emptyExamples(size * recipe.exampleFrames),
    noise: new Float32Array(size * recipe.exampleLatents * recipe.latentSize),
    dropped: new Float32Array(size * recipe.dropoutWidth),
  };
}

function fillBatch(
  { noise, dropped, ...examples }: Batch,
  { maker, random, dropout }: { maker: ExampleMaker; random: Random; dropout: number },
): void {
  maker.fill(examples);
  fillNormal(random, noise);
  const kept = 1 / (1 - dropout);
  for (let i = 0; i < dropped.length; i += 1) dropped[i] = random.next() < dropout ? 0 : kept;
}

function measuredBatches({
  recipe,
  settings,
  trainFiles,
  validationFiles,
  knownFiles = [],
  stepsPerEpoch,
}: TrainingDataParts): MeasuredBatches {
  const wanted = Math.round(stepsPerEpoch * MEASURED_SHARE);
  const batches = (files: readonly PackedFrames[], seed: number): Examples[] =>
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
    known: knownFiles.length === 0 ? [] : batches(knownFiles, KNOWN_MEASURE_SEED),
  };
}

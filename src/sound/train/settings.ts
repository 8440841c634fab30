/**
 * The settings of a training run: the presets, the defaults by size of the corpus, and the user's
 * options. The result is complete and is recorded as it is.
 */

import type { AugmentationSettings } from "../audio/augment.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { EXAMPLE_PIECE_FRAMES } from "../model/kind.ts";
import { kinds } from "../model/kinds.ts";
import { defaultModel, type ModelName } from "../model/model-names.ts";

export type PresetName = "conservative" | "balanced" | "aggressive";

/** All hyperparameters of a run. Plain JSON. */
export interface TrainSettings {
  readonly model: ModelName;
  readonly preset: PresetName;
  readonly seed: number;
  /** Passes over the training files; what ends a run that has no `minutes`. */
  readonly epochs: number;
  /** With `minutes`: upper limit of epochs even if there is time, or null. */
  readonly epochsAtMost: number | null;
  /** Wall time that the whole run may take, or null. */
  readonly minutes: number | null;
  readonly batchSize: number;
  /** Peak value, after the warm-up. */
  readonly learningRate: number;
  /** Steps over which the learning rate rises from 0. */
  readonly warmUpSteps: number;
  readonly weightDecay: number;
  readonly dropout: number;
  /** Largest global norm of the gradient. */
  readonly clipNorm: number;
  /** Weight of the KL divergence after its annealing. */
  readonly klWeight: number;
  /** Share of the run over which the KL weight rises from 0. */
  readonly klWarmUp: number;
  /** Nats per latent dimension that cost nothing. */
  readonly freeBits: number;
  readonly latentSize: number;
  /** Whether pitch and voicing are part of the code; absent in runs of before: they are not. */
  readonly pitch?: boolean;
  /** Length of one example, in seconds: whole pieces of EXAMPLE_PIECE_FRAMES. */
  readonly chunkSeconds: number;
  /** Share of the files held out for validation, unless `fold` decides that. */
  readonly validationFraction: number;
  /** Of a cross-validation: which part of the files is held out. */
  readonly fold?: Fold;
  /** Share of the examples that are augmented; 0 turns it off. */
  readonly augmentationShare: number;
  readonly augmentation: AugmentationSettings;
  /** Epochs between previews; 0 for none. */
  readonly epochsPerPreview: number;
  /** Epochs between checkpoints; besides, one is saved every 10 s. */
  readonly epochsPerCheckpoint: number;
  /** Stop after this many epochs without a better validation loss, or never. */
  readonly earlyStopEpochs: number | null;
}

/** One of `count` parts that the files are dealt into, whatever the seed of the run. */
export interface Fold {
  /** From 0. */
  readonly index: number;
  /** From 2. */
  readonly count: number;
  /** Of the dealing: the same for all runs that are compared. */
  readonly seed: number;
}

/** What the user may set; the rest is chosen. */
export type SettingOverrides = Partial<Omit<TrainSettings, "preset">> & {
  readonly preset?: PresetName | "auto";
};

interface Preset {
  readonly dropout: number;
  readonly weightDecay: number;
  /** Augmented copies per original in an epoch, at most. */
  readonly augmentedCopies: number;
  readonly clipNorm: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly klWarmUp: number;
  readonly klWeight: number;
}

/** The presets of the earlier tool; the learning rates and KL weights apply to `mel`. */
export const presets: { readonly [P in PresetName]: Preset } = {
  conservative: {
    dropout: 0.4,
    weightDecay: 0.05,
    augmentedCopies: 15,
    clipNorm: 0.5,
    epochs: 100,
    learningRate: 5e-4,
    klWarmUp: 0.5,
    klWeight: 0.005,
  },
  balanced: {
    dropout: 0.2,
    weightDecay: 0.01,
    augmentedCopies: 10,
    clipNorm: 1,
    epochs: 200,
    learningRate: 1e-3,
    klWarmUp: 0.3,
    klWeight: 0.01,
  },
  aggressive: {
    dropout: 0.1,
    weightDecay: 0.001,
    augmentedCopies: 5,
    clipNorm: 5,
    epochs: 500,
    learningRate: 2e-3,
    klWarmUp: 0.2,
    klWeight: 0.02,
  },
};

/** Under 50 files conservative, under 200 balanced, else aggressive. */
export function presetFor(fileCount: number): PresetName {
  if (fileCount < 50) return "conservative";
  return fileCount < 200 ? "balanced" : "aggressive";
}

/**
 * Small corpora hold out a larger share, because few files make a weak validation; a single take
 * holds out a fifth of its length.
 */
export function validationFractionFor(fileCount: number): number {
  if (fileCount === 1) return 0.2;
  if (fileCount < 10) return 0.5;
  if (fileCount < 50) return 0.3;
  return fileCount < 200 ? 0.2 : 0.1;
}

/** The complete settings for a corpus of `fileCount` usable files. */
export function completeSettings(fileCount: number, overrides: SettingOverrides): TrainSettings {
  const { preset: asked = "auto", pitch = false, ...given } = withoutUndefined(overrides);
  const preset = asked === "auto" ? presetFor(fileCount) : asked;
  const table = presets[preset];
  const model = given.model ?? defaultModel;
  const { training, usual, takesPitch } = kinds[model];
  const epochs = given.epochs ?? table.epochs;
  return {
    model,
    preset,
    seed: 1,
    epochs,
    epochsAtMost: given.epochs ?? null,
    minutes: null,
    batchSize: training.batchSize(fileCount),
    learningRate: table.learningRate,
    warmUpSteps: training.warmUpSteps,
    weightDecay: table.weightDecay,
    dropout: table.dropout * training.dropoutFactor,
    clipNorm: table.clipNorm,
    klWeight: table.klWeight * training.klWeightFactor,
    klWarmUp: table.klWarmUp,
    freeBits: training.freeBits,
    latentSize: usual.latentSize,
    ...(pitch && takesPitch && { pitch }),
    chunkSeconds: usualChunkSeconds(model),
    validationFraction: validationFractionFor(fileCount),
    augmentationShare: table.augmentedCopies / (table.augmentedCopies + 1),
    augmentation: {},
    epochsPerPreview: previewRhythm(epochs, given.minutes ?? null),
    epochsPerCheckpoint: 10,
    earlyStopEpochs: null,
    ...given,
    ...(given.chunkSeconds !== undefined && {
      chunkSeconds: chunkSecondsOf(chunkFrames(given.chunkSeconds)),
    }),
  };
}

/** The defaults. */
export function usualChunkSeconds(model: ModelName): number {
  return chunkSecondsOf(kinds[model].usual.exampleFrames);
}

/** Frames of an example of about so many seconds. */
export function chunkFrames(seconds: number): number {
  const pieces = Math.round((seconds * FRAMES_PER_SECOND) / EXAMPLE_PIECE_FRAMES);
  return EXAMPLE_PIECE_FRAMES * Math.max(1, pieces);
}

const FRAMES_PER_SECOND = MODEL_RATE_HZ / defaultStft.hopLength;

/** Seconds of an example of so many frames. */
export function chunkSecondsOf(frames: number): number {
  return frames / FRAMES_PER_SECOND;
}

/**
 * A run with `minutes` does not know its epochs yet; every fifth is assumed to be some seconds
 * apart.
 */
function previewRhythm(epochs: number, minutes: number | null): number {
  if (minutes !== null) return 5;
  return epochs < 50 ? 2 : 20;
}

function withoutUndefined(overrides: SettingOverrides): SettingOverrides {
  return Object.fromEntries(
    Object.entries(overrides).filter(([, value]) => value !== undefined),
  ) as SettingOverrides;
}

/** The options of a training as settings of its run. */

import type { SettingOverrides } from "../sound/train/settings.ts";
import type { CommandValues } from "./context.ts";

/** What of a training is given; the rest is chosen to suit the recordings. */
export function overridesOf(values: Partial<CommandValues<"train">>): SettingOverrides {
  const given = {
    preset: values.preset,
    model: values.model,
    seed: values.seed,
    epochs: values.epochs,
    minutes: values.minutes,
    batchSize: values.batchSize,
    learningRate: values.lr,
    weightDecay: values.weightDecay,
    dropout: values.dropout,
    clipNorm: values.clipNorm,
    klWeight: values.klWeight,
    klWarmUp: values.klWarmup,
    freeBits: values.freeBits,
    latentSize: values.latent,
    pitch:
      values.pitch === undefined || values.pitch === "auto" ? undefined : values.pitch === "yes",
    chunkSeconds: values.chunkSeconds,
    validationFraction: values.validationFraction,
    epochsPerPreview: values.previewEvery,
    epochsPerCheckpoint: values.checkpointEvery,
    earlyStopEpochs: values.earlyStop,
    augmentationShare: values.augment === false ? 0 : undefined,
    augmentation: values.augmentNoise === true ? { noiseShare: NOISE_SHARE } : undefined,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as SettingOverrides;
}

/** Probability of noise in an example with --augment-noise. */
const NOISE_SHARE = 0.3;

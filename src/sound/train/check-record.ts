/** Validates run.json, and seals it against changes by hand. */

import * as v from "valibot";
import {
  count,
  fields,
  finite,
  numberWithin,
  type Shape,
  sha256,
  wholeNumber,
} from "../../checked.ts";
import { orderedJson } from "../../json.ts";
import { SEEDS } from "../../random.ts";
import { sha256Of } from "../../sha256.ts";
import type { AugmentationSettings } from "../audio/augment.ts";
import { modelNames } from "../model/model-names.ts";
import { latentSize } from "../model/shape-limits.ts";
import type { HeldOutFrames } from "./held-out.ts";
import type { RunFile, RunRecord } from "./job.ts";
import { EPOCHS_MAX } from "./progress.ts";
import type { Fold, SettingOverrides, TrainSettings } from "./settings.ts";

const BATCH_MAX = 1 << 12;
const THREADS_MAX = 1 << 12;
const SECONDS_MAX = 60;
const SEMITONES_MAX = 48;
const DECIBELS_MAX = 96;

const share: Shape<number> = numberWithin(0, 1);
const decibels: Shape<number> = numberWithin(0, DECIBELS_MAX);
/** A generous upper limit, where no exact one exists. */
const notNegative: Shape<number> = numberWithin(0, Number.MAX_SAFE_INTEGER);
const epochs: Shape<number> = wholeNumber(1, EPOCHS_MAX);

const augmentation: Shape<AugmentationSettings> = fields({
  pitchSemitones: v.exactOptional(numberWithin(0, SEMITONES_MAX)),
  speedShare: v.exactOptional(numberWithin(0, 0.9)),
  gainDb: v.exactOptional(decibels),
  tiltDb: v.exactOptional(decibels),
  bumpDb: v.exactOptional(decibels),
  noiseShare: v.exactOptional(share),
});

/** Runs of an earlier étude do not state the length of their examples. */
type StoredSettings = Omit<TrainSettings, "chunkSeconds"> &
  Partial<Pick<TrainSettings, "chunkSeconds">>;

const FOLDS_MAX = 1 << 12;

const fold: Shape<Fold> = v.pipe(
  fields<Fold>({
    index: wholeNumber(0, FOLDS_MAX),
    count: wholeNumber(2, FOLDS_MAX),
    seed: wholeNumber(0, SEEDS - 1),
  }),
  v.check(({ index, count: parts }) => index < parts, "index below count"),
);

const settingChecks = {
  model: v.picklist(modelNames),
  preset: v.picklist(["conservative", "balanced", "aggressive"]),
  seed: wholeNumber(0, SEEDS - 1),
  epochs,
  epochsAtMost: v.nullable(epochs),
  minutes: v.nullable(notNegative),
  batchSize: wholeNumber(1, BATCH_MAX),
  learningRate: notNegative,
  warmUpSteps: count,
  weightDecay: notNegative,
  dropout: numberWithin(0, 0.99),
  clipNorm: notNegative,
  klWeight: notNegative,
  klWarmUp: share,
  freeBits: notNegative,
  latentSize,
  pitch: v.exactOptional(v.boolean()),
  chunkSeconds: v.exactOptional(numberWithin(0, SECONDS_MAX)),
  validationFraction: share,
  fold: v.exactOptional(fold),
  augmentationShare: share,
  augmentation,
  epochsPerPreview: count,
  epochsPerCheckpoint: count,
  earlyStopEpochs: v.nullable(epochs),
};

const settings: Shape<StoredSettings> = fields<StoredSettings>(settingChecks);

/** Settings from outside: any of them, and no unknown ones. */
export const overridesShape: Shape<SettingOverrides> = v.partial(
  v.strictObject({
    ...settingChecks,
    preset: v.picklist(["auto", "conservative", "balanced", "aggressive"]),
  }),
) as unknown as Shape<SettingOverrides>;

const heldOut: Shape<HeldOutFrames> = v.pipe(
  fields<HeldOutFrames>({ start: count, end: count, guard: count }),
  v.check(({ start, end }) => start < end, "start before end"),
);

const file: Shape<RunFile> = v.pipe(
  fields<RunFile>({
    path: v.string(),
    bytes: count,
    sha256,
    frameCount: count,
    side: v.picklist(["train", "validation", "both"]),
    known: v.exactOptional(v.literal(true)),
    heldOut: v.exactOptional(heldOut),
  }),
  v.check((of) => (of.heldOut?.end ?? 0) <= of.frameCount, "heldOut.end within the file"),
);

export type StoredRecord = Omit<RunRecord, "settings"> & { readonly settings: StoredSettings };

/** Checked first: a newer étude may write the rest differently. */
export const recordHead: Shape<Pick<RunRecord, "format" | "version">> = fields({
  format: v.literal("etude-run"),
  version: wholeNumber(1, Number.MAX_SAFE_INTEGER),
});

export const recordShape: Shape<StoredRecord> = fields({
  format: v.literal("etude-run"),
  version: count,
  program: v.string(),
  name: v.string(),
  corpusFolder: v.string(),
  createdWallMs: finite,
  from: v.exactOptional(fields({ name: v.string() })),
  settings,
  device: v.picklist(["auto", "native", "wasm", "gpu"]),
  threads: wholeNumber(1, THREADS_MAX),
  files: v.array(file),
  sha256: v.exactOptional(sha256),
});

/**
 * SHA-256 of all fields of a record except the seal and `corpusFolder`: recordings may move, and
 * are recognised by content. The order of fields does not matter.
 */
export function sealOf(record: object): Promise<string> {
  const { sha256: _, corpusFolder: __, ...sealed } = record as RunRecord;
  return sha256Of(new TextEncoder().encode(orderedJson(sealed)));
}

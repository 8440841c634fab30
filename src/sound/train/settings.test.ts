import { expect, test } from "vitest";
import {
  chunkFrames,
  completeSettings,
  presetFor,
  presets,
  validationFractionFor,
} from "./settings.ts";

test.each([
  { fileCount: 1, preset: "conservative", fraction: 0.2 },
  { fileCount: 2, preset: "conservative", fraction: 0.5 },
  { fileCount: 9, preset: "conservative", fraction: 0.5 },
  { fileCount: 10, preset: "conservative", fraction: 0.3 },
  { fileCount: 49, preset: "conservative", fraction: 0.3 },
  { fileCount: 50, preset: "balanced", fraction: 0.2 },
  { fileCount: 199, preset: "balanced", fraction: 0.2 },
  { fileCount: 200, preset: "aggressive", fraction: 0.1 },
])("$fileCount files are learned with the preset $preset and $fraction of them held out", (row) => {
  expect(presetFor(row.fileCount)).toBe(row.preset);
  expect(validationFractionFor(row.fileCount)).toBe(row.fraction);
  const settings = completeSettings(row.fileCount, { preset: "auto" });
  expect(settings).toMatchObject({ preset: row.preset, validationFraction: row.fraction });
});

test("completeSettings() follows the table of presets for the mel model", () => {
  for (const preset of ["conservative", "balanced", "aggressive"] as const) {
    const { augmentedCopies, ...table } = presets[preset];
    const settings = completeSettings(20, { preset, model: "mel" });
    expect(settings).toMatchObject(table);
    expect(settings.augmentationShare).toBeCloseTo(augmentedCopies / (augmentedCopies + 1), 12);
  }
});

test("completeSettings() lets every number be overridden", () => {
  const given = {
    model: "mel",
    preset: "aggressive",
    seed: 7,
    epochs: 3,
    minutes: 2,
    batchSize: 5,
    learningRate: 0.25,
    warmUpSteps: 9,
    weightDecay: 0.125,
    dropout: 0.75,
    clipNorm: 11,
    klWeight: 0.5,
    klWarmUp: 0.625,
    freeBits: 0.375,
    latentSize: 13,
    chunkSeconds: 2.048,
    validationFraction: 0.4375,
    augmentationShare: 0,
    augmentation: { noiseShare: 0.5 },
    epochsPerPreview: 6,
    epochsPerCheckpoint: 8,
    earlyStopEpochs: 12,
  } as const;
  expect(completeSettings(20, given)).toEqual({ ...given, epochsAtMost: 3 });
});

test("completeSettings() takes what is undefined as not said", () => {
  const settings = completeSettings(20, { dropout: undefined } as never);
  expect(settings).toEqual(completeSettings(20, {}));
});

test("completeSettings() bounds a run with minutes by epochs only where a person gave both", () => {
  expect(completeSettings(20, { minutes: 1 })).toMatchObject({ minutes: 1, epochsAtMost: null });
  expect(completeSettings(20, { minutes: 1, epochs: 4 })).toMatchObject({ epochsAtMost: 4 });
});

test.each([
  { fileCount: 1, batchSize: 1 },
  { fileCount: 8, batchSize: 10 },
  { fileCount: 500, batchSize: 32 },
])("the mel model learns from batches of $batchSize with $fileCount files", (row) => {
  expect(completeSettings(row.fileCount, { model: "mel" }).batchSize).toBe(row.batchSize);
});

test("completeSettings() is plain JSON", () => {
  const settings = completeSettings(20, {});
  expect(JSON.parse(JSON.stringify(settings))).toEqual(settings);
});

test.each([
  { chunkSeconds: 2, frames: 192 },
  { chunkSeconds: 0.1, frames: 16 },
  { chunkSeconds: 1.024, frames: 96 },
])("an example of $chunkSeconds s has $frames frames, and the settings echo that", (row) => {
  const settings = completeSettings(20, { chunkSeconds: row.chunkSeconds });
  expect(chunkFrames(settings.chunkSeconds)).toBe(row.frames);
  expect(settings.chunkSeconds).toBeCloseTo((row.frames * 512) / 48_000, 12);
});

/** `etude train`: from words to a job. */

import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { makeRunFolder } from "../../run/train/run-folder.node.ts";
import type { SettingOverrides } from "../../run/train/settings.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { requireFolder } from "../existing-folder.node.ts";
import { fileSafe } from "../file-safe.ts";
import { requireOutside } from "../outside-corpus.node.ts";
import { engineOf, runTraining, shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"train">,
): Promise<ExitCode> {
  const { workingFolder, settings } = context;
  const corpusFolder = resolve(workingFolder, values.folder);
  await requireFolder(corpusFolder);
  const name = values.modelName ?? basename(corpusFolder);
  const runFolder =
    values.outputDir === undefined
      ? await freeFolder(settings.paths.runs, fileSafe(name))
      : resolve(workingFolder, values.outputDir);
  await requireOutside(runFolder, corpusFolder, "runs");
  await makeRunFolder(runFolder);
  return runTraining(context, {
    corpusFolder,
    runFolder,
    runFolderShown: shownPath(context, runFolder),
    name,
    program: context.program,
    overrides: overridesOf(values),
    ...engineOf(context, values.threads),
    resume: false,
  });
}

function overridesOf(values: CommandValues<"train">): SettingOverrides {
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
    validationFraction: values.validationFraction,
    epochsPerPreview: values.previewEvery,
    epochsPerCheckpoint: values.checkpointEvery,
    earlyStopEpochs: values.earlyStop,
    augmentationShare: values.augment ? undefined : 0,
    augmentation: values.augmentNoise ? { noiseShare: NOISE_SHARE } : undefined,
  };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as SettingOverrides;
}

/** How often an example gets noise where noise is asked for. */
const NOISE_SHARE = 0.3;

/** NAME among the runs, or NAME-2, NAME-3, ... */
export async function freeFolder(runs: string, name: string): Promise<string> {
  const taken = new Set(await readdir(runs).catch(() => []));
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name}-${count}`;
  return join(runs, candidate);
}

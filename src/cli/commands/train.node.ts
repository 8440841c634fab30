/** `etude train`: builds the job of a new run. */

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { defaultModel } from "../../sound/model/model-names.ts";
import { startingFrom } from "../../sound/train/going-on.ts";
import type { FolderJob } from "../../sound/train/job.ts";
import { discardUnbegunRun, makeRunFolder } from "../../sound/train/run-folder.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { requireFolder } from "../../sound/work/existing-folder.node.ts";
import { fileSafe } from "../../sound/work/file-safe.ts";
import { freeFolder } from "../../sound/work/free-folder.node.ts";
import { defaultOutside, requireOutside } from "../../sound/work/outside-corpus.node.ts";
import { withFolder } from "../ask-training.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openNamedModel } from "../open-model.node.ts";
import { INTERRUPTED } from "../stop-signals.node.ts";
import {
  memoryLimitOf,
  openTrainingExports,
  runTraining,
  shownPath,
  trainingEngineOf,
} from "../training.node.ts";
import { overridesOf } from "../training-overrides.ts";

export async function run(
  context: CommandContext,
  given: CommandValues<"train">,
): Promise<ExitCode> {
  const { workingFolder, settings } = context;
  const values = await withFolder(context, given);
  const { folder: corpusFolder, name: corpusName } = await corpusFolderOf(context, values.folder);
  await requireFolder(corpusFolder);
  const name = values.modelName ?? corpusName;
  const runFolder =
    values.outputDir === undefined
      ? await freeFolder(
          await defaultOutside(settings.paths.runs, corpusFolder, context),
          fileSafe(name),
        )
      : resolve(workingFolder, values.outputDir);
  await requireOutside(runFolder, corpusFolder, "runs");
  const from = await originOf(context, values);
  const exports = await openTrainingExports(context, values);
  const made = await missingFolders(runFolder);
  await makeRunFolder(runFolder);
  const job: FolderJob = {
    corpusFolder,
    runFolder,
    runFolderShown: shownPath(context, runFolder),
    name,
    program: context.program,
    overrides: overridesOf(values),
    ...trainingEngineOf(context, values.threads),
    ...memoryLimitOf(context, values.memoryLimit),
    analyze: values.analysis,
    ...(from && { from }),
    resume: false,
  };
  try {
    const exitCode = await runTraining(context, job, exports);
    if (
      exitCode === INTERRUPTED &&
      (await discardUnbegunRun(runFolder, made, { withRecord: true }))
    )
      context.stderr.write(`Nothing was saved yet, so ${job.runFolderShown} was removed.\n`);
    return exitCode;
  } catch (failure) {
    // After a bug the files are kept for inspection.
    if (failure instanceof UserError) await discardUnbegunRun(runFolder, made);
    throw failure;
  }
}

/** The model that training goes on from, as `--from` names it. */
async function originOf(
  context: CommandContext,
  values: CommandValues<"train">,
): Promise<FolderJob["from"]> {
  const { from, latent, chunkSeconds, pitch, model } = values;
  if (from === undefined) return undefined;
  const given = {
    "--latent": latent !== undefined,
    "--chunk-seconds": chunkSeconds !== undefined,
    "--pitch": pitch !== "auto",
    "--model": model !== defaultModel,
  };
  const [conflict] = Object.entries(given).flatMap(([flag, isGiven]) => (isGiven ? [flag] : []));
  if (conflict !== undefined) {
    throw new UserError({
      code: "options-conflict",
      message: `Cannot use ${conflict} with --from: the model decides that`,
      hint: `Leave out ${conflict}, or train from nothing without --from.`,
      exitCode: 2,
    });
  }
  const opened = await openNamedModel(context, { model: from, threads: values.threads });
  return startingFrom(opened.model);
}

/** The folder and its parents that do not exist yet, the innermost first. */
async function missingFolders(folder: string): Promise<string[]> {
  if ((await stat(folder).catch(() => undefined)) !== undefined) return [];
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...(await missingFolders(parent))];
}

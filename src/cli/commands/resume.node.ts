/** `etude resume`: builds the job that continues a run. */

import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import type { FolderJob, RunRecord } from "../../sound/train/job.ts";
import { readRunRecord } from "../../sound/train/run-folder.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { requireFolder } from "../../sound/work/existing-folder.node.ts";
import { requireOutside } from "../../sound/work/outside-corpus.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openTrainingExports, runTraining, shownPath, trainingEngineOf } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"resume">,
): Promise<ExitCode> {
  const runFolder = resolve(context.workingFolder, values.run);
  const record = await readRunRecord(runFolder);
  const { name } = record;
  const corpusFolder =
    values.corpus === undefined
      ? await sameFolder(record)
      : await otherFolder(context, runFolder, values.corpus);
  const { epochs, minutes, threads } = values;
  const exports = await openTrainingExports(context, values);
  const job: FolderJob = {
    corpusFolder,
    runFolder,
    runFolderShown: shownPath(context, runFolder),
    name,
    program: context.program,
    overrides: {
      ...(epochs !== undefined && { epochs }),
      ...(minutes !== undefined && { minutes }),
    },
    ...(threads !== undefined && { threads }),
    ...(context.isDeviceGiven && { device: trainingEngineOf(context, threads).device }),
    analyze: values.analysis,
    resume: true,
  };
  return runTraining(context, job, exports);
}

/** The folder of the recordings given with --corpus. */
async function otherFolder(
  context: CommandContext,
  runFolder: string,
  corpus: string,
): Promise<string> {
  const { folder } = await corpusFolderOf(context, corpus);
  await requireFolder(folder);
  await requireOutside(runFolder, folder, "runs");
  return folder;
}

async function sameFolder({ corpusFolder }: RunRecord): Promise<string> {
  await requireFolder(corpusFolder).catch((cause: unknown) => {
    if (!(cause instanceof UserError)) throw cause;
    const hint = "If your recordings have moved, give their folder with --corpus.";
    throw new UserError({ ...cause, message: cause.message, hint, cause });
  });
  return corpusFolder;
}

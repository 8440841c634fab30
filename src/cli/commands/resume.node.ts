/** `etude resume`: from words to a job that continues another. */

import { resolve } from "node:path";
import type { TrainJob } from "../../run/train/job.ts";
import { readRunRecord } from "../../run/train/run-folder.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openTrainingExports, runTraining, shownPath } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"resume">,
): Promise<ExitCode> {
  const runFolder = resolve(context.workingFolder, values.run);
  const { corpusFolder, name } = await readRunRecord(runFolder);
  const { epochs, minutes, threads } = values;
  const exports = await openTrainingExports(context, values);
  const job: TrainJob = {
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
    resume: true,
  };
  return runTraining(context, job, exports);
}

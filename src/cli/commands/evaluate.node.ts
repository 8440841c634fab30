/** `etude evaluate`: how well a model rebuilds recordings, as a table or as JSON. */

import { resolve } from "node:path";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { type EvaluationProgress, evaluateModel } from "../../sound/work/evaluate-model.node.ts";
import { findModel } from "../../sound/work/find-model.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { runtimeOf } from "../open-model.node.ts";
import { peopleText } from "../people-text.ts";
import { progressLine } from "../progress-line.ts";
import { evaluationLines } from "../text/evaluation-text.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"evaluate">,
): Promise<ExitCode> {
  const { stdout, workingFolder, clock, signal } = context;
  const { folder } = await corpusFolderOf(context, values.folder);
  const runtime = await runtimeOf(context, values.threads);
  const trainedOn = values.trainedOn && (await corpusFolderOf(context, values.trainedOn)).folder;
  const options = {
    folder,
    split: values.split,
    ...(trainedOn && { trainedOn }),
    ...(values.keep && { keep: resolve(workingFolder, values.keep) }),
  };
  const progress = progressLine(context);
  const tools = {
    runtime,
    clock,
    signal,
    onProgress: (done: EvaluationProgress) => progress.show(progressText(done)),
  };
  const evaluation = await evaluateModel(
    (await findModel(context, values.model)).path,
    options,
    tools,
  ).finally(progress.clear);
  const unicode = wantsUnicode(process.env, process.platform);
  const text = context.json
    ? JSON.stringify(evaluation, null, 2)
    : peopleText(
        evaluationLines(evaluation, { width: stdout.columns, unicode }).join("\n"),
        stdout,
      );
  stdout.write(`${text}\n`);
  return 0;
}

function progressText({ stage, position, count }: EvaluationProgress): string {
  return stage === "fitting" ? "fitting PCA" : `${stage} ${position} of ${count}`;
}

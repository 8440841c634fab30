/** `etude evaluate`: how well a model rebuilds recordings, as a table or as JSON. */

import { resolve } from "node:path";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
import { type EvaluationProgress, evaluateModel } from "../../sound/work/evaluate-model.node.ts";
import { findModel } from "../../sound/work/find-model.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { evaluationLines } from "../text/evaluation-text.ts";
import { engineOf } from "../training.node.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"evaluate">,
): Promise<ExitCode> {
  const { stdout, stderr, workingFolder, clock, signal } = context;
  const { folder } = await corpusFolderOf(context, values.folder);
  const { device, threads } = engineOf(context, values.threads);
  const runtime = await openRuntime({ kind: device, threads });
  const trainedOn = values.trainedOn && (await corpusFolderOf(context, values.trainedOn)).folder;
  const options = {
    folder,
    split: values.split,
    ...(trainedOn && { trainedOn }),
    ...(values.keep && { keep: resolve(workingFolder, values.keep) }),
  };
  const tools = {
    runtime,
    clock,
    signal,
    // Overwrites the progress line on a terminal.
    onProgress: (progress: EvaluationProgress) => {
      if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}${progressText(progress)}`);
    },
  };
  const evaluation = await evaluateModel(
    (await findModel(context, values.model)).path,
    options,
    tools,
  ).finally(() => {
    if (stderr.isTerminal) stderr.write(CLEAR_LINE);
  });
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

const CLEAR_LINE = "\r\u001b[K";

function progressText({ stage, position, count }: EvaluationProgress): string {
  return stage === "fitting" ? "fitting PCA" : `${stage} ${position} of ${count}`;
}

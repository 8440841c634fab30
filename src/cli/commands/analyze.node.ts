/** `etude analyze`: which controls a model offers, as a table or as JSON. */

import { wantsUnicode } from "../../show/console/terminal.ts";
import { formatPercent } from "../../show/numbers.ts";
import type { ModelAnalysis } from "../../sound/model/analysis.ts";
import { analyzeFile, renameInFile } from "../../sound/work/analyze-file.node.ts";
import { requireControls } from "../../sound/work/controls.ts";
import { findModel, openFoundModel } from "../../sound/work/find-model.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { namedLabels } from "../control-values.ts";
import { runtimeOf } from "../open-model.node.ts";
import { peopleText } from "../people-text.ts";
import { progressLine } from "../progress-line.ts";
import { analysisLines } from "../text/analysis-text.ts";

export async function run(
  context: CommandContext,
  values: CommandValues<"analyze">,
): Promise<ExitCode> {
  const { stdout } = context;
  const analysis = await asked(context, values);
  const unicode = wantsUnicode(process.env, process.platform);
  const text = context.json
    ? JSON.stringify(analysis, null, 2)
    : peopleText(analysisLines(analysis, { width: stdout.columns, unicode }).join("\n"), stdout);
  stdout.write(`${text}\n`);
  return 0;
}

async function asked(
  context: CommandContext,
  values: CommandValues<"analyze">,
): Promise<ModelAnalysis> {
  const { signal } = context;
  const labels = namedLabels(values.rename);
  const runtime = await runtimeOf(context, values.threads);
  const found = await findModel(context, values.model);
  if (values.show) {
    const { analysis } = await openFoundModel(found, { runtime, signal });
    return requireControls(analysis, []);
  }
  const progress = progressLine(context);
  const tools = {
    runtime,
    threads: runtime.threads,
    library: context.settings.paths.models,
    signal,
    onProgress: (share: number) => progress.show(`measuring controls: ${formatPercent(share)}`),
  };
  if (labels.length > 0) return renameInFile(found.path, labels, tools);
  return analyzeFile(found.path, { sounds: values.sounds }, tools).finally(progress.clear);
}

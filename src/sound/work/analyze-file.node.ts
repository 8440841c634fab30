/** Analyses the model in a file, or that of a run folder, and keeps the result in it. */

import { stat } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import type { AnalyzeOptions } from "../latent/controls/analyze.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { type Model, writeModel } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { openModel } from "../train/open-model.node.ts";
import { runPaths } from "../train/run-folder.node.ts";
import { analyzeModel, renamed } from "./analyze.ts";
import { requireControls } from "./controls.ts";

export interface AnalyzeFileTools {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/**
 * Measures the controls of a model and writes them into its file; the rest of it stays as it is.
 *
 * @param modelPath Absolute path of a model file, or of the folder of a run.
 * @throws UserError "analyze-unfinished" (exit code 2) for a run without a model file, and those of
 *   reading and writing models; the signal's reason when it aborts, with the file as it was.
 */
export async function analyzeFile(
  modelPath: string,
  options: AnalyzeOptions,
  tools: AnalyzeFileTools,
): Promise<ModelAnalysis> {
  const { path, model } = await openForWriting(modelPath, tools);
  const analysis = await analyzeModel(model, options, {
    ...tools,
    breathe: () => nextTurn(),
  });
  await replaceFile(path, await writeModel({ ...model, analysis }));
  return analysis;
}

/**
 * Gives controls and characters of a model other names, in its file.
 *
 * @throws UserError "controls-unmeasured", "control-unknown" (exit code 2) and those of analyzeFile.
 */
export async function renameInFile(
  modelPath: string,
  names: readonly { readonly name: string; readonly label: string }[],
  tools: AnalyzeFileTools,
): Promise<ModelAnalysis> {
  const { path, model } = await openForWriting(modelPath, tools);
  const known = requireControls(model.analysis, []);
  const analysis = names.reduce(renamed, known);
  await replaceFile(path, await writeModel({ ...model, analysis }));
  return analysis;
}

async function openForWriting(
  modelPath: string,
  tools: AnalyzeFileTools,
): Promise<{ readonly path: string; readonly model: Model }> {
  const model = await openModel(modelPath, tools);
  const isFolder = (await stat(modelPath)).isDirectory();
  const path = isFolder ? runPaths(modelPath).model : modelPath;
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return { path, model };
  throw new UserError({
    code: "analyze-unfinished",
    message: `Cannot analyse "${modelPath}": its run has not finished, so there is no model file to keep the result in`,
    hint: "Finish the run with `etude resume`.",
    exitCode: 2,
  });
}

/** Analyses the model in a file, or that of a run folder, and keeps the result in it. */

import { stat } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import type { AnalyzeOptions } from "../latent/controls/analyze.ts";
import { changeModel, modelIds, modelPaths } from "../library/model-library.node.ts";
import { idOf } from "../library/model-manifest.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { type Model, writeModel } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { openModel } from "../train/open-model.node.ts";
import { runPaths } from "../train/run-folder.node.ts";
import { openAnalysisCrew } from "./analysis-crew.node.ts";
import { analyzeModel, renamed } from "./analyze.ts";
import { requireControls } from "./controls.ts";
import { modelFacts } from "./keep-model.node.ts";

export interface AnalyzeFileTools {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** Where models are kept: one of there that is the same is analysed with it. @default nowhere */
  readonly library?: string;
  /** Threads that measure. @default 1: this one */
  readonly threads?: number;
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
  const { threads = 1, runtime, signal } = tools;
  const { quality = "sketch" } = options;
  const crew =
    threads > 1
      ? openAnalysisCrew({ bytes: await writeModel(model), kind: runtime.kind, quality }, threads)
      : undefined;
  const stopped = stopOf(signal);
  try {
    const measuring = analyzeModel(model, options, {
      ...tools,
      ...(crew && { crew }),
      breathe: () => nextTurn(),
    });
    const analysis = await Promise.race([measuring, stopped.promise]);
    await keep(path, { ...model, analysis }, tools);
    return analysis;
  } finally {
    stopped.release();
    await crew?.close();
  }
}

/** Rejects with the signal's reason when it aborts. */
function stopOf(signal: AbortSignal) {
  let stop = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
  });
  promise.catch(() => {});
  signal.addEventListener("abort", stop);
  return { promise, release: () => signal.removeEventListener("abort", stop) };
}

/** In its file, and in that of the library; what the library says of it follows. */
async function keep(path: string, model: Model, { library }: AnalyzeFileTools): Promise<void> {
  const bytes = await writeModel(model);
  await replaceFile(path, bytes);
  if (library === undefined) return;
  const id = idOf(await modelIdentity(model));
  if (!modelIds(library).includes(id)) return;
  const kept = modelPaths(library, id).model;
  if (kept !== path) await replaceFile(kept, bytes);
  await changeModel(library, id, ({ facts: { controls: _, ...facts } }) => ({
    facts: { ...facts, ...modelFacts(model, bytes.length) },
  }));
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
  await keep(path, { ...model, analysis }, tools);
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

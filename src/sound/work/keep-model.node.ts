/** Takes a trained model into the library: what `model import` does, and every run when it has finished. */

import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../../errors.ts";
import { readEventLog } from "../../events/log.node.ts";
import { afterEvent, beforeRun, type RunState } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { type AddedModel, addModel } from "../library/model-library.node.ts";
import type { ModelFacts, RunFacts } from "../library/model-manifest.ts";
import type { Model } from "../model/model-file.ts";
import { readModel } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { RunRecord } from "../train/job.ts";
import { readRunRecord, runPaths } from "../train/run-folder.node.ts";
import { aboutIn } from "./model-about.ts";

export interface KeepModelOptions {
  /** Folder of the library. */
  readonly library: string;
  /** @default what the file says */
  readonly name?: string;
  readonly tags?: readonly string[];
  /** Milliseconds since 1970-01-01 UTC. */
  readonly nowWallMs: number;
}

/**
 * Adds a model to the library; one that is there already stays as it is.
 *
 * @param path A model file, or the folder of a run that has finished.
 * @throws UserError "model-not-found", "run-unfinished" (exit code 2), those of reading models and
 *   of writing.
 * @example
 * const { manifest } = await keepModel("runs/rain", { library, nowWallMs: Date.now() });
 */
export async function keepModel(path: string, options: KeepModelOptions): Promise<AddedModel> {
  const { modelFile, runFolder } = await modelFileAt(path);
  const bytes = await readFile(modelFile);
  const model = await readModel(bytes, modelFile);
  if (model.latents.lengths.length === 0) throw unfinished(path);
  const record = await readRunRecord(runFolder).catch(() => undefined);
  const sha256 = await modelIdentity(model);
  const about = aboutIn(model.description);
  return addModel(options.library, {
    modelFile,
    ...(record && { recordFile: runPaths(runFolder).record }),
    manifest: {
      sha256,
      name: options.name ?? model.description.name,
      description: about.description,
      tags: options.tags ?? about.tags,
      addedWallMs: options.nowWallMs,
      facts: modelFacts(model, bytes.length),
      ...(record && { run: await runFacts(runFolder, record) }),
    },
  });
}

async function modelFileAt(path: string): Promise<{ modelFile: string; runFolder: string }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw notFound(path, "there is no such file or folder");
  if (!found.isDirectory()) {
    const isOfRun = basename(path) === "model.etude";
    return { modelFile: path, runFolder: isOfRun ? dirname(path) : join(path, "none") };
  }
  const { model, record } = runPaths(path);
  if ((await stat(model).catch(() => undefined)) !== undefined) {
    return { modelFile: model, runFolder: path };
  }
  const isRun = (await stat(record).catch(() => undefined)) !== undefined;
  throw isRun ? unfinished(path) : notFound(path, "it is no run");
}

export function modelFacts(model: Model, bytes: number): ModelFacts {
  const { description, recipe, weights, analysis } = model;
  return {
    bytes,
    architecture: description.recipe.name,
    parameters: weights.length,
    latentSize: recipe.latentSize,
    program: description.program,
    trainedWallMs: description.trainedWallMs,
    step: description.step,
    epoch: description.epoch,
    validationLoss: description.validationReconstruction,
    trainRecordings: description.corpus.train.length,
    validationRecordings: description.corpus.validation.length,
    corpusSeconds: description.corpus.totalSeconds,
    ...(analysis && {
      controls: [...analysis.controls, ...analysis.characters].map(({ label }) => label),
    }),
  };
}

async function runFacts(folder: string, record: RunRecord): Promise<RunFacts> {
  const state = await lastState(runPaths(folder).events);
  const { start, bestEpoch, epochs, ended } = state;
  const last = epochs.at(-1);
  return {
    folder,
    corpusFolder: record.corpusFolder,
    beganWallMs: record.createdWallMs,
    preset: record.settings.preset,
    ...(ended && { elapsedMs: Math.round(ended.elapsedMs) }),
    ...(last && { epochs: last.epoch, verdict: last.verdict }),
    ...(bestEpoch && {
      trainLoss: taskLoss(bestEpoch.trainLosses),
      validationLoss: taskLoss(bestEpoch.validationLosses),
    }),
    ...(start && { startLoss: start.validationTaskLoss }),
  };
}

/** What is readable of a log is enough. */
async function lastState(path: string): Promise<RunState> {
  let state = beforeRun;
  try {
    for await (const event of readEventLog(path, { onDamagedLine: () => {} })) {
      state = afterEvent(state, event);
    }
  } catch {
    // Without a log the model is kept all the same.
  }
  return state;
}

function unfinished(path: string): UserError {
  return new UserError({
    code: "run-unfinished",
    message: `Cannot take "${path}" into the library: its run has not finished`,
    hint: "Continue it with `etude resume`; it comes into the library by itself when it has finished.",
    exitCode: 2,
  });
}

function notFound(path: string, found: string): UserError {
  return new UserError({
    code: "model-not-found",
    message: `Cannot take "${path}" into the library: ${found}`,
    hint: "Give a model file (.etude) or the folder of a run.",
    exitCode: 2,
  });
}

/** The best model of a run so far: its file, and its replacement if the file is lost. */

import { readFile } from "node:fs/promises";
import { messageOf, UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { isErrno, replaceFile } from "../../files.node.ts";
import type { ModelDescription } from "../model/description.ts";
import { type CorpusLatents, type Model, readModel, writeModel } from "../model/model-file.ts";
import type { ParameterLayout } from "../model/parameters.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Progress } from "./progress.ts";
import type { RunPaths } from "./run-folder.node.ts";

/** What a model has besides its trained weights. */
export interface ModelFrame {
  readonly layout: ParameterLayout;
  readonly foundation: Model["foundation"];
  describe(progress: Progress): ModelDescription;
}

const noLatents: CorpusLatents = {
  means: new Float32Array(0),
  lengths: [],
  texture: new Float32Array(0),
  loudness: new Float32Array(0),
  references: [],
};

/** The model that a run has at some step, without the latents of its corpus. */
export function modelAt(
  { layout, foundation, describe }: ModelFrame,
  { average, statistics }: Checkpoint["learner"],
  progress: Progress,
): Omit<Model, "recipe"> {
  return {
    description: describe(progress),
    layout,
    foundation,
    weights: Float32Array.from(average),
    statistics: Float32Array.from(statistics),
    latents: noLatents,
  };
}

/**
 * The best model so far. A finished run keeps it as its model alone, from which it can go on.
 *
 * @returns undefined if none was kept.
 * @throws UserError of `readModel`.
 */
export async function readBest({ best, model }: RunPaths): Promise<Model | undefined> {
  for (const path of [best, model]) {
    try {
      return await readModel(await readFile(path), path);
    } catch (cause) {
      if (!isErrno(cause) || cause.code !== "ENOENT") throw cause;
    }
  }
  return undefined;
}

/**
 * Makes sure that the best model a checkpoint refers to is on disk. If it is lost, the checkpoint's
 * own model replaces it, with a warning.
 *
 * @returns The checkpoint with the best that there is now; unchanged if there never was one.
 */
export async function* withBest(
  checkpoint: Checkpoint,
  paths: RunPaths,
  frame: ModelFrame,
): AsyncGenerator<News, Checkpoint> {
  const { progress, learner } = checkpoint;
  if (progress.best === null) return checkpoint;
  const loss = await lossOf(paths, progress.best.step);
  if (loss === undefined) return checkpoint;
  const { epoch, step, history } = progress;
  const best = { epoch, step, value: history.at(-1) ?? progress.best.value };
  const changed = { ...checkpoint, progress: { ...progress, best } };
  await replaceFile(paths.best, await writeModel(modelAt(frame, learner, changed.progress)));
  yield {
    type: "notice",
    level: "warning",
    code: "best-model-lost",
    text: `the best model so far, of epoch ${progress.best.epoch}, is lost: ${loss}; the model of the newest checkpoint, at step ${step}, replaces it`,
    hint: "Nothing to do: training continues and keeps the next better model as usual.",
  };
  return changed;
}

/** Why the best model, of `step`, cannot be used; undefined if it can. */
async function lossOf(paths: RunPaths, step: number): Promise<string | undefined> {
  try {
    const found = await readBest(paths);
    if (found === undefined) return "its file is missing";
    // A later one is fine: it was written before a checkpoint that a crash prevented.
    return found.description.step < step ? "an earlier one is in its place" : undefined;
  } catch (cause) {
    if (cause instanceof UserError && cause.code === "model-newer-than-program") throw cause;
    return messageOf(cause);
  }
}

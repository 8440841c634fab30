/** Opens a model: a model file, or the best model of a run folder. */

import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno } from "../../files.node.ts";
import { sniff } from "../audio/codecs/sniff.ts";
import { type Model, readModel } from "../model/model-file.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { folderCorpus } from "./corpus-frames.node.ts";
import { folderStore } from "./folder-store.node.ts";
import { runPaths } from "./run-folder.node.ts";
import { learnedFrames, unfinishedModel } from "./unfinished-model.ts";

/**
 * Reads a model. A run that has not finished gives its best model so far; the latents of the corpus
 * are then encoded from the recordings.
 *
 * @throws UserError "model-not-found" (exit code 2) and those of reading models and corpora.
 */
export async function openModel(path: string, tools: OpenModelTools): Promise<Model> {
  const found = await stat(path).catch((cause: unknown) => {
    const missing = isErrno(cause) && cause.code === "ENOENT";
    throw notFound(path, missing ? "there is no such file or folder" : messageOf(cause), cause);
  });
  if (!found.isDirectory()) return readModelFile(path, found);
  const { model } = runPaths(path);
  const isFinished = (await newestModelIn(path)) === model;
  const finished = isFinished ? await readFile(model).catch(() => undefined) : undefined;
  return finished === undefined
    ? unfinishedModel(folderStore(path), {
        runtime: tools.runtime,
        learned: () => (tools.learnedFrames ?? learnedHere)(path, tools.signal),
      })
    : readModel(finished, path);
}

/**
 * The file of a run that its model is read from: that of the end, unless the run has gone on since
 * and has a better one. Undefined where there is neither.
 */
export async function newestModelIn(folder: string): Promise<string | undefined> {
  const { model, best } = runPaths(folder);
  const [ofModel, ofBest] = await Promise.all(
    [model, best].map((file) =>
      stat(file)
        .then(({ mtimeMs }) => mtimeMs)
        .catch(() => undefined),
    ),
  );
  if (ofBest !== undefined && ofBest > (ofModel ?? 0)) return best;
  return ofModel === undefined ? undefined : model;
}

export interface OpenModelTools {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  /** What a run learns from, by its folder. @default read from its recordings each time */
  learnedFrames?(folder: string, signal: AbortSignal): Promise<readonly PackedFrames[]>;
}

/** For who opens a run again and again while it learns: its recordings are read once. */
export function rememberedFrames(): NonNullable<OpenModelTools["learnedFrames"]> {
  let newest: { readonly folder: string; readonly frames: Promise<readonly PackedFrames[]> };
  return (folder, signal) => {
    if (newest?.folder !== folder) {
      const frames = learnedHere(folder, signal);
      newest = { folder, frames };
      frames.catch(() => {
        newest = { folder: "", frames: Promise.resolve([]) };
      });
    }
    return newest.frames;
  };
}

/** More than any model has, and about the limit of a single read. */
const MODEL_BYTES_MAX = 2 ** 31;

async function readModelFile(path: string, found: Stats): Promise<Model> {
  if (!found.isFile()) throw notFound(path, "it is neither a file nor a folder");
  if (found.size >= MODEL_BYTES_MAX) throw notFound(path, "it is larger than any model");
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw notFound(path, messageOf(cause), cause);
  });
  try {
    return await readModel(bytes, path);
  } catch (failure) {
    throw isRecording(bytes) ? recordingGiven(path, failure) : failure;
  }
}

function isRecording(bytes: Uint8Array): boolean {
  return sniff(bytes).kind !== "unknown";
}

function recordingGiven(path: string, cause: unknown): UserError {
  return new UserError({
    code: "model-not-a-model",
    message: `Cannot use "${path}" as a model: it is a recording`,
    hint: "First train on your recordings with `etude train FOLDER`, then give the folder of that run.",
    exitCode: 2,
    cause,
  });
}

function learnedHere(folder: string, signal: AbortSignal): Promise<PackedFrames[]> {
  return learnedFrames(folderStore(folder), folderCorpus, signal);
}

function notFound(path: string, found: string, cause?: unknown): UserError {
  return new UserError({
    code: "model-not-found",
    message: `Cannot open the model "${path}": ${found}`,
    hint: "Give a model file (.etude) or the folder of a run.",
    exitCode: 2,
    cause,
  });
}

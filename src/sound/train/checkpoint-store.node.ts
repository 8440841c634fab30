/**
 * Checkpoints on disk: the three newest of a running run.
 *
 * A new one is complete and synced before an old one is deleted. A damaged one is reported, and the
 * one before it is used.
 */

import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { replaceFile } from "../../files.node.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";

const KEPT = 3;
const NAME = /^step-(\d{8})\.safetensors$/;

export interface SavedCheckpoint {
  readonly name: string;
  readonly bytes: number;
}

/** Writes a checkpoint, then deletes all but the newest. */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
): Promise<SavedCheckpoint> {
  const name = `step-${String(checkpoint.progress.step).padStart(8, "0")}.safetensors`;
  const bytes = await writeCheckpoint(checkpoint);
  await replaceFile(join(folder, name), bytes);
  for (const old of (await checkpointNames(folder)).slice(KEPT)) {
    await rm(join(folder, old), { force: true });
  }
  return { name, bytes: bytes.length };
}

export interface LoadedCheckpoint {
  /** Of its file. */
  readonly name: string;
  readonly checkpoint: Checkpoint;
  /** Warnings about newer ones that could not be used. */
  readonly notices: readonly News[];
}

/**
 * The newest checkpoint that is whole.
 *
 * @throws UserError "checkpoint-missing" if there is none, with what was wrong with the others.
 */
export async function loadNewestCheckpoint(folder: string): Promise<LoadedCheckpoint> {
  const notices: News[] = [];
  for (const name of await checkpointNames(folder)) {
    try {
      const checkpoint = await readCheckpoint(await readFile(join(folder, name)), name);
      return { name, checkpoint, notices };
    } catch (cause) {
      if (cause instanceof UserError && cause.code === "model-newer-than-program") throw cause;
      notices.push({
        type: "notice",
        level: "warning",
        code: "checkpoint-damaged",
        text: `${messageOf(cause)}; the one before it is used`,
        hint: "Nothing to do: the steps since then are repeated.",
      });
    }
  }
  throw new UserError({
    code: "checkpoint-missing",
    message: `Cannot resume: found ${notices.length} checkpoints in "${folder}", none of them whole`,
    hint: "Start a new run with `etude train`.",
  });
}

export async function hasCheckpoints(folder: string): Promise<boolean> {
  return (await checkpointNames(folder)).length > 0;
}

/** Newest first, damaged ones too. */
export async function checkpointNames(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => NAME.test(name))
    .toSorted()
    .reverse();
}

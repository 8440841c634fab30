/**
 * The checkpoints that a run keeps: the three newest while it is running.
 *
 * A new one is complete before an old one is deleted. A damaged one is reported, and the one before
 * it is used.
 */

import { messageOf, UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { RunStore } from "./run-store.ts";

const KEPT = 3;
const NAME = /^checkpoints\/step-\d{8}\.safetensors$/;

export interface SavedCheckpoint {
  /** In the store. */
  readonly name: string;
  readonly bytes: number;
}

/** Writes a checkpoint, then removes all but the newest. */
export async function saveCheckpoint(
  store: RunStore,
  checkpoint: Checkpoint,
): Promise<SavedCheckpoint> {
  const name = `checkpoints/step-${String(checkpoint.progress.step).padStart(8, "0")}.safetensors`;
  const bytes = await writeCheckpoint(checkpoint);
  await store.write(name, bytes);
  for (const old of (await checkpointNames(store)).slice(KEPT)) await store.remove(old);
  return { name, bytes: bytes.length };
}

export interface LoadedCheckpoint {
  /** In the store. */
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
export async function loadNewestCheckpoint(store: RunStore): Promise<LoadedCheckpoint> {
  const notices: News[] = [];
  for (const name of await checkpointNames(store)) {
    try {
      const bytes = await store.read(name);
      if (bytes === undefined) continue;
      return { name, checkpoint: await readCheckpoint(bytes, store.pathOf(name)), notices };
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
    message: `Cannot resume: found ${notices.length} checkpoints in "${store.pathOf("checkpoints")}", none of them whole`,
    hint: "Start a new run with `etude train`.",
  });
}

export async function hasCheckpoints(store: RunStore): Promise<boolean> {
  return (await checkpointNames(store)).length > 0;
}

/** Newest first, damaged ones too. */
export async function checkpointNames(store: RunStore): Promise<string[]> {
  const names = await store.namesIn("checkpoints");
  return names
    .filter((name) => NAME.test(name))
    .toSorted()
    .reverse();
}

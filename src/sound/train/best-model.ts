/**
 * The best model of a run so far: in memory at first, in the store with the next checkpoint, and
 * replaced if its file is lost.
 */

import { messageOf, UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import type { ModelDescription } from "../model/description.ts";
import type { Learner } from "../model/learner.ts";
import { type CorpusLatents, type Model, readModel, writeModel } from "../model/model-file.ts";
import type { ParameterLayout } from "../model/parameters.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Progress } from "./progress.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";

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
export async function readBest(store: RunStore): Promise<Model | undefined> {
  for (const name of [RUN_FILES.best, RUN_FILES.model]) {
    const bytes = await store.read(name);
    if (bytes !== undefined) return readModel(bytes, store.pathOf(name));
  }
  return undefined;
}

export interface BestModelKeeper {
  /** Remembers the learner's average weights as the best. */
  keep(progress: Progress): Promise<void>;
  /** Writes the best weights if they are new since the last call. */
  write(): Promise<void>;
}

export function bestModelKeeper(
  learner: Pick<Learner, "state">,
  frame: ModelFrame,
  store: RunStore,
): BestModelKeeper {
  let pending: Omit<Model, "recipe"> | undefined;
  return {
    keep: async (progress) => {
      pending = modelAt(frame, await learner.state(), progress);
    },
    write: async () => {
      if (pending === undefined) return;
      await store.write(RUN_FILES.best, await writeModel(pending));
      pending = undefined;
    },
  };
}

/**
 * Makes sure that the best model a checkpoint refers to is in the store. If it is lost, the
 * checkpoint's own model replaces it, with a warning.
 *
 * @returns The checkpoint with the best that there is now; unchanged if there never was one.
 */
export async function* withBest(
  checkpoint: Checkpoint,
  store: RunStore,
  frame: ModelFrame,
): AsyncGenerator<News, Checkpoint> {
  const { progress, learner } = checkpoint;
  if (progress.best === null) return checkpoint;
  const loss = await lossOf(store, progress.best.step);
  if (loss === undefined) return checkpoint;
  const { epoch, step, history } = progress;
  const best = { epoch, step, value: history.at(-1) ?? progress.best.value };
  const changed = { ...checkpoint, progress: { ...progress, best } };
  const model = modelAt(frame, learner, changed.progress);
  await store.write(RUN_FILES.best, await writeModel(model));
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
async function lossOf(store: RunStore, step: number): Promise<string | undefined> {
  try {
    const found = await readBest(store);
    if (found === undefined) return "its file is missing";
    // A later one is fine: it was written before a checkpoint that a crash prevented.
    return found.description.step < step ? "an earlier one is in its place" : undefined;
  } catch (cause) {
    if (cause instanceof UserError && cause.code === "model-newer-than-program") throw cause;
    return messageOf(cause);
  }
}

/**
 * Training that goes on from a model: its closed-form part, its weights and its sizes are kept, and
 * what becomes of the recordings it knows is measured beside the rest.
 */

import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { type Model, readModel, writeModel } from "../model/model-file.ts";
import type { LearnerState } from "../model/trained-state.ts";
import { readBest } from "./best-model.ts";
import type { FileFrames } from "./corpus-source.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import type { Progress } from "./progress.ts";
import { recipeDescription } from "./recipe-choice.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";
import type { SettingOverrides } from "./settings.ts";
import { chunkSecondsOf, completeSettings } from "./settings.ts";

/**
 * The model that a new run starts from; undefined where it starts from nothing.
 *
 * @throws UserError of reading models, and "model-outdated" for one of sizes that this étude no
 *   longer trains.
 */
export async function originOf({ from }: TrainJob): Promise<Model | undefined> {
  if (from === undefined) return undefined;
  const origin = await readModel(from.bytes, from.name);
  const same = recipeDescription(completeSettings(1, sizesOf(origin)));
  if (JSON.stringify(same) === JSON.stringify(origin.description.recipe)) return origin;
  throw new UserError({
    code: "model-outdated",
    message: `Cannot go on from "${from.name}": found a model of other sizes than this étude trains`,
    hint: "Train anew on the old recordings and the new ones together.",
    exitCode: 2,
  });
}

/** A model as a job takes it. */
export async function startingFrom(model: Model): Promise<NonNullable<TrainJob["from"]>> {
  return { name: model.description.name, bytes: await writeModel(model) };
}

/** What the model decides for every run that goes on from it. */
export function sizesOf({ description, recipe }: Model): SettingOverrides {
  return {
    model: description.recipe.name,
    latentSize: recipe.latentSize,
    pitch: recipe.conditions.length > 0,
    chunkSeconds: chunkSecondsOf(recipe.exampleFrames),
  };
}

/** On which side of the split the model had a recording, by content alone. */
export function knownSides({
  description: { corpus },
}: Model): (file: Pick<FileFrames, "sha256" | "soundHash">) => "train" | "validation" | undefined {
  const hashes = (side: "train" | "validation"): Set<string> =>
    new Set(corpus[side].flatMap(({ contentHash, soundHash }) => [contentHash, soundHash ?? ""]));
  const train = hashes("train");
  const validation = hashes("validation");
  return ({ sha256, soundHash }) => {
    // What it has learned from is no fair test any more, wherever else it stands.
    if (train.has(sha256) || train.has(soundHash)) return "train";
    return validation.has(sha256) || validation.has(soundHash) ? "validation" : undefined;
  };
}

/** The weights of a model, as they are before a first step. */
export function stateFrom({ weights, statistics }: Model): LearnerState {
  return {
    weights: Float32Array.from(weights),
    moment: new Float32Array(weights.length),
    variance: new Float32Array(weights.length),
    statistics: Float32Array.from(statistics),
    average: Float32Array.from(weights),
  };
}

/**
 * The model that a run started from, or a later one of it: all share the closed-form part.
 *
 * @throws UserError "origin-missing" where the run has kept none of them.
 */
export async function keptOrigin({ from }: RunRecord, store: RunStore): Promise<Model> {
  const bytes = await store.read(RUN_FILES.origin);
  const found =
    bytes === undefined
      ? await readBest(store)
      : await readModel(bytes, store.pathOf(RUN_FILES.origin));
  if (found !== undefined) return found;
  throw new UserError({
    code: "origin-missing",
    message: `Cannot resume: the model "${from?.name}" that the run started from is gone from its folder`,
    hint: `Put it back as ${store.pathOf(RUN_FILES.origin)}, or start a new run with --from.`,
  });
}

/** What the model knows of the recordings. */
export function* originNews({ from, files }: RunRecord): Generator<News> {
  if (from === undefined) return;
  const known = files.filter((file) => file.known === true).length;
  const fresh = files.length - known;
  const about = `going on from "${from.name}"`;
  if (known > 0) {
    const text = `${about}: it knows ${known} of these recordings, ${fresh} are new to it`;
    yield { type: "notice", level: "info", code: "going-on", text };
    return;
  }
  yield {
    type: "notice",
    level: "warning",
    code: "going-on",
    text: `${about}: it knows none of these recordings, so it may forget those that it knows, and nothing can tell how much`,
    hint: "Put the recordings that it was trained on beside the new ones.",
  };
}

/** What became of the recordings that the model knew. */
export function* forgottenNews({ known }: Progress): Generator<News> {
  if (known === undefined) return;
  const { start, best } = known;
  if (!(start > 0) || !Number.isFinite(best)) return;
  const percent = Math.round(100 * (best / start - 1));
  const fate =
    percent > 0 ? `${percent} % of them forgotten` : `${-percent} % better, nothing forgotten`;
  const text = `the recordings that the model knew: loss ${start.toPrecision(3)} before, ${best.toPrecision(3)} now (${fate})`;
  yield { type: "notice", level: percent > 5 ? "warning" : "info", code: "forgotten", text };
}

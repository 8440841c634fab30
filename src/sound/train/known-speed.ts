/** Duration of a training step, as measured earlier on this machine. */

import type { Notice } from "../../events/events.ts";
import type { RecipeDescription } from "../model/kinds.ts";
import type { KnownSpeed } from "./measured-speed.ts";
import { recipeDescription } from "./recipe-choice.ts";
import type { TrainSettings } from "./settings.ts";

/** Tells the models apart whose steps take different times. */
export function recipeKey(description: RecipeDescription): string {
  return JSON.stringify(description);
}

/**
 * What a step of these settings will take, in milliseconds: a step takes as long as its examples,
 * so another batch size is converted.
 *
 * @returns undefined if nothing was measured with this runtime and model.
 */
export function expectedStepMs(
  speeds: readonly KnownSpeed[],
  runtime: string,
  settings: TrainSettings,
): number | undefined {
  const recipe = recipeKey(recipeDescription(settings));
  const ofRuntime = speeds.filter((speed) => speed.runtime === runtime);
  return knownStepMs(ofRuntime, { recipe, batchSize: settings.batchSize });
}

/** The same of speeds of one runtime. */
export function knownStepMs(
  speeds: readonly KnownSpeed[],
  { recipe, batchSize }: Pick<KnownSpeed, "recipe" | "batchSize">,
): number | undefined {
  const distance = (speed: KnownSpeed): number => Math.abs(Math.log(speed.batchSize / batchSize));
  const [nearest] = speeds
    .filter((speed) => speed.recipe === recipe)
    .toSorted((a, b) => distance(a) - distance(b));
  return nearest && (nearest.stepMs * batchSize) / nearest.batchSize;
}

/** With fewer steps a model has hardly left its closed-form beginning; assumed. */
const STEPS_WANTED = 100;

/** Gradients of a single example are mostly noise; assumed. */
const BATCH_LEAST = 2;

/** The same settings with the batch halved until enough steps fit into `minutes`, and a notice. */
export function withinTime(
  settings: TrainSettings,
  stepMs: number | undefined,
): { readonly settings: TrainSettings; readonly notices: readonly Notice[] } {
  const { minutes, batchSize } = settings;
  if (minutes === null || stepMs === undefined) return { settings, notices: [] };
  const msPerExample = stepMs / batchSize;
  const stepsIn = (size: number): number => (minutes * 60_000) / (size * msPerExample);
  let size = batchSize;
  while (size > BATCH_LEAST && stepsIn(size) < STEPS_WANTED) size = Math.floor(size / 2);
  if (size === batchSize) return { settings, notices: [] };
  const text = `as measured on this machine, a step of ${batchSize} examples takes ${(stepMs / 1000).toFixed(2)} s, so the batch is ${size}: more and smaller steps in the time given`;
  const notice: Notice = { type: "notice", level: "info", code: "batch-for-time", text };
  return { settings: { ...settings, batchSize: size }, notices: [notice] };
}

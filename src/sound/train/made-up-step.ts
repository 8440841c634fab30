/**
 * Real training steps of a model, on made-up frames: a step takes as long, and rounds as much,
 * whatever it learns from, so no recordings are needed to know how a machine does.
 */

import { type Random, seededRandom, uniform } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT } from "../model/conditions.ts";
import type { Foundation } from "../model/kind.ts";
import { partShapesOf, type RecipeDescription, recipeOf } from "../model/kinds.ts";
import { type Learner, openLearner, type StepResult } from "../model/learner.ts";
import type { Recipe } from "../model/recipe.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { elementCount } from "../tensor/shapes.ts";
import { completeSettings } from "./settings.ts";

export interface MadeUpLearner {
  readonly recipe: Recipe;
  /** @param step Counted from 1. */
  step(step: number): Promise<StepResult>;
  readonly learner: Learner;
}

/** The same numbers on every runtime. */
export async function madeUpLearner(
  runtime: Runtime,
  model: RecipeDescription,
  batch: number,
): Promise<MadeUpLearner> {
  const random = seededRandom(1);
  const recipe = recipeOf(model, madeUpFoundation(model, random));
  const settings = completeSettings(1, { model: model.name });
  const { learningRate, weightDecay, klWeight, clipNorm, freeBits } = settings;
  const learner = await openLearner(runtime, recipe, { batch, freeBits, random });
  const rows = batch * recipe.exampleFrames;
  const example = {
    frames: randomValues(rows * BIN_COUNT, random).map((share) => share * LEVEL_MIN_DB),
    conditions: aTone(rows),
    noise: randomValues(batch * recipe.exampleLatents * recipe.latentSize, random),
    dropped: new Float32Array(batch * recipe.dropoutWidth).fill(1),
  };
  return {
    recipe,
    learner,
    step: (step) => learner.step(example, { step, learningRate, weightDecay, klWeight, clipNorm }),
  };
}

/** The right shapes and plausible numbers: nothing that a runtime could fold away. */
function madeUpFoundation(model: RecipeDescription, random: Random): Foundation {
  return Object.fromEntries(
    Object.entries(partShapesOf(model)).map(([name, shape]) => [
      name,
      { shape, values: randomValues(elementCount(shape), random).map((value) => 0.1 * value) },
    ]),
  );
}

/** Log2 of hertz, and fully voiced, for each row. */
function aTone(rows: number): Float32Array {
  return new Float32Array(rows * CONDITION_COUNT).map((_, at) => (at % CONDITION_COUNT ? 1 : 7.8));
}

function randomValues(count: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => uniform(random, 0, 1));
}

/**
 * How fast this machine trains: a few real steps of the default model, on made-up frames.
 *
 * A step takes as long whatever it learns from, so no recordings are needed; a matrix product would
 * say little, for a step is bound by memory as much as by arithmetic.
 */

import type { Clock } from "../../host.ts";
import { type Random, seededRandom, uniform } from "../../random.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { unpitched } from "../model/conditions.ts";
import type { Foundation } from "../model/kind.ts";
import {
  describeRecipe,
  kinds,
  partShapesOf,
  type RecipeDescription,
  recipeOf,
} from "../model/kinds.ts";
import { openLearner } from "../model/learner.ts";
import { defaultModel } from "../model/model-names.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { elementCount } from "../tensor/shapes.ts";
import { recipeKey } from "../train/known-speed.ts";
import { completeSettings } from "../train/settings.ts";

export interface StepSpeed {
  readonly batchSize: number;
  /** Median of the measured steps, in milliseconds, without making the examples. */
  readonly stepMs: number;
  /** Seconds of sound learned from per second. */
  readonly audioSecondsPerSecond: number;
  /** What took it, see `recipeKey`. */
  readonly recipe: string;
}

export interface StepSpeedOptions {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs">;
  /** @default the default model in its usual sizes */
  readonly model?: RecipeDescription;
  /** Examples of a step. @default as in a training of a few dozen files */
  readonly batchSize?: number;
}

/** The first step allocates. */
const STEPS_BEFORE = 1;
const STEPS_MEASURED = 5;
/** Enough is known by then: a slow runtime need not be waited for. */
const MEASURED_MS_MAX = 2000;
const FILES_ASSUMED = 30;

/** Takes two to three seconds. */
export async function measureStepSpeed(options: StepSpeedOptions): Promise<StepSpeed> {
  const {
    runtime,
    clock,
    model = describeRecipe(defaultModel, kinds[defaultModel].usual),
  } = options;
  const settings = completeSettings(FILES_ASSUMED, { model: model.name });
  const { batchSize: batch = settings.batchSize } = options;
  const random = seededRandom(1);
  const recipe = recipeOf(model, madeUpFoundation(model, random));
  const learner = await openLearner(runtime, recipe, {
    batch,
    freeBits: settings.freeBits,
    random,
  });
  const example = {
    frames: drawn(batch * recipe.exampleFrames * BIN_COUNT, random).map((v) => v * LEVEL_MIN_DB),
    conditions: unpitched(batch * recipe.exampleFrames),
    noise: drawn(batch * recipe.exampleLatents * recipe.latentSize, random),
    dropped: new Float32Array(batch * recipe.dropoutWidth).fill(1),
  };
  const { learningRate, weightDecay, klWeight, clipNorm } = settings;
  const tookMs: number[] = [];
  let totalMs = 0;
  for (let step = 1; tookMs.length < STEPS_MEASURED && totalMs < MEASURED_MS_MAX; step += 1) {
    const startedMs = clock.nowMs();
    await learner.step(example, { step, learningRate, weightDecay, klWeight, clipNorm });
    if (step <= STEPS_BEFORE) continue;
    const stepTookMs = clock.nowMs() - startedMs;
    tookMs.push(stepTookMs);
    totalMs += stepTookMs;
  }
  await learner.release();
  const stepMs = tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0;
  const seconds = (batch * recipe.exampleFrames * defaultStft.hopLength) / MODEL_RATE_HZ;
  return {
    batchSize: batch,
    stepMs,
    audioSecondsPerSecond: seconds / (stepMs / 1000),
    recipe: recipeKey(model),
  };
}

/** The right shapes and plausible numbers: nothing that a runtime could fold away. */
function madeUpFoundation(model: RecipeDescription, random: Random): Foundation {
  return Object.fromEntries(
    Object.entries(partShapesOf(model)).map(([name, shape]) => [
      name,
      { shape, values: drawn(elementCount(shape), random).map((v) => 0.1 * v) },
    ]),
  );
}

function drawn(count: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => uniform(random, 0, 1));
}

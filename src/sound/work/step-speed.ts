/**
 * How fast this machine trains: a few real steps of the default model, on made-up frames.
 *
 * A step takes as long whatever it learns from, so no recordings are needed; a matrix product would
 * say little, for a step is bound by memory as much as by arithmetic.
 */

import type { Clock } from "../../host.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { describeRecipe, kinds, type RecipeDescription } from "../model/kinds.ts";
import { defaultModel } from "../model/model-names.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { recipeKey } from "../train/known-speed.ts";
import { madeUpLearner } from "../train/made-up-step.ts";
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
/** Ends the measurement: a slow runtime need not be measured longer. */
const MEASURED_MS_MAX = 1000;
/** Where no corpus is there to say which batch a training takes. */
export const FILES_ASSUMED = 30;

/** Takes two to three seconds. */
export async function measureStepSpeed(options: StepSpeedOptions): Promise<StepSpeed> {
  const {
    runtime,
    clock,
    model = describeRecipe(defaultModel, kinds[defaultModel].usual),
  } = options;
  const settings = completeSettings(FILES_ASSUMED, { model: model.name });
  const { batchSize: batch = settings.batchSize } = options;
  const { recipe, step: takeStep, learner } = await madeUpLearner(runtime, model, batch);
  const tookMs: number[] = [];
  let totalMs = 0;
  for (let step = 1; tookMs.length < STEPS_MEASURED && totalMs < MEASURED_MS_MAX; step += 1) {
    const startedMs = clock.nowMs();
    await takeStep(step);
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

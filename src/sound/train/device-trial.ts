/**
 * Is a GPU right, and is it faster? The model's own step, on it and on the processor, on the same
 * numbers.
 */

import type { Clock } from "../../host.ts";
import type { RecipeDescription } from "../model/kinds.ts";
import type { StepResult } from "../model/learner.ts";
import { copyOfState, type LearnerState } from "../model/trained-state.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { madeUpLearner } from "./made-up-step.ts";

/** Plain JSON. */
export interface DeviceTrial {
  readonly device: string;
  /** Milliseconds of a step, the median of a few. */
  readonly stepMs: number;
  readonly processor: { readonly device: string; readonly stepMs: number };
  readonly batchSize: number;
  /** How far the first step is from the processor's, relative. */
  readonly error: StepError;
  /** The first step, taken twice, gives the same bits. */
  readonly repeats: boolean;
}

export interface StepError {
  readonly loss: number;
  /** Of all gradients together: |difference| / |gradient|, Euclidean. */
  readonly gradient: number;
  /** Of how the weights have moved, likewise. */
  readonly weights: number;
}

/** @throws What the GPU throws. */
export async function tryDevice(
  { gpu, processor }: { readonly gpu: Runtime; readonly processor: Runtime },
  { model, batchSize }: { readonly model: RecipeDescription; readonly batchSize: number },
  clock: Pick<Clock, "nowMs">,
): Promise<DeviceTrial> {
  const right = await firstSteps(processor, { model, batchSize, clock });
  const again = await firstSteps(gpu, { model, batchSize, clock, stepsMost: 0 });
  const tried = await firstSteps(gpu, { model, batchSize, clock });
  return {
    device: gpu.description,
    stepMs: tried.stepMs,
    processor: { device: processor.description, stepMs: right.stepMs },
    batchSize,
    error: stepError(tried, right),
    repeats: sameBits(tried, again),
  };
}

/** What may come of rounding in another order, with room; measured: 1e-6, 5e-6, 1e-3. */
const RIGHT: StepError = { loss: 1e-3, gradient: 1e-2, weights: 0.1 };

export function isRight({ error }: Pick<DeviceTrial, "error">): boolean {
  return (
    error.loss <= RIGHT.loss && error.gradient <= RIGHT.gradient && error.weights <= RIGHT.weights
  );
}

interface FirstStep {
  readonly result: StepResult;
  readonly before: LearnerState;
  readonly after: LearnerState;
}

function stepError(tried: FirstStep, right: FirstStep): StepError {
  const loss = Math.abs(tried.result.total - right.result.total) / Math.abs(right.result.total);
  // After one step the first moment is the gradient; AdamW moves each weight by its sign alone,
  // so where a gradient is nearly nothing rounding decides the way.
  const moved = ({ before, after }: FirstStep): Float32Array =>
    after.weights.map((weight, at) => weight - (before.weights[at] ?? 0));
  return {
    loss,
    gradient: distance(tried.after.moment, right.after.moment),
    weights: distance(moved(tried), moved(right)),
  };
}

/** Ends the trial: a slow device need not be measured longer. */
const MEASURED_MS_MAX = 1500;
const STEPS_MOST = 12;

/** With the time to compile what the GPU runs; a software one may take minutes. */
const FIRST_MS_MAX = 20_000;

interface Trying {
  readonly model: RecipeDescription;
  readonly batchSize: number;
  readonly clock: Pick<Clock, "nowMs">;
  /** Timed, beside the first, which compiles. */
  readonly stepsMost?: number;
}

async function firstSteps(
  runtime: Runtime,
  { model, batchSize, clock, stepsMost = STEPS_MOST }: Trying,
): Promise<FirstStep & { readonly stepMs: number }> {
  const { learner, step } = await madeUpLearner(runtime, model, batchSize);
  const before = copyOfState(await learner.state());
  const begunMs = clock.nowMs();
  const result = await step(1);
  const firstMs = clock.nowMs() - begunMs;
  if (runtime.device !== undefined && firstMs > FIRST_MS_MAX) {
    await learner.release();
    throw new Error(`its first step took ${Math.round(firstMs / 1000)} s`);
  }
  const after = copyOfState(await learner.state());
  const tookMs: number[] = [];
  let totalMs = 0;
  while (tookMs.length < stepsMost && totalMs < MEASURED_MS_MAX) {
    const startedMs = clock.nowMs();
    await step(tookMs.length + 2);
    const stepTookMs = clock.nowMs() - startedMs;
    tookMs.push(stepTookMs);
    totalMs += stepTookMs;
  }
  await learner.release();
  const stepMs = tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length / 2)] ?? 0;
  return { result, before, after, stepMs };
}

/** |a - b| / |b|. NaN counts as far away. */
function distance(a: Float32Array, b: Float32Array): number {
  let difference = 0;
  let size = 0;
  for (const [i, right] of b.entries()) {
    difference += ((a[i] ?? Number.NaN) - right) ** 2;
    size += right ** 2;
  }
  const relative = Math.sqrt(difference / Math.max(size, 1e-60));
  return Number.isNaN(relative) ? Number.POSITIVE_INFINITY : relative;
}

function sameBits(a: FirstStep, b: FirstStep): boolean {
  const parts = ["weights", "moment", "variance", "statistics", "average"] as const;
  return (
    a.result.total === b.result.total &&
    parts.every((part) => a.after[part].every((value, at) => Object.is(value, b.after[part][at])))
  );
}

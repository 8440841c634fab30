/** How far a planner is from what people measured. */

import { planRun } from "../../src/rehearsal/plan/plan.ts";
import type { PublishedRun } from "./read-runs.ts";

export interface Accuracy {
  readonly runs: number;
  /** Mean of |predicted / measured - 1| of the step time. */
  readonly meanError: number;
  readonly medianError: number;
  readonly worstError: number;
  /** Mean of predicted / measured - 1: below zero where the planner hopes for too much. */
  readonly bias: number;
  /** The mean error of the guess of 40 % utilisation. */
  readonly baselineError: number;
  /** Runs on which the planner is nearer than the guess. */
  readonly betterRuns: number;
}

/** Signed relative errors of the step time: the planner's and the baseline's. */
export function errorsOf({ request, stepSeconds }: PublishedRun): {
  readonly planner: number;
  readonly baseline: number;
} {
  const plan = planRun(request);
  return {
    planner: plan.stepSeconds / stepSeconds - 1,
    baseline: plan.baseline.stepSeconds / stepSeconds - 1,
  };
}

export function accuracyOn(runs: readonly PublishedRun[]): Accuracy {
  const errors = runs.map(errorsOf);
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / runs.length;
  const sizes = errors.map(({ planner }) => Math.abs(planner)).sort((a, b) => a - b);
  return {
    runs: runs.length,
    meanError: mean(sizes),
    medianError: sizes[Math.floor(sizes.length / 2)] ?? Number.NaN,
    worstError: sizes.at(-1) ?? Number.NaN,
    bias: mean(errors.map(({ planner }) => planner)),
    baselineError: mean(errors.map(({ baseline }) => Math.abs(baseline))),
    betterRuns: errors.filter(({ planner, baseline }) => Math.abs(planner) < Math.abs(baseline))
      .length,
  };
}

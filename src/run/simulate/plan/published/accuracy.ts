/** How far a planner is from what people measured. */

import { planRun } from "../plan.ts";
import type { PublishedRun } from "./published-run.ts";

export interface Accuracy {
  readonly runs: number;
  /** Mean of |predicted / measured - 1| of the step time. */
  readonly meanError: number;
  /** The same for the guess of 40 % utilisation. */
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
  const mean = (part: "planner" | "baseline") =>
    errors.reduce((sum, error) => sum + Math.abs(error[part]), 0) / runs.length;
  return {
    runs: runs.length,
    meanError: mean("planner"),
    baselineError: mean("baseline"),
    betterRuns: errors.filter(({ planner, baseline }) => Math.abs(planner) < Math.abs(baseline))
      .length,
  };
}

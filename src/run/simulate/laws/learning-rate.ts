/** The learning rate along a run. */

import { cosineOfTurns } from "../engine/portable-math.ts";

export interface Schedule {
  readonly kind: "cosine" | "wsd";
  readonly peak: number;
  readonly warmupSteps: number;
  readonly stepsTotal: number;
}

/** Where a cosine ends, as a share of the peak. */
const COSINE_FLOOR = 0.1;

/** Share of the steps in which a warm-up-stable-decay schedule comes down to 0. */
const DECAY_SHARE = 0.2;

/** Steps until the rate is full: about 0.9 % of the run, as published runs have it. */
export function warmupStepsOf(stepsTotal: number): number {
  return Math.max(1, Math.min(8000, Math.round(stepsTotal * 0.0086)));
}

/** Where the schedule ends. */
export function finalLearningRate({ kind, peak }: Schedule): number {
  return kind === "cosine" ? Number((peak * COSINE_FLOOR).toPrecision(6)) : 0;
}

/** The rate of the step, as a share of the peak. @param step Counted from 1. */
export function shareOfPeak(schedule: Schedule, step: number): number {
  const { kind, warmupSteps, stepsTotal } = schedule;
  if (step <= warmupSteps) return step / warmupSteps;
  if (kind === "cosine") {
    const done = (step - warmupSteps) / Math.max(1, stepsTotal - warmupSteps);
    return COSINE_FLOOR + (1 - COSINE_FLOOR) * 0.5 * (1 + cosineOfTurns(done / 2));
  }
  const decaySteps = Math.max(1, Math.round(stepsTotal * DECAY_SHARE));
  return Math.min(1, Math.max(0, (stepsTotal - step) / decaySteps));
}

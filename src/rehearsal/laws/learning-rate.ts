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

/** Share of the steps in which a warm-up-stable-decay schedule comes down to 0. Assumed. */
const DECAY_SHARE = 0.2;

/**
 * Steps until the rate is full: about 0.9 % of the run and 8,000 at most, as published runs have
 * it, but no fewer than 200 (5 % of a run that is shorter than 4,000), in a number that people
 * would write.
 */
export function warmupStepsOf(stepsTotal: number): number {
  const least = Math.min(200, stepsTotal * 0.05);
  const wanted = Math.max(1, least, Math.min(8000, stepsTotal * 0.0086));
  let scale = 1;
  while (scale * 10 <= wanted) scale *= 10;
  const off = (round: number) => Math.abs(round - wanted / scale);
  const nearest = ROUND_NUMBERS.reduce((best, one) => (off(one) < off(best) ? one : best));
  return Math.floor(nearest * scale);
}

const ROUND_NUMBERS: readonly number[] = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Steps at the end of a schedule with a plateau in which the rate comes down. */
export function decayStepsOf(stepsTotal: number): number {
  return Math.round(stepsTotal * DECAY_SHARE);
}

/** Where the schedule ends. */
export function finalLearningRate({ kind, peak }: Schedule): number {
  return kind === "cosine" ? Number((peak * COSINE_FLOOR).toPrecision(6)) : 0;
}

/** The rate of a step, without the last digits that engines differ in. */
export function learningRateAt(schedule: Schedule, step: number): number {
  return asRate(schedule.peak * shareOfPeak(schedule, step));
}

export function asRate(value: number): number {
  return Number(value.toPrecision(10));
}

/** The rate of the step, as a share of the peak. @param step Counted from 1. */
export function shareOfPeak(schedule: Schedule, step: number): number {
  const { kind, warmupSteps, stepsTotal } = schedule;
  if (step <= warmupSteps) return step / warmupSteps;
  if (kind === "cosine") {
    const done = (step - warmupSteps) / Math.max(1, stepsTotal - warmupSteps);
    return COSINE_FLOOR + (1 - COSINE_FLOOR) * 0.5 * (1 + cosineOfTurns(done / 2));
  }
  return Math.min(1, Math.max(0, (stepsTotal - step) / Math.max(1, decayStepsOf(stepsTotal))));
}

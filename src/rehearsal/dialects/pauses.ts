/** How long training pauses for a checkpoint or an evaluation. */

import { snapshotSecondsOf } from "../plan/checkpoint.ts";
import { FORWARD_SHARE } from "../plan/flops.ts";
import { around, drawsOf } from "./draws.ts";
import { type Facts, sizesOf } from "./facts.ts";

/** Of the pause that a run plans for a checkpoint; what is left goes by before the next step. Assumed. */
const COPIED_SHARE = 0.68;
const COPIED_SHARE_MAX = 0.96;
const COPIED_SPREAD = 0.13;

/**
 * What is written down of a checkpoint while training waits: a second of preparation, and the
 * rank's part of the state over its link, as the planner has it. Each takes a little more or less.
 */
export function snapshotMs(facts: Facts, step: number): number {
  if (facts.cluster === undefined) return 0;
  const { parameters, worldSize } = sizesOf(facts);
  const plannedMs = 1000 * snapshotSecondsOf(parameters, worldSize);
  const random = drawsOf(facts, "snapshot", step, facts.launches, facts.attempts);
  return plannedMs * Math.min(COPIED_SHARE_MAX, around(random, COPIED_SHARE, COPIED_SPREAD));
}

/** Batches of an evaluation, which takes a hundredth of the time. */
export function evaluationBatches({ recipe }: Facts): number {
  const every = recipe?.stepsPerEvaluation ?? Number.POSITIVE_INFINITY;
  return Math.min(20, Math.max(1, Math.floor((every * 0.01) / FORWARD_SHARE)));
}

/** Of a batch of an evaluation, as planned; undefined where nothing is. */
export function forwardMs({ recipe }: Facts): number | undefined {
  return recipe === undefined ? undefined : FORWARD_SHARE * recipe.planned.stepMs;
}

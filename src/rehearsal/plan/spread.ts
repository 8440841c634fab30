/**
 * The spread of real runs around their plans.
 *
 * A description does not say how well a stack was tuned, so an estimate without a range would
 * promise too much. The shares below are measured over planned step time of the published runs that
 * the planner was not fitted to; `test/published/spread.test.ts` computes them again. They describe
 * those runs and promise nothing of others: taken from three sets they held 59 % of a fourth, taken
 * from four 56 % of a fifth.
 */

import type { Setup } from "./setup.ts";

export type RunKind = "dense" | "fp8" | "experts";

/** Of whatever kind, where a smaller run of the same configuration was measured. */
export type SpreadKind = RunKind | "measured";

export interface Spread {
  /** Published runs that this is taken from. */
  readonly runs: number;
  /** Measured over planned step time: one run in ten is below, one in ten above. */
  readonly low: number;
  readonly high: number;
}

/** The share of published runs between the low and the high one. */
export const SPREAD_SHARE = 0.8;

/** Slower than planned is more common than faster, and by more: planners know no mishaps. */
export const SPREADS: Readonly<Record<SpreadKind, Spread>> = {
  dense: { runs: 373, low: 0.93, high: 1.51 },
  fp8: { runs: 123, low: 0.85, high: 1.21 },
  experts: { runs: 52, low: 0.88, high: 1.61 },
  measured: { runs: 112, low: 0.97, high: 1.11 },
};

export function kindOf({ shape, precision }: Pick<Setup, "shape" | "precision">): RunKind {
  if ((shape.experts ?? 0) > 0) return "experts";
  return precision === "fp8" ? "fp8" : "dense";
}

import { describe, expect, it } from "vitest";
import { planRun } from "../../src/rehearsal/plan/plan.ts";
import { kindOf, type RunKind, SPREAD_SHARE, SPREADS } from "../../src/rehearsal/plan/spread.ts";
import { errorsOf } from "./accuracy.ts";
import { KEPT_ASIDE } from "./runs.ts";
import { pacedRuns } from "./series.ts";

/** Measured over planned step times, in order. */
function ratiosOf(kind: RunKind): number[] {
  return KEPT_ASIDE.filter(({ group }) => group === kind)
    .map((run) => 1 / (1 + errorsOf(run).planner))
    .sort((a, b) => a - b);
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.floor(share * sorted.length)] ?? Number.NaN;
}

describe("the spread of real runs around their plans", () => {
  const outside = (1 - SPREAD_SHARE) / 2;

  it.each(["dense", "fp8", "experts"] as const)("is that of the published runs, %s", (kind) => {
    const ratios = ratiosOf(kind);
    const { runs, low, high } = SPREADS[kind];
    expect(runs).toBe(ratios.length);
    expect(low).toBeCloseTo(quantile(ratios, outside), 2);
    expect(high).toBeCloseTo(quantile(ratios, 1 - outside), 2);
  });

  it("is that of the published runs at the pace of the smallest of their configuration", () => {
    const ratios = pacedRuns(KEPT_ASIDE)
      .map(({ error }) => 1 / (1 + error))
      .sort((a, b) => a - b);
    const { runs, low, high } = SPREADS.measured;
    expect(runs).toBe(ratios.length);
    expect(low).toBeCloseTo(quantile(ratios, outside), 2);
    expect(high).toBeCloseTo(quantile(ratios, 1 - outside), 2);
  });

  it("knows the kind of every published run", () => {
    for (const { group, request } of KEPT_ASIDE) expect(kindOf(planRun(request).setup)).toBe(group);
  });
});

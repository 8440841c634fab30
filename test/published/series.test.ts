import { describe, expect, it } from "vitest";
import { FIFTH_RUNS, inGroup, KEPT_ASIDE } from "./runs.ts";
import { pacedRuns } from "./series.ts";

function meanSize(errors: readonly number[]): number {
  return errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
}

describe("the planner, told how fast the smallest run of a configuration was", () => {
  it.each([
    { of: "dense", runs: inGroup(KEPT_ASIDE, "dense"), count: 84, limit: 0.055 },
    // Written down without the planner, after it could do this.
    { of: "dense, fifth set", runs: inGroup(FIFTH_RUNS, "dense"), count: 22, limit: 0.07 },
    { of: "fp8", runs: inGroup(KEPT_ASIDE, "fp8"), count: 25, limit: 0.03 },
  ])("is off by at most $limit in the mean on the others, $of", ({ runs, count, limit }) => {
    const paced = pacedRuns(runs);
    expect(paced).toHaveLength(count);
    const error = meanSize(paced.map((run) => run.error));
    expect(error).toBeLessThan(limit);
    expect(error).toBeLessThan(0.4 * meanSize(paced.map((run) => run.plainError)));
    // Whoever expects the measured utilisation of the larger run is further off.
    expect(error).toBeLessThan(0.65 * meanSize(paced.map((run) => run.sameMfuError)));
    const baseline = paced.map(({ plan, run }) => plan.baseline.stepSeconds / run.stepSeconds - 1);
    expect(error).toBeLessThan(0.25 * meanSize(baseline));
  });

  it("says nothing yet of mixtures of experts, of which there are three", () => {
    const paced = pacedRuns(inGroup(KEPT_ASIDE, "experts"));
    expect(paced).toHaveLength(3);
    expect(meanSize(paced.map((run) => run.error))).toBeLessThan(0.08);
    expect(meanSize(paced.map((run) => run.sameMfuError))).toBeLessThan(0.06);
  });

  it("compares runs of one source, model and split, and larger with smaller ones", () => {
    const paced = pacedRuns(KEPT_ASIDE);
    for (const { run, measured, plan } of paced) {
      expect(measured).not.toBe(run);
      expect(measured.request.gpuCount).toBeLessThanOrEqual(run.request.gpuCount);
      expect(plan.warnings.filter((warning) => warning.includes("differs in"))).toEqual([]);
      expect(plan.pace?.setup.shape).toEqual(plan.setup.shape);
    }
    expect(new Set(paced.map(({ run }) => run.name)).size).toBe(paced.length);
  });
});

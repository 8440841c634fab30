import { describe, expect, it } from "vitest";
import { FOURTH_RUNS } from "./fourth-runs.ts";
import { FRESH_A, FRESH_B } from "./fresh-runs.ts";
import { HELD_OUT_RUNS } from "./held-out-runs.ts";
import type { PublishedRun } from "./published-run.ts";
import { pacedRuns } from "./series.ts";
import { THIRD_RUNS } from "./third-runs.ts";

/** None of them was used to fit anything of the planner. */
const RUNS: readonly PublishedRun[] = [
  ...HELD_OUT_RUNS,
  ...FRESH_A,
  ...FRESH_B,
  ...THIRD_RUNS,
  ...FOURTH_RUNS,
];

function meanSize(errors: readonly number[]): number {
  return errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length;
}

describe("the planner, told how fast the smallest cluster of a series was", () => {
  it.each([
    ["dense", 93, 0.08],
    ["fp8", 39, 0.075],
  ] as const)("is within 8 %% in the mean on the others of it, %s", (kind, count, limit) => {
    const paced = pacedRuns(RUNS.filter(({ group }) => group === kind));
    expect(paced).toHaveLength(count);
    const error = meanSize(paced.map((run) => run.error));
    expect(error).toBeLessThan(limit);
    // Without the pace, and by keeping the measured utilisation, it would be nearly twice as far.
    expect(error).toBeLessThan(0.6 * meanSize(paced.map((run) => run.plainError)));
    expect(error).toBeLessThan(0.6 * meanSize(paced.map((run) => run.sameMfuError)));
    const sizes = paced.map((run) => Math.abs(run.error)).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length / 2)]).toBeLessThan(0.04);
  });

  it("knows no more of mixtures of experts than before", () => {
    const paced = pacedRuns(RUNS.filter(({ group }) => group === "experts"));
    expect(paced).toHaveLength(7);
    expect(meanSize(paced.map((run) => run.error))).toBeLessThan(0.2);
  });

  it("takes a series together by source, model, GPU and precision, one run of it measured", () => {
    const paced = pacedRuns(RUNS);
    for (const { run, measured, plan } of paced) {
      expect(measured.request.gpuCount).toBeLessThanOrEqual(run.request.gpuCount);
      expect(plan.warnings.filter((warning) => warning.includes("another"))).toEqual([]);
    }
    const megaScale = paced.filter(({ run }) => run.name.startsWith("MegaScale 175B"));
    expect(megaScale).toHaveLength(7);
    expect(new Set(megaScale.map(({ measured }) => measured.name)).size).toBe(1);
  });
});

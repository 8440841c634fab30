import { describe, expect, it } from "vitest";
import { accuracyOn, errorsOf } from "./accuracy.ts";
import type { PublishedRun } from "./read-runs.ts";
import {
  CALIBRATION_RUNS,
  FIFTH_RUNS,
  FOURTH_RUNS,
  FRESH_A,
  FRESH_B,
  HELD_OUT_RUNS,
  inGroup,
  REMEMBERED_RUNS,
  THIRD_RUNS,
} from "./runs.ts";

describe("the planner against the runs it was made with", () => {
  it("is fitted to within 2 % on the seven calibration runs, and nearer than 40 % on each", () => {
    const { runs, meanError, betterRuns } = accuracyOn(CALIBRATION_RUNS);
    expect(runs).toBe(7);
    expect(meanError).toBeLessThan(0.02);
    expect(betterRuns).toBe(7);
  });

  it("is within 7 % in the mean on dense runs that were looked at, a third of the baseline's error", () => {
    const accuracy = accuracyOn(inGroup(HELD_OUT_RUNS, "dense"));
    expect(accuracy.runs).toBe(62);
    expect(accuracy.meanError).toBeLessThan(0.07);
    expect(accuracy.medianError).toBeLessThan(0.057);
    expect(accuracy.meanError).toBeLessThan(accuracy.baselineError / 3 + 0.001);
    expect(accuracy.betterRuns).toBeGreaterThanOrEqual(50);
  });

  it("is within 7 % in the mean on fp8 runs that were looked at", () => {
    const { meanError, baselineError } = accuracyOn(inGroup(HELD_OUT_RUNS, "fp8"));
    expect(meanError).toBeLessThan(0.07);
    expect(meanError).toBeLessThan(baselineError / 2);
  });
});

/** 3 to 8 % utilisation on 16 H100: not tuned at all. */
const OLD_BENCH = "nanotron old bench";

describe("the planner against fresh runs", () => {
  it("has two halves without a series in common", () => {
    const seriesOf = (runs: readonly PublishedRun[]) =>
      new Set(runs.map(({ name }) => name.split(" | ")[0] ?? ""));
    const inB = seriesOf(FRESH_B);
    expect([...seriesOf(FRESH_A)].filter((series) => inB.has(series))).toEqual([]);
    expect(FRESH_A.length + FRESH_B.length).toBe(129);
    expect(new Set([...FRESH_A, ...FRESH_B].map(({ name }) => name)).size).toBe(129);
  });

  it("is within 6.5 % on the dense half that was looked at twice, a third of the baseline's error", () => {
    const { runs, meanError, baselineError, bias } = accuracyOn(inGroup(FRESH_B, "dense"));
    expect(runs).toBe(30);
    expect(meanError).toBeLessThan(0.065);
    expect(meanError).toBeLessThan(0.3 * baselineError);
    expect(Math.abs(bias)).toBeLessThan(0.02);
  });

  it("is within 10.5 % on the dense half that was looked at first", () => {
    const { runs, meanError, medianError, baselineError } = accuracyOn(inGroup(FRESH_A, "dense"));
    expect(runs).toBe(30);
    expect(meanError).toBeLessThan(0.105);
    expect(medianError).toBeLessThan(0.095);
    expect(meanError).toBeLessThan(0.5 * baselineError);
  });

  it.each([
    ["A", FRESH_A, 28],
    ["B", FRESH_B, 26],
  ] as const)(
    "is within 15 %% on fp8 runs of half %s, where 40 %% is off by more",
    (_, half, count) => {
      const { runs, meanError, baselineError } = accuracyOn(inGroup(half, "fp8"));
      expect(runs).toBe(count);
      expect(meanError).toBeLessThan(0.15);
      expect(meanError).toBeLessThan(0.65 * baselineError);
    },
  );

  it("is off by 20 % with experts, where the baseline is off by 40 %", () => {
    const experts = [...inGroup(FRESH_A, "experts"), ...inGroup(FRESH_B, "experts")];
    const { runs, meanError, baselineError } = accuracyOn(experts);
    expect(runs).toBe(15);
    expect(meanError).toBeLessThan(0.2);
    expect(meanError).toBeLessThan(baselineError / 2);
  });

  it.each([
    // The aim was 8 % on dense runs. Most that miss it are of stacks that nobody tuned: docs/log.md.
    ["dense", 67, 0.14],
    ["fp8", 27, 0.125],
    ["experts", 19, 0.18],
  ] as const)(
    "is nearer in the mean than a guess of 40 %% on the third set, %s",
    (name, count, limit) => {
      const third = inGroup(THIRD_RUNS, name).filter((run) => !run.name.startsWith(OLD_BENCH));
      const { runs, meanError, baselineError } = accuracyOn(third);
      expect(runs).toBe(count);
      expect(meanError).toBeLessThan(limit);
      expect(meanError).toBeLessThan(0.6 * baselineError);
    },
  );

  it.each([
    // 14.0 at the first look; see docs/log.md.
    ["dense", 81, 0.135],
    ["fp8", 15, 0.13],
    ["experts", 2, 0.4],
  ] as const)(
    "is nearer in the mean than a guess of 40 %% on the fourth set, %s",
    (name, count, limit) => {
      const { runs, meanError, baselineError } = accuracyOn(inGroup(FOURTH_RUNS, name));
      expect(runs).toBe(count);
      expect(meanError).toBeLessThan(limit);
      expect(meanError).toBeLessThan(baselineError);
    },
  );

  it.each([
    // Many stacks that nobody tuned, small models and V100: chosen to test predictions from another
    // run (series.test.ts). 24.4 at the first look.
    ["dense", 96, 0.25],
    ["fp8", 13, 0.17],
    ["experts", 13, 0.24],
  ] as const)(
    "is nearer in the mean than a guess of 40 %% on the fifth set, %s",
    (name, count, limit) => {
      const { runs, meanError, baselineError } = accuracyOn(inGroup(FIFTH_RUNS, name));
      expect(runs).toBe(count);
      expect(meanError).toBeLessThan(limit);
      expect(meanError).toBeLessThan(0.75 * baselineError);
    },
  );

  it("is nearer in the mean than a guess of 40 % on what was only remembered", () => {
    const { runs, meanError, baselineError } = accuracyOn(inGroup(REMEMBERED_RUNS, "dense"));
    expect(runs).toBe(7);
    expect(meanError).toBeLessThan(baselineError);
  });

  it("is off by half and more in the mean on the slowest stack that was found", () => {
    const slow = THIRD_RUNS.filter((run) => run.name.startsWith(OLD_BENCH));
    expect(slow).toHaveLength(7);
    const { meanError } = accuracyOn(slow);
    expect(meanError).toBeGreaterThan(0.5);
    expect(meanError).toBeLessThan(0.62);
  });

  it.each([...HELD_OUT_RUNS, ...FRESH_A, ...FRESH_B].map((run) => [run.name, run] as const))(
    "plans %s",
    (_name, run) => {
      // The worst known: tiny experts, bound by launches that differ from host to host.
      expect(Math.abs(errorsOf(run).planner)).toBeLessThan(0.64);
    },
  );
});

/** MegaScale's paper (Jiang et al. 2024): Megatron-LM and its own stack on the same machines. */
const TWINS: readonly (readonly [number, number])[] = [256, 512, 1024, 3072, 6144, 12288].map(
  (gpuCount) => {
    const secondsOf = (runs: readonly PublishedRun[], name: string) =>
      runs.find((run) => run.name === name)?.stepSeconds ?? Number.NaN;
    return [
      secondsOf(HELD_OUT_RUNS, `Megatron-LM 175B, ${gpuCount} A100`),
      secondsOf(FOURTH_RUNS, `MegaScale 175B | ${gpuCount} A100`),
    ];
  },
);

describe("what no planner can know", () => {
  it("is which of two stacks it is: of one model, batch, split and cluster they are a quarter apart", () => {
    for (const [one, other] of TWINS) expect(one / other).toBeGreaterThan(1.2);
    // The least mean error of one estimate for both is that of the faster time itself.
    const floors = TWINS.map(([slow, fast]) => (1 - fast / slow) / 2);
    const floor = floors.reduce((sum, one) => sum + one, 0) / floors.length;
    expect(floor).toBeGreaterThan(0.1);
    expect(floor).toBeLessThan(0.115);
  });
});

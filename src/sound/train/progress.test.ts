import { expect, test } from "vitest";
import { checked } from "../../checked.ts";
import type { Evaluation } from "./evaluation.ts";
import {
  afterEpoch,
  afterStartMeasured,
  afterStep,
  gapGrowthOf,
  gapOf,
  meanLosses,
  type Progress,
  progressAtStart,
  progressShape,
} from "./progress.ts";

const losses = { total: 3, reconstruction: 2, kl: 1 };

function evaluation(validation: number, more: Partial<Evaluation> = {}): Evaluation {
  return {
    train: { reconstruction: 1, kl: 1 },
    validation: { reconstruction: validation, kl: 1 },
    klDivergence: 10,
    activeUnits: 4,
    dimensions: 16,
    ...more,
  };
}

function withHistory(values: readonly number[]): Progress {
  return values.reduce(
    (progress, value) => afterEpoch(progress, evaluation(value)),
    progressAtStart(100),
  );
}

test("afterStep() counts steps and sums losses; skipped steps count but weigh nothing", () => {
  let progress = afterStep(progressAtStart(10), losses);
  progress = afterStep(progress, undefined);
  progress = afterStep(progress, { total: 5, reconstruction: 4, kl: 3 });
  expect(progress).toMatchObject({ step: 3, epoch: 0, skippedInRow: 0 });
  expect(progress.sums).toMatchObject({ count: 2, skipped: 1 });
  expect(meanLosses(progress)).toEqual({ total: 4, reconstruction: 3, kl: 2 });
});

test("afterStep() counts skipped steps in a row until one succeeds", () => {
  let progress = progressAtStart(10);
  for (let i = 0; i < 3; i += 1) progress = afterStep(progress, undefined);
  expect(progress.skippedInRow).toBe(3);
  expect(afterStep(progress, losses).skippedInRow).toBe(0);
});

test("meanLosses() of an epoch whose steps were all skipped are zeros", () => {
  const progress = afterStep(progressAtStart(10), undefined);
  expect(meanLosses(progress)).toEqual({ total: 0, reconstruction: 0, kl: 0 });
});

test("afterEpoch() keeps the best epoch and starts new sums", () => {
  const progress = [0.5, 0.3, 0.4].reduce((before, value) => {
    const stepped = afterStep(before, losses);
    return afterEpoch(stepped, evaluation(value));
  }, progressAtStart(10));
  expect(progress.best).toEqual({ epoch: 2, step: 2, value: 0.3 });
  expect(progress.history).toEqual([0.5, 0.3, 0.4]);
  expect(progress.sums.count).toBe(0);
});

test("afterEpoch() never takes NaN for the best", () => {
  expect(withHistory([Number.NaN]).best).toBeNull();
  expect(withHistory([0.5, Number.NaN]).best).toMatchObject({ epoch: 1 });
});

test("afterEpoch() remembers what was warned of, so that it is told once", () => {
  const start = afterStartMeasured(progressAtStart(10), evaluation(1));
  const warned = afterEpoch(start, evaluation(1.3, { klDivergence: 0.4 })).warned;
  expect(warned).toEqual({ overfitting: true, collapse: true });
  expect(afterEpoch(start, evaluation(1.1)).warned).toEqual({
    overfitting: false,
    collapse: false,
  });
});

test("the model before its first step competes: only a better epoch is best", () => {
  const start = afterStartMeasured(progressAtStart(10), evaluation(0.2));
  expect(start).toMatchObject({ best: { epoch: 0, step: 0, value: 0.2 }, history: [] });
  const harmed = afterEpoch(afterStep(start, losses), evaluation(4.55));
  expect(harmed.best).toEqual({ epoch: 0, step: 0, value: 0.2 });
  expect(afterEpoch(harmed, evaluation(0.19)).best).toMatchObject({ epoch: 2, value: 0.19 });
});

test("gapGrowthOf() leaves out how hard the held-out files are, and tells what is learned by heart", () => {
  const side = (reconstruction: number) => ({ reconstruction, kl: 1 });
  const measured = (train: number, validation: number): Evaluation =>
    evaluation(validation, { train: side(train) });
  const start = afterStartMeasured(progressAtStart(10), measured(0.1, 0.67));
  // Both sides fall alike: 570 % apart from the first look to the last, and nothing learned by heart.
  expect(gapOf(measured(0.05, 0.335))).toBeCloseTo(5.7, 6);
  expect(gapGrowthOf(start, measured(0.05, 0.335))).toBeCloseTo(0, 6);
  expect(afterEpoch(start, measured(0.05, 0.335)).warned.overfitting).toBe(false);
  expect(gapGrowthOf(start, measured(0.05, 0.67))).toBeCloseTo(1, 6);
  expect(afterEpoch(start, measured(0.05, 0.42)).warned.overfitting).toBe(true);
  expect(gapGrowthOf(start, measured(Number.NaN, 0.67))).toBe(0);
});

test("a run of an older version counts its gap from the first epoch that this one measures", () => {
  const old = { ...progressAtStart(10), epoch: 3, history: [3, 2, 1] };
  const first = afterEpoch(old, evaluation(7));
  expect(first.start).toEqual({ train: 1, validation: 7 });
  expect(first.warned.overfitting).toBe(false);
  expect(gapGrowthOf(first, evaluation(14))).toBeCloseTo(1, 6);
});

test.each([
  { train: 1, validation: 1.25, gap: 0.25 },
  { train: 2, validation: 1, gap: -0.5 },
  { train: 0, validation: 1, gap: 0 },
  { train: Number.NaN, validation: 1, gap: 0 },
])("gapOf() of $train and $validation is $gap", ({ train, validation, gap }) => {
  const side = { reconstruction: train, kl: 0 };
  expect(gapOf(evaluation(validation, { train: side }))).toBe(gap);
});

test("a checkpoint may hold what a run measured at its start and its pace, and need not", () => {
  const start = afterStartMeasured(progressAtStart(10), evaluation(2));
  const whole = { ...start, pace: { step: 80.5, previews: 0 } };
  const read = (progress: object) => checked(progressShape, JSON.parse(JSON.stringify(progress)));
  expect(read(whole)).toEqual({ value: whole });
  expect(read(progressAtStart(10))).toEqual({ value: progressAtStart(10) });
  expect(read({ ...whole, start: { train: "1", validation: 2 } }).problem).toContain("start.train");
  expect(read({ ...whole, pace: { step: -1 } }).problem).toContain("pace.step");
});

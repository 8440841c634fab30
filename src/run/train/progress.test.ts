import { expect, test } from "vitest";
import {
  afterEpoch,
  afterStep,
  gapOf,
  meanLosses,
  type Progress,
  progressAtStart,
  verdictOf,
} from "./progress.ts";
import type { Evaluation } from "./trainee.ts";

const losses = { total: 3, reconstruction: 2, kl: 1 };

function evaluation(validation: number, more: Partial<Evaluation> = {}): Evaluation {
  return {
    train: { reconstruction: 1, kl: 1 },
    validation: { reconstruction: validation, kl: 1 },
    klDivergence: 10,
    activeUnits: 4,
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
  const warned = afterEpoch(progressAtStart(10), evaluation(1.3, { klDivergence: 0.4 })).warned;
  expect(warned).toEqual({ overfitting: true, collapse: true });
  const fine = afterEpoch(progressAtStart(10), evaluation(1.1)).warned;
  expect(fine).toEqual({ overfitting: false, collapse: false });
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

test.each([
  { what: "falls", history: [5, 4, 3, 2], gap: 0, verdict: "improving" },
  { what: "stands still", history: [5, 2, 2, 2, 2, 2], gap: 0.1, verdict: "good enough" },
  { what: "rises with a gap", history: [5, 2, 2.1, 2.2, 2.3], gap: 0.5, verdict: "overfitting" },
  { what: "rises without one", history: [5, 2, 2.1, 2.2, 2.3], gap: 0.1, verdict: "good enough" },
  { what: "explodes", history: [5, 2, 4.1], gap: 0, verdict: "unstable" },
  { what: "is no number", history: [5, Number.NaN], gap: 0, verdict: "unstable" },
])("a run whose validation loss $what is $verdict", ({ history, gap, verdict }) => {
  expect(verdictOf(withHistory(history), { gap, skipped: 0 })).toBe(verdict);
});

test("a run with skipped steps is unstable", () => {
  expect(verdictOf(withHistory([5, 4]), { gap: 0, skipped: 1 })).toBe("unstable");
});

test("verdictOf() takes a run of as many epochs as can be asked for", () => {
  const history = new Array<number>(1_000_000).fill(1);
  const progress = { ...progressAtStart(2e6), history, epoch: history.length };
  expect(verdictOf(progress, { gap: 0, skipped: 0 })).toBe("good enough");
});

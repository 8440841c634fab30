import fc from "fast-check";
import { expect, test } from "vitest";
import { klWeightAt, learningRateAt } from "./schedule.ts";
import { completeSettings } from "./settings.ts";

const settings = completeSettings(20, {
  learningRate: 0.5,
  warmUpSteps: 10,
  klWeight: 0.25,
  klWarmUp: 0.5,
});

test("learningRateAt() rises linearly over the warm-up", () => {
  const flat = (step: number): number => learningRateAt({ ...settings }, step, 1e9);
  expect(flat(1)).toBeCloseTo(0.05, 6);
  expect(flat(5)).toBeCloseTo(0.25, 6);
  expect(flat(10)).toBeCloseTo(0.5, 6);
  expect(flat(11)).toBeCloseTo(0.5, 6);
});

test("learningRateAt() falls along a cosine, by half in the middle and to 2 % at the end", () => {
  const plain = { ...settings, warmUpSteps: 0 };
  expect(learningRateAt(plain, 1, 1000)).toBeCloseTo(0.5, 12);
  expect(learningRateAt(plain, 501, 1000)).toBeCloseTo(0.5 * 0.51, 12);
  expect(learningRateAt(plain, 1001, 1000)).toBeCloseTo(0.5 * 0.02, 12);
});

test("learningRateAt() keeps the warm-up within the first quarter of a short run", () => {
  expect(learningRateAt({ ...settings, warmUpSteps: 150 }, 2, 8)).toBeGreaterThan(
    0.9 * settings.learningRate,
  );
});

test("learningRateAt() is positive and never above its highest, for runs of any length", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.nat(300),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (stepsTotal, warmUpSteps, place) => {
        const step = 1 + Math.floor(place * (stepsTotal - 1));
        const rate = learningRateAt({ ...settings, warmUpSteps }, step, stepsTotal);
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(settings.learningRate);
      },
    ),
  );
});

test.each([
  { step: 1, weight: 0 },
  { step: 26, weight: 0.125 },
  { step: 51, weight: 0.25 },
  { step: 100, weight: 0.25 },
])("klWeightAt() gives $weight at step $step of 100 with half of them for warming up", (row) => {
  expect(klWeightAt(settings, row.step, 100)).toBeCloseTo(row.weight, 12);
});

test("klWeightAt() is there from the first step without a warm-up", () => {
  expect(klWeightAt({ ...settings, klWarmUp: 0 }, 1, 100)).toBe(0.25);
});

import { expect, test } from "vitest";
import { expectedStepMs, recipeKey, withinTime } from "./known-speed.ts";
import type { KnownSpeed } from "./measured-speed.ts";
import { recipeDescription } from "./recipe-choice.ts";
import { completeSettings } from "./settings.ts";

const settings = completeSettings(30, { batchSize: 8 });
const speed: KnownSpeed = {
  runtime: "native, 2 threads",
  recipe: recipeKey(recipeDescription(settings)),
  batchSize: 8,
  stepMs: 200,
};

test("expectedStepMs() knows this runtime and model, and converts from another batch", () => {
  const { runtime } = speed;
  expect(expectedStepMs([speed], runtime, settings)).toBe(200);
  expect(expectedStepMs([speed], "wasm, 2 threads", settings)).toBeUndefined();
  const other = completeSettings(30, { batchSize: 8, latentSize: 8 });
  expect(expectedStepMs([speed], runtime, other)).toBeUndefined();
  const halved = { ...settings, batchSize: 4 };
  expect(expectedStepMs([speed], runtime, halved)).toBe(100);
  const measured = { ...speed, batchSize: 4, stepMs: 130 };
  expect(expectedStepMs([speed, measured], runtime, halved)).toBe(130);
});

test.each([
  { minutes: null, stepMs: 5000, batchSize: 8 },
  { minutes: 1, stepMs: undefined, batchSize: 8 },
  // 300 steps fit.
  { minutes: 1, stepMs: 200, batchSize: 8 },
  // 60 steps of 8, 120 of 4.
  { minutes: 1, stepMs: 1000, batchSize: 4 },
  { minutes: 0.01, stepMs: 1000, batchSize: 2 },
])("with $minutes minutes and steps of $stepMs ms the batch is $batchSize", (given) => {
  const { minutes, stepMs, batchSize } = given;
  const fitting = withinTime({ ...settings, minutes }, stepMs);
  expect(fitting.settings.batchSize).toBe(batchSize);
  expect(fitting.notices.map(({ code }) => code)).toEqual(
    batchSize === 8 ? [] : ["batch-for-time"],
  );
});

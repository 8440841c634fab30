import { describe, expect, test } from "vitest";
import { examplePlan } from "../../test/support/sweep-plan.ts";
import { readJob } from "./job.ts";
import { gridPoints, halvingLengths, randomPoints, runsOfRung } from "./plan.ts";

describe("gridPoints()", () => {
  test("gives every combination, the last axis varying fastest", () => {
    const axes = [
      { name: "lr", values: [1, 2] },
      { name: "latent", values: [16, 32] },
    ];
    const values = gridPoints(axes).map((point) => Object.values(point));
    expect(values).toEqual([
      [1, 16],
      [1, 32],
      [2, 16],
      [2, 32],
    ]);
  });

  test("gives one point without settings where there is no axis", () => {
    expect(gridPoints([])).toEqual([{}]);
  });
});

describe("randomPoints()", () => {
  const lr = { name: "lr", low: 1e-4, high: 1e-2, isWhole: false, isLogarithmic: true };
  const latent = { name: "latent", low: 4, high: 6, isWhole: true, isLogarithmic: true };

  test("draws the same for the same seed, and more of it begins alike", () => {
    const few = randomPoints([lr, latent], { count: 3, seed: 5 });
    expect(randomPoints([lr, latent], { count: 9, seed: 5 }).slice(0, 3)).toEqual(few);
    expect(randomPoints([lr, latent], { count: 3, seed: 6 })).not.toEqual(few);
  });

  test("stays in its range, with whole numbers where they are needed", () => {
    for (const { lr: rate, latent: size } of randomPoints([lr, latent], { count: 200, seed: 1 })) {
      expect(rate).toBeGreaterThanOrEqual(1e-4);
      expect(rate).toBeLessThanOrEqual(1e-2);
      expect([4, 5, 6]).toContain(size);
    }
  });

  test("gives as many as there are where more are asked for", () => {
    expect(randomPoints([latent], { count: 50, seed: 1 })).toHaveLength(3);
  });
});

test.each([
  { points: 8, epochs: 40, lengths: [10, 20, 40] },
  { points: 2, epochs: 40, lengths: [40] },
  { points: 100, epochs: 4, lengths: [1, 2, 4] },
  { points: 5, epochs: 30, lengths: [7, 15, 30] },
])("halvingLengths() of $points points and $epochs epochs", ({ points, epochs, lengths }) => {
  expect(halvingLengths(points, epochs)).toEqual(lengths);
});

describe("runsOfRung()", () => {
  test("gives a run for each seed and fold of a point, each with an id of its own", async () => {
    const plan = examplePlan({ folds: 3, seeds: [1, 2] });
    const runs = await runsOfRung(plan, 0, [0, 1]);
    expect(runs).toHaveLength(12);
    expect(new Set(runs.map(({ job }) => job.id)).size).toBe(12);
    expect(runs[4]?.job.overrides).toMatchObject({
      seed: 2,
      fold: { index: 1, count: 3, seed: plan.seed },
    });
  });

  test("lets a longer run go on from the shorter one of the rung before", async () => {
    const plan = examplePlan({ lengths: [2, 4] });
    const [first] = await runsOfRung(plan, 0, [1]);
    const [second] = await runsOfRung(plan, 1, [1]);
    expect(second?.continues).toBe(first?.job.id);
    expect(second?.job.lengths).toEqual([2, 4]);
  });

  test("makes jobs that a worker takes, and none that were changed on their way", async () => {
    const [run] = await runsOfRung(examplePlan({}), 0, [0]);
    const text = JSON.stringify(run?.job);
    expect(await readJob(text)).toEqual({ job: run?.job });
    expect(await readJob(text.replace('"threads":1', '"threads":2'))).toEqual({
      problem: "its id is not that of its work",
    });
  });

  test.each([
    { what: "a path", change: { corpus: "../../etc" }, says: "corpus" },
    {
      what: "a setting that is none",
      change: { overrides: { runFolder: "/" } },
      says: "overrides",
    },
    { what: "a batch beyond all", change: { overrides: { batchSize: 1e9 } }, says: "batchSize" },
    { what: "no length", change: { lengths: [] }, says: "lengths" },
  ])("makes no job of $what", async ({ change, says }) => {
    const [run] = await runsOfRung(examplePlan({}), 0, [0]);
    const { problem } = await readJob(JSON.stringify({ ...run?.job, ...change }));
    expect(problem).toContain(says);
  });
});

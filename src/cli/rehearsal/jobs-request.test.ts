import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SCENES } from "../../rehearsal/scenes/scenes.ts";
import type { CommandValues } from "../context.ts";
import { inOrder, outputsOf, requireJobs, sceneOfRun, seedOfRun } from "./jobs-request.ts";

const nothing = { truth: undefined, export: [], metricsPort: undefined };

test("no two runs of any jobs have the same seed, also where seeds begin again at 0", () => {
  const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(seeds, fc.integer({ min: 1, max: 9 }), (seed, jobs) => {
      const all = Array.from({ length: 50 }, (_, run) =>
        Array.from({ length: jobs }, (_, i) => seedOfRun(seed, run, { number: i + 1, jobs })),
      ).flat();
      expect(new Set(all).size).toBe(50 * jobs);
      expect(Math.max(...all)).toBeLessThan(2 ** 32);
    }),
  );
});

test("the first runs of four jobs are the first four runs of one job", () => {
  const four = [1, 2, 3, 4].map((number) => seedOfRun(7, 0, { number, jobs: 4 }));
  const one = [0, 1, 2, 3].map((run) => seedOfRun(7, run, { number: 1, jobs: 1 }));
  expect(four).toEqual(one);
});

test("scenes go round in the order they were given, and as many jobs as scenes keep theirs", () => {
  const scenes = inOrder(SCENES, SCENES.map(({ name }) => name).toReversed()).slice(0, 2);
  expect(scenes.map(({ name }) => name)).toEqual(["rl_post_training", "llm_training"]);
  const of = (number: number, jobs: number) =>
    [0, 1, 2].map((run) => scenes.indexOf(sceneOfRun(scenes, run, { number, jobs })));
  expect(of(1, 2)).toEqual([0, 0, 0]);
  expect(of(2, 2)).toEqual([1, 1, 1]);
  expect(of(1, 3)).toEqual([0, 1, 0]);
});

describe("the files of job 2", () => {
  test.each([
    ["truth.jsonl", "truth-2.jsonl"],
    ["out.d/truth", "out.d/truth-2"],
    ["out\\run.csv", "out\\run-2.csv"],
    [".hidden", ".hidden-2"],
    ["a.b.c", "a.b-2.c"],
  ])("%s becomes %s", (given, made) => {
    expect(outputsOf({ ...nothing, truth: given }, { number: 2, jobs: 3 }).truth).toBe(made);
    const words = outputsOf({ ...nothing, export: [`csv=${given}`] }, { number: 2, jobs: 3 });
    expect(words.export).toEqual([`csv=${made}`]);
  });

  test("a folder for TensorBoard holds a folder for each", () => {
    const words = { ...nothing, export: ["tensorboard=tb/"] };
    expect(outputsOf(words, { number: 2, jobs: 3 }).export).toEqual(["tensorboard=tb/job-2"]);
  });

  test("a word that is no export comes through to be refused", () => {
    const words = { ...nothing, export: ["csv", "csv="] };
    expect(outputsOf(words, { number: 2, jobs: 3 }).export).toEqual(["csv", "csv="]);
  });
});

test("each job has the next port, or any free one", () => {
  const port = (metricsPort: number | undefined) =>
    outputsOf({ ...nothing, metricsPort }, { number: 3, jobs: 3 }).metricsPort;
  expect([port(9400), port(0), port(undefined)]).toEqual([9402, 0, undefined]);
});

test("what cannot be had with several jobs is refused, and with one it is not", () => {
  const ask = (values: Partial<CommandValues<"simulate">>) => () =>
    requireJobs({ jobs: 3, browser: false, ...values } as CommandValues<"simulate">);
  expect(ask({ browser: true })).toThrow("Cannot use --jobs with --browser: a page shows one run");
  expect(ask({ metricsPort: 65_534 })).toThrow("need one port each, up to 65535");
  expect(ask({ metricsPort: 65_533 })).not.toThrow();
  expect(ask({ jobs: 1, browser: true })).not.toThrow();
});

import { expect, test } from "vitest";
import type { ControlFacts, ModelAnalysis } from "../model/analysis.ts";
import { gridOf, variationsOf } from "./neighbours.ts";
import type { SoundRequest } from "./sound-request.ts";

const request: SoundRequest = {
  version: 1,
  seed: 4,
  sampleRate: 48_000,
  quality: "draft",
  controls: { length: 2, attack: 7 },
};

const control = (name: string, label: string): ControlFacts => ({
  name,
  label,
  unit: "dB",
  step: 1,
  range: { low: 0, middle: 1, high: 2 },
  safe: { least: -5, most: 5 },
  evidence: { spearman: 1, spearmanLowest: 1, effect: 1, leakage: 0, leaksInto: null },
});

const analysis: ModelAnalysis = {
  version: 1,
  measured: { sounds: 4, positions: [], files: 4, phases: "sketch" },
  controls: [control("brightness", "Shine"), control("attack", "attack"), control("length", "l")],
  declined: [],
  characters: [],
  labels: {},
};

test("variationsOf() moves one sound in as many directions as asked, by one amount", () => {
  expect(variationsOf(request, { count: 2, amount: 0.3 })).toEqual([
    { request: { ...request, variation: { seed: 1, amount: 0.3 } }, what: "variation-1" },
    { request: { ...request, variation: { seed: 2, amount: 0.3 } }, what: "variation-2" },
  ]);
});

test("gridOf() has the first control to the right, the second upward, and leaves the others", () => {
  const grid = gridOf(request, ["Shine", "attack"], analysis);
  expect(grid).toHaveLength(25);
  expect(grid[0]?.what).toBe("brightness-10-attack+10");
  expect(grid[3]?.request.controls).toEqual({ brightness: 5, attack: 10, length: 2 });
  expect(grid[24]?.request.controls).toEqual({ brightness: 10, attack: -10, length: 2 });
});

test.each([
  { names: ["brightness"], says: 'found "brightness", need two different controls' },
  { names: ["Shine", "brightness"], says: 'found "Shine,brightness", need two' },
  { names: ["brightness", "attack", "length"], says: "need two different controls" },
  { names: ["brightness", "loudness"], says: 'Cannot move "loudness" with this model' },
])("gridOf() refuses $names", ({ names, says }) => {
  expect(() => gridOf(request, names, analysis)).toThrow(says);
});

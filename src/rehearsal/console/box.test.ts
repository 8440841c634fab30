import { expect, test } from "vitest";
import type { RunSummarised } from "../../events/cluster.ts";
import { summaryBox } from "./box.ts";

const summary = {
  type: "run-summarised",
  elapsedMs: 7_200_000,
  epochs: 1,
  steps: 300,
  loss: 2,
  perplexity: 7.389,
  bestLoss: 2.1,
  utilisation: 0.98,
  memoryBytesPeak: 70e9,
  path: "./outputs/model",
  bytes: 16e9,
  tokens: 4e9,
  energyJoules: 5e9,
  goodput: 0.98,
  interruptions: 0,
} satisfies RunSummarised;

test("a run that learns from text ends with a perplexity", () => {
  const text = summaryBox(summary, 80).join("\n");
  expect(text).toMatch(/Final perplexity +7\.39/);
  expect(text).toMatch(/Best validation +2\.1000/);
});

test("a run that learns from rewards ends with a reward, also in a log that has a perplexity", () => {
  const { perplexity, ...rest } = summary;
  for (const one of [rest, { ...rest, perplexity }]) {
    const text = summaryBox({ ...one, reward: 0.71 }, 80).join("\n");
    expect(text).toMatch(/Final reward +0\.710/);
    expect(text).not.toMatch(/perplexity|validation/);
  }
});

test("memory and size are told as closely as the shards that add up to the size", () => {
  const text = summaryBox({ ...summary, bytes: 130.62e9, memoryBytesPeak: 78.44e9 }, 80).join("\n");
  expect(text).toMatch(/Size +130\.6 GB /);
  expect(text).toMatch(/Peak memory +78\.4 GB /);
});

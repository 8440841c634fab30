import { expect, test } from "vitest";
import { axesOf, pointOf } from "./sweep-axes.ts";

test("axesOf() reads values as the options of a training do", () => {
  expect(axesOf(["lr=1e-3, 2e-3", "latent=16", "model=mel,spectral"], false)).toEqual([
    { name: "lr", values: [0.001, 0.002] },
    { name: "latent", values: [16] },
    { name: "model", values: ["mel", "spectral"] },
  ]);
});

test("axesOf() reads ranges, by their logarithm where they lie above 0", () => {
  expect(axesOf(["lr=1e-4..1e-2", "dropout=0..0.5", "latent=4..64"], true)).toEqual([
    { name: "lr", low: 1e-4, high: 1e-2, isWhole: false, isLogarithmic: true },
    { name: "dropout", low: 0, high: 0.5, isWhole: false, isLogarithmic: false },
    { name: "latent", low: 4, high: 64, isWhole: true, isLogarithmic: true },
  ]);
});

test.each([
  { given: ["lrr=1"], says: '"lrr"', hint: '"lr"' },
  { given: ["lr"], says: "NAME=VALUES", hint: "lr=VALUE" },
  { given: ["lr="], says: "NAME=VALUES", hint: "lr=VALUE" },
  { given: ["lr=fast"], says: "1e-7 to 1", hint: "number" },
  { given: ["lr=1e-3..1e-4"], says: "rises", hint: "lr=0.0001..0.001", random: true },
  { given: ["lr=1e-4..1e-2"], says: "range", hint: "--random" },
  { given: ["lr=1e-3", "lr=2e-3"], says: "twice", hint: "together" },
  { given: ["model=cello"], says: "one of", hint: "Choose" },
  { given: ["from=other"], says: '"from"', hint: "Choose" },
])("axesOf() refuses $given", ({ given, says, hint, random = false }) => {
  const refused = (): unknown => axesOf(given, random);
  expect(refused).toThrow(says);
  expect(refused).toThrow(expect.objectContaining({ code: "usage", exitCode: 2 }));
  try {
    refused();
  } catch (error) {
    expect((error as { hint: string }).hint).toContain(hint);
  }
});

test("pointOf() gives the settings that a training would have", () => {
  expect(pointOf({ lr: 0.002, latent: 8, pitch: "yes", "kl-warmup": 0.2 }).overrides).toEqual({
    learningRate: 0.002,
    latentSize: 8,
    pitch: true,
    klWarmUp: 0.2,
  });
});

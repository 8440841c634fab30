/**
 * A training step on a GPU against the same step on the processor. The GPU is SwiftShader, which
 * Chromium brings: it has no speed, but the provider, the shaders and the numbers are real.
 */

import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { RecipeDescription } from "../model/kinds.ts";
import { melShape } from "../model/mel.ts";
import { spectralShape } from "../model/spectral-shape.ts";
import { openGpu, openRuntime } from "../tensor/ort.node.ts";
import { type DeviceTrial, isRight, tryDevice } from "./device-trial.ts";

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** As small as they can be: a software GPU takes seconds for each. */
const models: readonly RecipeDescription[] = [
  {
    name: "spectral",
    shape: {
      ...spectralShape,
      ...{ exampleFrames: 8, latentSize: 4, width: 16, encoderBlocks: 1, decoderBlocks: 1 },
      pitch: true,
    },
  },
  { name: "mel", shape: { ...melShape, channels: [4, 4], frameCount: 8, latentSize: 4 } },
];

const why = existsSync(SWIFTSHADER) ? "" : " (left out: Chromium's SwiftShader is not installed)";

test.skipIf(why !== "").each(models)(
  `a step of $name on a GPU agrees with the processor's, and repeats bit for bit${why}`,
  async (model) => {
    process.env["VK_ICD_FILENAMES"] = SWIFTSHADER;
    const gpu = await openGpu();
    delete process.env["VK_ICD_FILENAMES"];
    const processor = await openRuntime({ kind: "native", threads: 1 });
    let nowMs = 0;
    // One step is timed, as if it took for ever.
    const clock = { nowMs: () => (nowMs += 10_000) };
    const trial = await tryDevice({ gpu, processor }, { model, batchSize: 1 }, clock);
    expect(trial).toMatchObject({
      repeats: true,
      batchSize: 1,
      device: expect.stringContaining("webgpu"),
    });
    expect(trial.error.loss).toBeLessThan(1e-5);
    expect(trial.error.gradient).toBeLessThan(1e-4);
    expect(trial.error.weights).toBeLessThan(1e-2);
  },
);

describe("isRight()", () => {
  const errors: readonly [DeviceTrial["error"], boolean][] = [
    [{ loss: 1e-6, gradient: 1e-5, weights: 1e-3 }, true],
    [{ loss: 0.01, gradient: 1e-5, weights: 1e-3 }, false],
    [{ loss: 1e-6, gradient: 0.5, weights: 1e-3 }, false],
    [{ loss: 1e-6, gradient: 1e-5, weights: Number.POSITIVE_INFINITY }, false],
    [{ loss: Number.NaN, gradient: 1e-5, weights: 1e-3 }, false],
  ];
  test.each(errors)("of %j is %s", (error, expected) => {
    expect(isRight({ error })).toBe(expected);
  });
});

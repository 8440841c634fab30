import { describe, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { sine } from "../../../test/support/tones.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { openCodec } from "../latent/codec.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { describeSegments, generatedSounds, noveltyOf } from "./evaluate-novelty.ts";

const tone = (hz: number, seconds: number): Float32Array =>
  Float32Array.from(sine({ hz, rateHz: MODEL_RATE_HZ, length: seconds * MODEL_RATE_HZ }));

describe("describeSegments()", () => {
  test.each([
    [0.1, 1],
    [1, 1],
    [1.2, 1],
    [1.3, 2],
    [2, 2],
  ])("cuts %d s into %d segments", (seconds, count) => {
    expect(describeSegments(tone(440, seconds))).toHaveLength(count);
  });

  test("leaves out pauses, but not all of a quiet file", () => {
    const quiet = tone(440, 3).map((sample) => sample * 1e-3);
    expect(describeSegments(quiet)).toHaveLength(3);
    const paused = Float32Array.from(quiet);
    paused.fill(0, MODEL_RATE_HZ, 2 * MODEL_RATE_HZ);
    expect(describeSegments(paused)).toHaveLength(2);
  });
});

describe("noveltyOf()", () => {
  const train = describeSegments(tone(200, 1)).concat(describeSegments(tone(2000, 1)));
  const heldOut = describeSegments(tone(400, 1));

  test("is 0 for copies and 1 for sounds like the held-out ones", () => {
    expect(noveltyOf({ train, heldOut, generated: train })?.ratio).toBe(0);
    expect(noveltyOf({ train, heldOut, generated: heldOut })).toEqual({
      ratio: 1,
      reading: "as-new",
      likeness: null,
      generatedCount: 1,
      trainCount: 2,
      heldOutCount: 1,
    });
  });

  test("is nothing without held-out sounds", () => {
    expect(noveltyOf({ train, heldOut: [], generated: train })).toBeNull();
  });
});

test("generated sounds are the same for the same seed", async () => {
  const tiny = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  // The tiny model's sounds differ by their noise alone.
  const texture = tiny.latents.texture.map(() => 1);
  const model = { ...tiny, latents: { ...tiny.latents, texture } };
  const codec = await openCodec(await openRuntime({ threads: 1 }), model.recipe, model.layout);
  const once = async (count: number, seed: number): Promise<Float64Array[]> => {
    const descriptors: Float64Array[] = [];
    for await (const one of generatedSounds(codec, model, { count, seed })) {
      descriptors.push(...one.descriptors);
    }
    return descriptors;
  };
  const [first, second] = await once(2, 5);
  expect(await once(1, 6)).toEqual([second]);
  expect(first).not.toEqual(second);
});

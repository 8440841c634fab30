import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { gainToDecibels } from "../audio/decibel.ts";
import { lengthOf } from "../audio/sound.ts";
import { CEILING_DB, truePeak } from "../audio/true-peak.ts";
import { openCodec } from "../latent/codec.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { type BlendMaker, type BlendMode, blendWeights, makeBlend } from "./blend.ts";
import { makeSound } from "./make-sound.ts";
import type { SoundRequest } from "./sound-request.ts";

const request: SoundRequest = {
  version: 1,
  seed: 4,
  sampleRate: 48_000,
  quality: "draft",
  length: 9600,
};

const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });
/** The same size and shape, with other weights. */
const other = { ...model, weights: model.weights.map((weight, i) => weight + 0.2 * Math.sin(i)) };

let makers: readonly Omit<BlendMaker, "weight">[];

beforeAll(async () => {
  const runtime = await openRuntime({ threads: 1 });
  makers = await Promise.all(
    [model, other].map(async (one) => ({
      model: one,
      codec: await openCodec(runtime, one.recipe, one.layout),
    })),
  );
});
afterAll(async () => {
  for (const { codec } of makers) await codec.release();
});

const blended = (mode: BlendMode, weights: readonly number[], asked: Partial<SoundRequest> = {}) =>
  makeBlend(
    { makers: makers.map((maker, i) => ({ ...maker, weight: weights[i]! })), mode },
    { ...request, ...asked },
  );

describe("makeBlend()", () => {
  test.each(["audio", "latent"] as const)(
    "%s: at 100 and 0 % it is the sound of one model, bit for bit",
    async (mode) => {
      for (const asked of [{}, { space: { kind: "two-seeds" as const } }]) {
        const [first, second] = await Promise.all(
          makers.map((maker) => makeSound(maker, { ...request, ...asked })),
        );
        expect(await blended(mode, [1, 0], asked)).toEqual(first);
        expect(await blended(mode, [0, 1], asked)).toEqual(second);
        expect(first).not.toEqual(second);
      }
    },
  );

  test("half and half differs from both, and from the other way to blend", async () => {
    const sounds = [
      await makeSound(makers[0]!, request),
      await makeSound(makers[1]!, request),
      await blended("audio", [0.5, 0.5]),
      await blended("latent", [0.5, 0.5]),
      await blended("latent", [0.7, 0.3]),
    ];
    for (const [i, a] of sounds.entries()) {
      expect(lengthOf(a)).toBe(9600);
      expect(gainToDecibels(truePeak(a))).toBeCloseTo(CEILING_DB, 2);
      for (const b of sounds.slice(i + 1)) expect(a).not.toEqual(b);
    }
  });

  test("is the same for the same models and request", async () => {
    for (const mode of ["audio", "latent"] as const) {
      expect(await blended(mode, [0.4, 0.6])).toEqual(await blended(mode, [0.4, 0.6]));
    }
  });

  test("one model alone says that it cannot make what several made", async () => {
    const parts = [
      { model: { name: "rain", sha256: "0".repeat(64) }, weight: 0.6 },
      { model: { name: "bells", sha256: "1".repeat(64) }, weight: 0.4 },
    ];
    await expect(
      makeSound(makers[0]!, { ...request, blend: { mode: "latent", parts } }),
    ).rejects.toMatchObject({
      code: "request-blended",
      hint: 'Use: etude blend "rain:60" "bells:40" --blend latent, with the same seed and settings.',
    });
  });
});

describe("blendWeights()", () => {
  const weights = (...percents: (number | undefined)[]) =>
    blendWeights(percents.map((percent, i) => ({ model: `model ${i}`, percent })));

  test("percentages are percentages, and the rest is shared", () => {
    expect(weights(60, 40)).toEqual([0.6, 0.4]);
    expect(weights(undefined, 25)).toEqual([0.75, 0.25]);
    expect(weights(undefined, undefined, 50)).toEqual([0.25, 0.25, 0.5]);
    expect(weights(60, 60)).toEqual([0.5, 0.5]);
    expect(weights(100, 0)).toEqual([1, 0]);
  });

  test("says what cannot be", () => {
    expect(() => weights(100)).toThrow("Cannot blend: found 1 models, need 2 to 4");
    expect(() => weights(1, 2, 3, 4, 5)).toThrow("found 5 models");
    expect(() => weights(100, undefined)).toThrow("found 100 % given");
    expect(() => weights(0, 0)).toThrow("found 0 % of every model");
  });
});

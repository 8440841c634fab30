/** What is fitted in closed form: against PyTorch's components, and against sounds of known rank. */

import { describe, expect, test } from "vitest";
import { largestDifference } from "../../../test/support/closeness.ts";
import { recordedRun } from "../../../test/support/recorded-spectral.ts";
import { fillNormal, seededRandom, shuffled, uniform } from "../../random.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { BIN_COUNT } from "./bands.ts";
import { type Examples, unpitched } from "./conditions.ts";
import { fitFoundation, type SpectralFoundation } from "./foundation.ts";
import { startingWeights } from "./parameters.ts";
import { spectralRecipe } from "./spectral.ts";
import type { SpectralShape } from "./spectral-shape.ts";
import { layoutOf, plainGraph } from "./step-graph.ts";

const runtime = await openRuntime({ threads: 1 });

test.each([false, true])("fitFoundation() finds PyTorch's parts, pitch: %s", async (pitch) => {
  const { recorded, examples, foundation } = recordedRun(pitch);
  const fitted = await fitFoundation(runtime, () => examples, recorded.config);
  expect(Object.keys(fitted).toSorted()).toEqual(Object.keys(foundation).toSorted());
  const parts = turned(fitted, foundation);
  for (const [name, expected] of Object.entries(foundation)) {
    const found = parts[name as keyof SpectralFoundation];
    expect(found?.shape, name).toEqual(expected.shape);
    expect(largestDifference(found?.values ?? [], expected.values), name).toBeLessThan(1e-4);
  }
});

function withoutPitch(frames: Float32Array): Examples {
  return { frames, conditions: unpitched(frames.length / BIN_COUNT) };
}

describe("a foundation with 3 latents and a network that has learned nothing", () => {
  const shape: SpectralShape = {
    ...{ groupFrames: 2, exampleFrames: 16, latentSize: 3 },
    ...{ width: 8, encoderBlocks: 1, decoderBlocks: 1, widening: 1 },
  };

  // Four points lie in a space of three dimensions, five points in one of four.
  test("rebuilds a corpus of four different sounds, which is of rank 3, exactly", async () => {
    expect(await worstErrorDb(corpusOf(4))).toBeLessThan(0.01);
  });

  test("does not rebuild a corpus of five different sounds, which is of rank 4", async () => {
    expect(await worstErrorDb(corpusOf(5))).toBeGreaterThan(1);
  });

  test("rebuilds a corpus of one sound, which is of rank 0 and leaves no latent a use", async () => {
    expect(await worstErrorDb(corpusOf(1))).toBeLessThan(0.01);
  });

  /** Groups of frames, each one of `count` spectra well above the floor; a spectrum a frame. */
  function corpusOf(count: number): Float32Array[] {
    const random = seededRandom(count);
    const size = shape.groupFrames * BIN_COUNT;
    const sounds = Array.from({ length: count }, () => {
      const slope = uniform(random, 10, 25);
      const noise = fillNormal(random, new Float32Array(size));
      return noise.map((x, i) => -10 - (slope * (i % BIN_COUNT)) / BIN_COUNT + 3 * x);
    });
    const groups = shape.exampleFrames / shape.groupFrames;
    return Array.from({ length: 3 }, () => {
      const order = shuffled(
        random,
        Array.from({ length: groups }, (_, i) => i % count),
      );
      return Float32Array.from(order.flatMap((sound) => [...(sounds[sound] ?? [])]));
    });
  }

  /** Encodes and decodes every example; the largest difference of a bin, in dB. */
  async function worstErrorDb(corpus: readonly Float32Array[]): Promise<number> {
    const foundation = await fitFoundation(runtime, () => corpus.map(withoutPitch), {
      ...shape,
      detailCount: 4,
    });
    const recipe = spectralRecipe(shape, foundation);
    const layout = layoutOf((scope) =>
      recipe.losses(scope, { mode: "train", batch: 1, freeBits: 0 }),
    );
    const latents = recipe.exampleLatents;
    const encode = plainGraph(layout, (scope) => ({
      mean: recipe.encode(scope, { batch: 1, frames: shape.exampleFrames }).mean,
    }));
    const decode = plainGraph(layout, (scope) => ({
      rebuilt: recipe.decode(scope, { batch: 1, latents }),
    }));
    const programs = [await runtime.compile(encode), await runtime.compile(decode)] as const;
    const weights = { data: startingWeights(layout, seededRandom(1)), shape: [layout.size] };
    let worst = 0;
    for (const data of corpus) {
      const frames = { data, shape: [1, shape.exampleFrames, BIN_COUNT] };
      const { mean } = await programs[0].run({ weights, frames });
      const code = { data: mean?.data ?? new Float32Array(0), shape: [latents, shape.latentSize] };
      const { rebuilt } = await programs[1].run({ weights, latents: code });
      for (const [i, level] of data.entries()) {
        worst = Math.max(worst, Math.abs((rebuilt?.data[i] ?? Number.NaN) - level));
      }
    }
    for (const program of programs) await program.release();
    return worst;
  }
});

/** A component may point either way: each is turned to where the expected one points. */
function turned(parts: SpectralFoundation, expected: SpectralFoundation): SpectralFoundation {
  const signsOf = (name: "decode" | "detailBasis"): number[] => {
    const { shape, values } = parts[name];
    const [count = 0, size = 0] = shape;
    return Array.from({ length: count }, (_, row) => {
      const own = values.subarray(row * size, (row + 1) * size);
      return Math.sign(
        own.reduce((sum, value, i) => sum + value * expected[name].values[row * size + i]!, 0),
      );
    });
  };
  const withSigns = (
    name: "encode" | "decode" | "detail" | "detailBasis",
    signOf: (place: number) => number | undefined,
  ) => ({
    shape: parts[name].shape,
    values: parts[name].values.map((value, i) => value * (signOf(i) ?? Number.NaN)),
  });
  const latents = signsOf("decode");
  const details = signsOf("detailBasis");
  const [, melSize = 0] = parts.decode.shape;
  const [, detailSize = 0] = parts.detail.shape;
  const { depth } = parts;
  const [, depthSize = 0] = depth?.shape ?? [];
  return {
    ...parts,
    encode: withSigns("encode", (i) => latents[i % latents.length]),
    decode: withSigns("decode", (i) => latents[Math.floor(i / melSize)]),
    detail: withSigns("detail", (i) => latents[Math.floor(i / detailSize)]),
    ...(depth && {
      depth: {
        shape: depth.shape,
        values: depth.values.map((v, i) => v * (latents[Math.floor(i / depthSize)] ?? Number.NaN)),
      },
    }),
    detailBasis: withSigns("detailBasis", (i) => details[Math.floor(i / BIN_COUNT)]),
  };
}

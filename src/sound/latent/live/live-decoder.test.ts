import { describe, expect, test } from "vitest";
import { tinyModel } from "../../../../test/support/tiny-model.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { fastPlan } from "../../audio/packed-fourier.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../../model/bands.ts";
import { melShape } from "../../model/mel.ts";
import { melRecipe } from "../../model/mel-recipe.ts";
import { recipeLayout } from "../../model/model-file.ts";
import { startingWeights } from "../../model/parameters.ts";
import { openRuntime } from "../../tensor/ort.node.ts";
import { openCodec } from "../codec.ts";
import { soundOfLevels } from "../render.ts";
import { type GroupDecoder, openGroupDecoder, openLearningDecoder } from "./group-decoder.ts";
import { openLiveDecoder } from "./live-decoder.ts";

const runtime = await openRuntime({ threads: 1 });

/** With weights that make everything depend on everything that it may depend on. */
function wild(seed: number) {
  const model = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  const noise = fillNormal(seededRandom(seed), new Float32Array(model.layout.size));
  return { ...model, weights: model.weights.map((value, i) => value + 0.1 * (noise[i] ?? 0)) };
}

const plan = await fastPlan(2048);
const model = wild(5);
const codec = await openCodec(runtime, model.recipe, model.layout);
const decoder = await openGroupDecoder(runtime, model);
const { latentSize: size, reach, framesPerLatent } = decoder;
const LATENTS = 24;
const path = fillNormal(seededRandom(7), new Float32Array(LATENTS * size));
const rowOf = (t: number): Float32Array => path.subarray(t * size, (t + 1) * size);
const texture = new Float32Array(TEXTURE_BANDS);

/** Rows t - reach to t + reach; beyond the ends the first or the last again. */
function windowAt(t: number): Float32Array {
  const rows = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    rowOf(Math.min(LATENTS - 1, Math.max(0, t + i - reach))),
  );
  return Float32Array.from(rows.flatMap((row) => [...row]));
}

describe("group decoders", () => {
  test("give the frames of the whole path, vector by vector", async () => {
    const whole = await codec.decode(model, path, LATENTS * framesPerLatent);
    const learning = await openLearningDecoder(runtime, model.recipe, model.layout);
    for (const one of [decoder, learning.withWeights(model)]) {
      const parts = await Promise.all(
        Array.from({ length: LATENTS }, (_, t) => one.decode(windowAt(t))),
      );
      expect(parts.flatMap((part) => [...part])).toHaveLength(whole.length);
      for (const [t, part] of parts.entries()) {
        const from = t * framesPerLatent * BIN_COUNT;
        const gap = part.reduce(
          (most, x, i) => Math.max(most, Math.abs(x - (whole[from + i] ?? 0))),
          0,
        );
        expect(gap).toBeLessThan(1e-3);
      }
    }
    await learning.release();
  });

  test("fade pictures into each other as the whole path does", async () => {
    const recipe = melRecipe({ ...melShape, channels: [2, 2], frameCount: 16, latentSize: 3 });
    const layout = recipeLayout(recipe);
    const weights = startingWeights(layout, seededRandom(2));
    const mel = { recipe, layout, weights, statistics: recipe.startingStatistics };
    const pictures = await openCodec(runtime, recipe, layout);
    const groups = await openGroupDecoder(runtime, mel);
    const means = fillNormal(seededRandom(3), new Float32Array(5 * 3));
    const whole = await pictures.decode(mel, means, 4 * 8);
    const second = await groups.decode(means.subarray(0, 9));
    expect(second).toHaveLength(8 * BIN_COUNT);
    const gap = second.reduce(
      (most, x, i) => Math.max(most, Math.abs(x - (whole[8 * BIN_COUNT + i] ?? 0))),
      0,
    );
    expect(gap).toBeLessThan(1e-3);
    await pictures.release();
    await groups.release();
  });
});

async function played(first: GroupDecoder, change?: { at: number; to: GroupDecoder }) {
  const live = openLiveDecoder(first, { seed: 3, plan });
  const blocks: Float32Array[] = [];
  for (let t = 0; t < LATENTS; t += 1) {
    if (t === change?.at) live.use(change.to);
    const rows = Array.from({ length: reach + 1 }, (_, i) => rowOf(Math.min(LATENTS - 1, t + i)));
    blocks.push(await live.next({ rows, texture, reference: 1 }));
  }
  return { live, blocks, samples: Float32Array.from(blocks.flatMap((block) => [...block])) };
}

describe("openLiveDecoder()", () => {
  test("sounds like the offline draft of the same path", async () => {
    const levels = await codec.decode(model, path, LATENTS * framesPerLatent);
    const { samples, blocks, live } = await played(decoder);
    expect(blocks.at(-1)).toHaveLength(framesPerLatent * 512);
    expect(samples).toHaveLength(LATENTS * framesPerLatent * 512 - live.delayLength);
    const draft = await soundOfLevels(levels, {
      length: samples.length,
      quality: "draft",
      random: seededRandom(3),
      framesPerLatent,
    });
    const level = (part: Float32Array): number =>
      10 * Math.log10(part.reduce((sum, x) => sum + x * x, 0));
    for (let at = 0; at + 4096 <= samples.length; at += 4096) {
      const gap = level(samples.slice(at, at + 4096)) - level(draft.slice(at, at + 4096));
      expect(Math.abs(gap)).toBeLessThan(1);
    }
  });

  test("goes over to other weights without a gap, and sounds as they do soon after", async () => {
    const other = await openGroupDecoder(runtime, wild(6));
    const before = await played(decoder);
    const after = await played(other);
    const mixed = await played(decoder, { at: 12, to: other });
    expect(mixed.samples).toHaveLength(before.samples.length);
    const heard = 12 * framesPerLatent * 512 - mixed.live.delayLength - 1024;
    expect(mixed.samples.slice(0, heard)).toEqual(before.samples.slice(0, heard));
    const steps = (samples: Float32Array): number =>
      samples.reduce((most, x, i) => Math.max(most, Math.abs(x - (samples[i - 1] ?? 0))), 0);
    const loudest = Math.max(steps(before.samples), steps(after.samples));
    expect(steps(mixed.samples)).toBeLessThan(1.5 * loudest);
    await other.release();
  });

  test("lets decoded levels be changed before they sound", async () => {
    const live = openLiveDecoder(decoder, { seed: 3, plan });
    let heard = 0;
    for (let t = 0; t < 6; t += 1) {
      const samples = await live.next({
        rows: [rowOf(t)],
        texture,
        reference: 1,
        move: (levels) => void levels.fill(-200),
      });
      heard = samples.reduce((most, x) => Math.max(most, Math.abs(x)), heard);
    }
    expect(heard).toBe(0);
  });
});

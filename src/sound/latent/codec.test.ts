import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT, unpitched } from "../model/conditions.ts";
import { melShape } from "../model/mel.ts";
import { melRecipe } from "../model/mel-recipe.ts";
import { type Model, recipeLayout } from "../model/model-file.ts";
import { startingWeights } from "../model/parameters.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { type Heard, openCodec } from "./codec.ts";

const runtime = await openRuntime({ threads: 1 });

/** With weights that make everything depend on everything that it may depend on. */
function wildModel(): Model {
  const folder = { train: [], validation: [], totalSeconds: 0 };
  const model = tinyModel(folder);
  const noise = fillNormal(seededRandom(5), new Float32Array(model.layout.size));
  return { ...model, weights: model.weights.map((value, i) => value + 0.1 * (noise[i] ?? 0)) };
}

function heardOf(frameCount: number): Heard {
  const noise = fillNormal(seededRandom(6), new Float32Array(frameCount * BIN_COUNT));
  const levels = noise.map((value) => Math.min(0, -40 + 10 * value));
  return { levels, conditions: unpitched(frameCount) };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? 0))), 0);
}

const model = wildModel();
const codec = await openCodec(runtime, model.recipe, model.layout);
const { latentSize, framesPerLatent } = codec;
const context = model.recipe.contextLatents;

test("a codec gives one vector for each group of frames, also for a last half one", async () => {
  for (const frameCount of [1, framesPerLatent, framesPerLatent + 1, 300]) {
    const path = await codec.encode(model, heardOf(frameCount));
    expect(path.latentCount).toBe(Math.ceil(frameCount / framesPerLatent));
    expect(path.means).toHaveLength(path.latentCount * latentSize);
    expect(path.logVariances).toHaveLength(path.latentCount * latentSize);
    expect(path.means.every(Number.isFinite)).toBe(true);
  }
});

test("encode() leaves no seams: a sound that begins later has the same vectors", async () => {
  const { levels, conditions } = heardOf(200 * framesPerLatent);
  const whole = await codec.encode(model, { levels, conditions });
  expect(new Set(whole.means.subarray(0, 40)).size).toBeGreaterThan(30);
  const cut = 37;
  const rest = levels.subarray(cut * framesPerLatent * BIN_COUNT);
  const later = await codec.encode(model, {
    levels: rest,
    conditions: conditions.subarray(cut * framesPerLatent * CONDITION_COUNT),
  });
  expect(
    largestDifference(
      later.means.subarray(context * latentSize),
      whole.means.subarray((cut + context) * latentSize),
    ),
  ).toBeLessThan(1e-4);
});

test("decode() leaves no seams: a path that begins later has the same frames", async () => {
  const path = fillNormal(seededRandom(7), new Float32Array(200 * latentSize));
  const frameCount = 200 * framesPerLatent;
  const whole = await codec.decode(model, path, frameCount);
  const cut = 37;
  const later = await codec.decode(model, path.subarray(cut * latentSize), frameCount);
  const rowSize = framesPerLatent * BIN_COUNT;
  expect(
    largestDifference(later.subarray(context * rowSize), whole.subarray((cut + context) * rowSize)),
  ).toBeLessThan(1e-3);
});

test("decode() gives as many frames as were asked for", async () => {
  const path = fillNormal(seededRandom(7), new Float32Array(30 * latentSize));
  for (const frameCount of [1, 30, 30 * framesPerLatent]) {
    const levels = await codec.decode(model, path, frameCount);
    expect(levels).toHaveLength(frameCount * BIN_COUNT);
    expect(levels.every(Number.isFinite)).toBe(true);
  }
});

test("the codec of the mel model covers a sound by pictures that add up to 1", async () => {
  const recipe = melRecipe(melShape);
  const layout = recipeLayout(recipe);
  const weights = startingWeights(layout, seededRandom(1));
  const voice = { weights, statistics: recipe.startingStatistics };
  const pictures = await openCodec(runtime, recipe, layout);
  const hop = pictures.framesPerLatent;
  const { means, latentCount } = await pictures.encode(voice, heardOf(2 * hop + 5));
  expect(latentCount).toBe(4);
  const same = new Float32Array(means.length);
  for (let i = 0; i < latentCount; i += 1) same.set(means.subarray(0, 64), i * 64);
  const levels = await pictures.decode(voice, same, 2 * hop);
  // One picture over and over: at half a picture's distance its halves are faded into each other.
  const [single] = [await pictures.decode(voice, same.subarray(0, 128), hop)];
  expect(largestDifference(levels.subarray(0, hop * BIN_COUNT), single)).toBeLessThan(1e-3);
  expect(largestDifference(levels.subarray(hop * BIN_COUNT), single)).toBeLessThan(1e-3);
  await pictures.release();
});

import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { pitchedModel } from "../../../test/support/pitched-model.ts";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT, framedConditions } from "../model/conditions.ts";
import { describeRecipe, recipeOf } from "../model/kinds.ts";
import { type Model, recipeLayout } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { elementCount } from "../tensor/shapes.ts";
import { openCodec } from "./codec.ts";
import { exportOnnx, type OnnxDescription, type OnnxPort } from "./onnx-export.ts";

const noise = (count: number, seed: number): Float32Array =>
  fillNormal(seededRandom(seed), new Float32Array(count));

/** Weights that make everything depend on everything, and latents of a size that fits. */
function wild(model: Model): Model {
  const rowSize = model.recipe.latentSize + model.recipe.conditions.length;
  const spread = noise(model.layout.size, 5);
  return {
    ...model,
    weights: model.weights.map((value, i) => value + 0.1 * spread[i]!),
    latents: { ...model.latents, means: noise(24 * rowSize, 8) },
  };
}

function melModel(): Model {
  const plain = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  const description = describeRecipe("mel", { latentSize: 4, exampleFrames: 16, pitch: false });
  const recipe = recipeOf(description, undefined);
  const layout = recipeLayout(recipe);
  return {
    ...plain,
    description: { ...plain.description, recipe: description },
    recipe,
    layout,
    foundation: undefined,
    weights: noise(layout.size, 9).map((value) => value / 20),
    // Means, then variances: all are positive, so that none is the root of a negative number.
    statistics: noise(recipe.startingStatistics.length, 10).map((value) => 0.5 + Math.abs(value)),
  };
}

/** What somebody else's program does: it knows the files, and nothing of étude. */
async function elsewhere(
  bytes: Uint8Array,
  ports: { readonly inputs: readonly OnnxPort[]; readonly outputs: readonly OnnxPort[] },
  values: { readonly [name: string]: Float32Array },
): Promise<{ readonly [name: string]: Float32Array }> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  expect([...session.inputNames].sort()).toEqual(ports.inputs.map(({ name }) => name).sort());
  expect([...session.outputNames].sort()).toEqual(ports.outputs.map(({ name }) => name).sort());
  const feeds = ports.inputs.map(({ name, shape }) => [
    name,
    new ort.Tensor("float32", values[name]!, [...shape]),
  ]);
  const results = await session.run(Object.fromEntries(feeds));
  for (const { name, shape } of ports.outputs) expect(results[name]?.dims).toEqual(shape);
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, { data }]) => [name, data as Float32Array]),
  );
}

const models = {
  plain: wild(tinyModel({ train: [], validation: [], totalSeconds: 0 })),
  pitched: wild(pitchedModel()),
};

describe.each(Object.entries(models))("exportOnnx() of a %s model", (_name, model) => {
  const { encoder, decoder, description } = exportOnnx(model);
  const told = JSON.parse(JSON.stringify(description)) as OnnxDescription;
  const { frames, latents, contextLatents, framesFromLatentToLatent } = told.window;

  test("gives programs that say the same as étude, by ONNX Runtime alone", async () => {
    const codec = await openCodec(await openRuntime({ threads: 1 }), model.recipe, model.layout);
    const levels = noise(frames * BIN_COUNT, 6).map((value) => Math.min(0, -40 + 10 * value));
    const rows = Float32Array.from({ length: latents * CONDITION_COUNT }, (_, i) =>
      i % 2 === 0 ? 8 + Math.sin(i / 40) : 0.8,
    );
    const conditions = framedConditions(rows, framesFromLatentToLatent);
    const path = await codec.encode(model, { levels, conditions });
    const { mean } = await elsewhere(encoder, told.encoder, { frames: levels, conditions });
    const size = model.recipe.latentSize;
    for (let row = contextLatents; row < latents - contextLatents; row += 1) {
      for (let i = 0; i < size; i += 1) {
        expect(mean![row * size + i]).toBeCloseTo(path.means[row * codec.latentSize + i]!, 4);
      }
    }

    const rowsIn = noise(latents * codec.latentSize, 7);
    const named = new Float32Array(latents * CONDITION_COUNT);
    const vectors = new Float32Array(latents * size);
    for (let row = 0; row < latents; row += 1) {
      for (let i = 0; i < size; i += 1) {
        vectors[row * size + i] = rowsIn[row * codec.latentSize + i]!;
      }
      if (codec.conditions.length === 0) continue;
      const [pitch, voicing] = [8.5, 1];
      rowsIn.set([pitch, voicing], row * codec.latentSize + size);
      named.set([pitch, voicing], row * CONDITION_COUNT);
    }
    const inside = await codec.decode(model, rowsIn, frames);
    const outside = await elsewhere(decoder, told.decoder, {
      latents: vectors,
      conditions: framedConditions(named, framesFromLatentToLatent),
    });
    const edge = contextLatents * framesFromLatentToLatent * BIN_COUNT;
    let largest = 0;
    for (let i = edge; i < inside.length - edge; i += 1) {
      largest = Math.max(largest, Math.abs(inside[i]! - outside["frames"]![i]!));
    }
    expect(largest).toBeLessThan(1e-3);
    await codec.release();
  });

  test("tells where the recordings' latents lie", () => {
    const { count, mean, deviation, least, largest } = told.latents;
    const rowSize = model.recipe.latentSize + model.recipe.conditions.length;
    const first = Array.from({ length: count }, (_, row) => model.latents.means[row * rowSize]!);
    expect(count).toBe(24);
    expect(mean).toHaveLength(model.recipe.latentSize);
    expect(mean[0]).toBeCloseTo(first.reduce((a, b) => a + b) / 24, 5);
    expect(least[0]).toBe(Math.min(...first));
    expect(largest[0]).toBe(Math.max(...first));
    expect(deviation.every((value) => value > 0.3 && value < 2)).toBe(true);
  });

  test("uses standard operators alone", () => {
    for (const bytes of [encoder, decoder]) {
      expect(Buffer.from(bytes).includes("com.microsoft")).toBe(false);
    }
  });
});

test("exportOnnx() of a mel model has its running statistics inside", async () => {
  const model = melModel();
  const { encoder, decoder, description } = exportOnnx(model);
  const elements = elementCount(description.encoder.inputs[0]!.shape);
  const frames = noise(elements, 6).map((value) => Math.min(0, -40 + 10 * value));
  const { mean } = await elsewhere(encoder, description.encoder, { frames });
  expect(mean!.every(Number.isFinite)).toBe(true);
  const back = await elsewhere(decoder, description.decoder, { latents: mean! });
  expect(back["frames"]!.every(Number.isFinite)).toBe(true);
});

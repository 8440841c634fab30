import { expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { melShape } from "./mel.ts";
import { readModel, writeModel } from "./model-file.ts";
import { readTensorFile, writeTensorFile } from "./safetensors.ts";

const corpus = {
  train: [{ contentHash: "a0".repeat(32), soundHash: "a1".repeat(32) }],
  validation: [{ contentHash: "b0".repeat(32), soundHash: "b1".repeat(32) }],
  totalSeconds: 3,
};
const model = tinyModel(corpus);

test("a model is read back as it was written", async () => {
  const { recipe, ...written } = model;
  const { recipe: readRecipe, ...read } = await readModel(await writeModel(written), "x.etude");
  expect(read).toEqual(written);
  expect(readRecipe).toMatchObject({ codec: recipe.codec, latentSize: recipe.latentSize });
});

test("a model without the corpus' latents, as checkpoints hold it, is read back too", async () => {
  const none = {
    means: new Float32Array(0),
    lengths: [],
    texture: new Float32Array(0),
    loudness: new Float32Array(0),
    references: [],
  };
  const read = await readModel(await writeModel({ ...model, latents: none }), "x.etude");
  expect(read.latents).toEqual(none);
});

async function changed(
  change: (file: Awaited<ReturnType<typeof readTensorFile>>) => object,
): Promise<Uint8Array> {
  const file = await readTensorFile(await writeModel(model), "x");
  return writeTensorFile({ ...file, ...change(file) });
}

test("a model of an earlier étude, which tells its recordings by name, knows none of them", async () => {
  const { train: _train, validation: _validation, ...rest } = model.description.corpus;
  const named = { ...rest, folder: "/home/me", trainFiles: ["a.wav"], validationFiles: ["b.wav"] };
  const bytes = await changed(({ metadata }) => ({
    metadata: {
      ...metadata,
      description: JSON.stringify({ ...model.description, corpus: named }),
    },
  }));
  expect((await readModel(bytes, "old.etude")).description.corpus).toEqual({
    train: [],
    validation: [],
    totalSeconds: 3,
  });
});

test.each([
  { what: "another kind", metadata: { format: "etude-checkpoint" }, code: "model-not-a-model" },
  { what: "no kind at all", metadata: { format: "" }, code: "model-not-a-model" },
  { what: "a newer version", metadata: { version: "2" }, code: "model-newer-than-program" },
])("a file of $what is refused with exit code 2", async ({ metadata, code }) => {
  const bytes = await changed((file) => ({ metadata: { ...file.metadata, ...metadata } }));
  await expect(readModel(bytes, "odd.etude")).rejects.toMatchObject({
    code,
    exitCode: 2,
    message: expect.stringContaining("odd.etude"),
  });
});

test("a file without one of its tensors is refused, and the tensor named", async () => {
  const bytes = await changed(({ tensors }) => {
    const { "foundation.encode": _encode, ...rest } = tensors;
    return { tensors: rest };
  });
  await expect(readModel(bytes, "x.etude")).rejects.toThrow('no tensor "foundation.encode"');
});

test("a file with a tensor of another shape is refused with both shapes", async () => {
  const bytes = await changed(({ tensors }) => ({
    tensors: { ...tensors, "foundation.melMean": { shape: [2], data: new Float32Array(2) } },
  }));
  await expect(readModel(bytes, "x.etude")).rejects.toThrow(/melMean" is \[2\], need \[\d+\]/);
});

test("a mel model from before its present scale is refused, for it would sound wrong", async () => {
  const recipe = { name: "mel", shape: melShape };
  const saying = (settings: object): Promise<Uint8Array> =>
    changed(({ metadata }) => ({
      metadata: {
        ...metadata,
        description: JSON.stringify({ ...model.description, recipe, settings }),
      },
    }));
  await expect(readModel(await saying({}), "old.etude")).rejects.toMatchObject({
    code: "model-outdated",
    exitCode: 2,
    message: expect.stringContaining('"old.etude": its mel model sees loudness'),
  });
  // What it says now is read on, up to the tensors that this spectral file lacks.
  await expect(readModel(await saying({ chunkSeconds: 1 }), "new.etude")).rejects.toMatchObject({
    code: "tensor-file-damaged",
  });
});

/** Damaged and crafted model files: each is refused in words, or read exactly as it stands. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  forgedTensorFile,
  partsOfTensorFile,
  readOrRefused,
  spoiled,
  type TensorParts,
  tensorFile,
} from "../../../test/support/forged.ts";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { UserError } from "../../errors.ts";
import { type Model, readModel, writeModel } from "./model-file.ts";

const { recipe: _, ...model } = tinyModel({
  train: [{ contentHash: "a1".repeat(32), soundHash: "b2".repeat(32) }],
  validation: [{ contentHash: "c3".repeat(32) }],
  totalSeconds: 3,
});
const whole = await writeModel(model);
const parts = partsOfTensorFile(whole);

/** Whether this is the model that was written, to the last bit; its description may be another. */
async function isModel(read: Model): Promise<boolean> {
  return Buffer.compare(await writeModel({ ...read, description: model.description }), whole) === 0;
}

/** @param change What it returns goes over the header. */
function forged(change: (header: TensorParts["header"]) => object): Buffer {
  return forgedTensorFile({ ...parts, header: { ...parts.header, ...change(parts.header) } });
}

function withMetadata(change: object): Buffer {
  return forged(({ __metadata__: metadata }) => ({ __metadata__: { ...metadata, ...change } }));
}

function withEntry(key: string, change: object): Buffer {
  return forged((header) => ({ [key]: { ...header[key], ...change } }));
}

function withNumber(key: string, value: number): Buffer {
  const body = Buffer.from(parts.body);
  body.writeFloatLE(value, parts.header[key].data_offsets[0]);
  return forgedTensorFile({ ...parts, body });
}

/** A tensor between the header's last and the end of the file. */
function withTensor(entry: unknown, bytes = 4): Buffer {
  const header = { ...parts.header, more: entry };
  return forgedTensorFile({ header, body: Buffer.concat([parts.body, Buffer.alloc(bytes)]) });
}

function withDescription(change: (description: TensorParts["header"]) => unknown): Buffer {
  const description = JSON.parse(parts.header.__metadata__.description);
  return withMetadata({ description: JSON.stringify(change(description)) });
}

function withShape(change: object): Buffer {
  return withDescription((description) => {
    const { name, shape } = description.recipe;
    return { ...description, recipe: { name, shape: { ...shape, ...change } } };
  });
}

const end = parts.body.length;
const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
const { sha256: __, headerSha256: ___, ...unsigned } = parts.header.__metadata__;
const [firstName = ""] = Object.keys(parts.header).filter((key) => key.startsWith("weights."));

describe("a forged model is refused in words", () => {
  test.each<[string, Uint8Array]>([
    ["no checksums", tensorFile({ ...parts.header, __metadata__: unsigned }, parts.body)],
    [
      "a checksum of its numbers only",
      tensorFile(
        {
          ...parts.header,
          __metadata__: { ...unsigned, sha256: parts.header.__metadata__.sha256 },
        },
        parts.body,
      ),
    ],
    ["weights that are not a number", withNumber(firstName, Number.NaN)],
    ["an infinite latent", withNumber("latents", Number.NEGATIVE_INFINITY)],
    ["an infinite foundation", withNumber("foundation.decode", Number.POSITIVE_INFINITY)],
    ["a roughness beyond 1", withNumber("texture", 7)],
    ["a negative roughness", withNumber("texture", -0.1)],
    ["overlapping tensors", withTensor({ dtype: "F32", shape: [1], data_offsets: [0, 4] })],
    ["a gap", withTensor({ dtype: "F32", shape: [1], data_offsets: [end + 4, end + 8] }, 8)],
    ["bytes of no tensor", withTensor({ dtype: "F32", shape: [0], data_offsets: [end, end] })],
    [
      "a tensor beyond the end",
      withTensor({ dtype: "F32", shape: [2], data_offsets: [end, end + 8] }),
    ],
    [
      "an offset as text",
      withTensor({ dtype: "F32", shape: [1], data_offsets: [String(end), end + 4] }),
    ],
    [
      "three offsets",
      withTensor({ dtype: "F32", shape: [1], data_offsets: [end, end + 4, end + 4] }),
    ],
    ["a shape as a number", withTensor({ dtype: "F32", shape: 1, data_offsets: [end, end + 4] })],
    ["a negative length", withTensor({ dtype: "F32", shape: [-1], data_offsets: [end, end + 4] })],
    [
      "two negative lengths",
      withTensor({ dtype: "F32", shape: [-1, -1], data_offsets: [end, end + 4] }),
    ],
    ["half a length", withTensor({ dtype: "F32", shape: [0.5, 2], data_offsets: [end, end + 4] })],
    [
      "more than is described",
      withTensor({ dtype: "F32", shape: [1], data_offsets: [end, end + 4], a: 1 }),
    ],
    ["no description of a tensor", withTensor(null)],
    ["a tensor described by text", withTensor("F32")],
    [
      "weights of another shape",
      withEntry(firstName, { shape: [parts.header[firstName].shape[0], 1, 1] }),
    ],
    ["no metadata", tensorFile({ ...parts.header, __metadata__: null }, parts.body)],
    ["metadata as a list", tensorFile({ ...parts.header, __metadata__: ["a"] }, parts.body)],
    ["metadata as text", tensorFile({ ...parts.header, __metadata__: "abc" }, parts.body)],
    ["numbers in its metadata", withMetadata({ format: 5 })],
    ["no version", withMetadata({ version: "" })],
    ["a version that is no number", withMetadata({ version: "one" })],
    ["version 0", withMetadata({ version: "0" })],
    ["half a version", withMetadata({ version: "0.5" })],
    ["a description that is no JSON", withMetadata({ description: "{" })],
    ["an empty description", withMetadata({ description: "{}" })],
    ["null for a description", withMetadata({ description: "null" })],
    ["a description in many brackets", withMetadata({ description: nested(100_000) })],
    ["a header in many brackets", tensorFile(`{"a":${nested(100_000)}}`, parts.body)],
    [
      "a hash of a wrong type",
      withDescription((all) => ({
        ...all,
        corpus: { ...all.corpus, train: [{ contentHash: 7 }] },
      })),
    ],
    ["a name that is a list", withDescription((all) => ({ ...all, name: ["a"] }))],
    [
      "an unknown recipe",
      withDescription((all) => ({ ...all, recipe: { name: "toString", shape: {} } })),
    ],
    ["a recipe without a shape", withDescription((all) => ({ ...all, recipe: { name: "mel" } }))],
    ["a billion latents", withShape({ latentSize: 1e9 })],
    ["a billion blocks", withShape({ encoderBlocks: 1e9 })],
    ["the most blocks", withShape({ encoderBlocks: 64, decoderBlocks: 64, width: 8192 })],
    ["a negative width", withShape({ width: -16 })],
    ["groups that do not fill an example", withShape({ exampleFrames: 17 })],
    ["latents as text", withShape({ latentSize: "4" })],
    ["lengths that are no list", withMetadata({ latentLengths: "24" })],
    ["negative lengths", withMetadata({ latentLengths: "[-8,32]" })],
    ["a recording of no length", withMetadata({ latentLengths: "[24,0]" })],
    ["more lengths than latents", withMetadata({ latentLengths: "[24,8]" })],
    ["a checkpoint's format", withMetadata({ format: "etude-checkpoint" })],
  ])("with %s", async (_what, bytes) => {
    const read = await readOrRefused(readModel(bytes, "forged.etude"));
    expect(read).toBeInstanceOf(UserError);
    expect((read as UserError).message).toMatch(/^Cannot (use|read) "forged\.etude": \S/);
  });
});

test.each([1, 2, 3, 5])(
  "a model whose numbers begin %i bytes off is read as it is",
  async (off) => {
    const { __metadata__: metadata, ...tensors } = parts.header;
    const text = (padding: number): string =>
      JSON.stringify({ ...tensors, __metadata__: metadata }) + " ".repeat(padding);
    const wanted = (8 - (Buffer.byteLength(text(0)) % 8)) % 8;
    const bytes = tensorFile(text(wanted + off), parts.body);
    const read = await readModel(bytes, "x");
    expect(read.description).toEqual(model.description);
    expect(await isModel(read)).toBe(true);
  },
);

test("a model is read from anywhere in a larger buffer", async () => {
  const bytes = Buffer.concat([Buffer.alloc(3), whole, Buffer.alloc(5)]).subarray(3, -5);
  const read = await readModel(bytes, "x");
  expect(read.description).toEqual(model.description);
  expect(await isModel(read)).toBe(true);
});

test("a model with any field of its description spoiled is refused, or read as it stands", async () => {
  const description = JSON.parse(parts.header.__metadata__.description);
  const checkedAll = fc.asyncProperty(spoiled(description), async (spoilt) => {
    const text = JSON.stringify(spoilt) ?? "";
    const read = await readOrRefused(readModel(withMetadata({ description: text }), "x"));
    if (read instanceof UserError) return;
    const told = JSON.parse(text);
    // Older files name none of their recordings.
    const corpus = { train: [], validation: [], ...told.corpus };
    expect(read.description).toEqual({ ...told, corpus });
    expect(await isModel(read)).toBe(true);
  });
  await fc.assert(checkedAll, { numRuns: 200, seed: 1 });
});

test("a model with any part of its header spoiled is refused, or read as it was written", async () => {
  const { __metadata__: metadata, ...tensors } = parts.header;
  const few = Object.fromEntries(Object.entries(tensors).slice(0, 3));
  const checkedAll = fc.asyncProperty(spoiled(few), async (spoilt) => {
    const header = { ...tensors, ...(spoilt as object), __metadata__: metadata };
    const read = await readOrRefused(readModel(forgedTensorFile({ ...parts, header }), "x"));
    if (read instanceof UserError) return;
    expect(read.description).toEqual(model.description);
    expect(await isModel(read)).toBe(true);
  });
  await fc.assert(checkedAll, { numRuns: 200, seed: 2 });
});

test("a model with any stretch of bytes damaged is refused, or read as it was written", async () => {
  const headerEnd = whole.length - parts.body.length;
  const damage = fc.record({
    // Headers are where the traps are.
    at: fc.oneof(fc.nat(headerEnd), fc.nat(whole.length - 1)),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 16 }),
    lost: fc.nat(16),
  });
  const checkedAll = fc.asyncProperty(damage, async ({ at, bytes, lost }) => {
    const damaged = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + lost)]);
    const read = await readOrRefused(readModel(damaged, "x"));
    if (read instanceof UserError) return;
    expect(read.description).toEqual(model.description);
    expect(await isModel(read)).toBe(true);
  });
  await fc.assert(checkedAll, { numRuns: 300, seed: 3 });
});

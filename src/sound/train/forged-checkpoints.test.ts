/** Damaged and crafted checkpoints: each is refused in words, or read exactly as it stands. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  forgedTensorFile,
  partsOfTensorFile,
  readOrRefused,
  spoiled,
} from "../../../test/support/forged.ts";
import { UserError } from "../../errors.ts";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { afterStep, progressAtStart } from "./progress.ts";

const numbers = (value: number): Float32Array => new Float32Array(6).fill(value);
const losses = { total: 3, reconstruction: 2.5, kl: 50 };
const checkpoint: Checkpoint = {
  learner: {
    weights: numbers(0.5),
    moment: numbers(-2),
    variance: numbers(1 / 3),
    average: numbers(-0),
    statistics: numbers(1).subarray(0, 2),
  },
  data: { random: 4_000_000_000, deck: [3, 1, 2] },
  progress: {
    ...afterStep(progressAtStart(9), losses),
    step: 20,
    epoch: 2,
    history: [0.2, 0.1],
    best: { epoch: 2, step: 16, value: 0.1 },
    elapsedMs: 1234.5,
  },
};
const whole = await writeCheckpoint(checkpoint);
const parts = partsOfTensorFile(whole);

function withMetadata(change: object): Buffer {
  const { __metadata__: metadata } = parts.header;
  const header = { ...parts.header, __metadata__: { ...metadata, ...change } };
  return forgedTensorFile({ ...parts, header });
}

function withProgress(change: object): Buffer {
  return withMetadata({ progress: JSON.stringify({ ...checkpoint.progress, ...change }) });
}

function withNumber(key: string, value: number): Buffer {
  const body = Buffer.from(parts.body);
  body.writeFloatLE(value, parts.header[key].data_offsets[0]);
  return forgedTensorFile({ ...parts, body });
}

describe("a forged checkpoint is refused in words", () => {
  test.each<[string, Uint8Array]>([
    ["an empty progress", withMetadata({ progress: "{}" })],
    ["no progress", withMetadata({ progress: undefined })],
    ["null for its progress", withMetadata({ progress: "null" })],
    ["a negative step", withProgress({ step: -1 })],
    ["half a step", withProgress({ step: 0.5 })],
    ["a step as text", withProgress({ step: "20" })],
    ["no end", withProgress({ epochsTotal: 0 })],
    ["an end that never comes", withProgress({ epochsTotal: 1e300 })],
    ["a best epoch that is not done", withProgress({ best: { epoch: 3, step: 24, value: 0.1 } })],
    ["a best loss that is none", withProgress({ best: { epoch: 1, step: 8, value: null } })],
    ["a history of words", withProgress({ history: ["good", "better"] })],
    ["sums without a count", withProgress({ sums: losses })],
    ["time that runs backwards", withProgress({ elapsedMs: -1 })],
    ["no state of its random numbers", withMetadata({ data: '{"deck":[]}' })],
    ["a state beyond 32 bits", withMetadata({ data: '{"deck":[],"random":4294967296}' })],
    ["a negative file in the deck", withMetadata({ data: '{"deck":[-1],"random":1}' })],
    ["a weight that is not a number", withNumber("weights", Number.NaN)],
    ["an infinite moment", withNumber("moment", Number.POSITIVE_INFINITY)],
    ["a negative variance", withNumber("variance", -1e-9)],
    ["a model's format", withMetadata({ format: "etude-model" })],
    ["a version that is none", withMetadata({ version: "1.5" })],
  ])("with %s", async (_what, bytes) => {
    const read = await readOrRefused(readCheckpoint(bytes, "step-00000020.safetensors"));
    expect(read).toBeInstanceOf(UserError);
    expect((read as UserError).message).toMatch(
      /^Cannot (use|read) "step-00000020\.safetensors": \S/,
    );
  });

  test("whose moments belong to another model", async () => {
    const { learner } = checkpoint;
    const other = { ...learner, moment: new Float32Array(7) };
    const bytes = await writeCheckpoint({ ...checkpoint, learner: other });
    await expect(readCheckpoint(bytes, "x")).rejects.toThrow('its "moment" is [7], need [6]');
  });
});

test("a mean that was no number in its history is read as one that is none", async () => {
  const read = await readCheckpoint(withProgress({ history: [0.2, Number.NaN] }), "x");
  expect(read.progress.history).toEqual([0.2, Number.NaN]);
});

test.each(["progress", "data"] as const)(
  "a checkpoint with any field of its %s spoiled is refused, or read as it stands",
  async (field) => {
    const checkedAll = fc.asyncProperty(spoiled(checkpoint[field]), async (spoilt) => {
      const text = JSON.stringify(spoilt) ?? "";
      const read = await readOrRefused(readCheckpoint(withMetadata({ [field]: text }), "x"));
      if (read instanceof UserError) return;
      expect(JSON.stringify(read[field])).toBe(text);
      expect({ ...read, [field]: checkpoint[field] }).toEqual(checkpoint);
    });
    await fc.assert(checkedAll, { numRuns: 1000, seed: 1 });
  },
);

test("a checkpoint with any part of its header spoiled is refused, or read as it was written", async () => {
  const checkedAll = fc.asyncProperty(spoiled(parts.header), async (spoilt) => {
    const header = typeof spoilt === "object" && spoilt !== null ? spoilt : {};
    const read = await readOrRefused(readCheckpoint(forgedTensorFile({ ...parts, header }), "x"));
    if (!(read instanceof UserError)) expect(read.learner).toEqual(checkpoint.learner);
  });
  await fc.assert(checkedAll, { numRuns: 1000, seed: 2 });
});

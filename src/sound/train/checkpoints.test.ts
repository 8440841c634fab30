import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readTensorFile, writeTensorFile } from "../model/safetensors.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { loadNewestCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import { folderStore } from "./folder-store.node.ts";
import { progressAtStart } from "./progress.ts";
import type { RunStore } from "./run-store.ts";

let place: string;
/** Of the checkpoints. */
let folder: string;
let store: RunStore;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "etude checkpoints 🎻 "));
  folder = join(place, "checkpoints");
  await mkdir(folder);
  store = folderStore(place);
});

afterEach(async () => {
  await rm(place, { recursive: true });
});

function checkpointAt(step: number): Checkpoint {
  const numbers = (value: number): Float32Array => new Float32Array(50).fill(value);
  return {
    learner: {
      weights: numbers(step),
      moment: numbers(2),
      variance: numbers(1 / 3),
      average: numbers(-0),
      statistics: new Float32Array(0),
    },
    data: { random: 4_000_000_000 + step, deck: [3, 1, 2] },
    record: "5a".repeat(32),
    progress: { ...progressAtStart(9), step, history: [0.1, 0.2], elapsedMs: 1234.5 },
  };
}

const nameOf = (step: number): string => `step-${String(step).padStart(8, "0")}.safetensors`;

async function flipByte(path: string, place: number): Promise<void> {
  const bytes = await readFile(path);
  const at = place < 0 ? bytes.length + place : place;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe("saveCheckpoint()", () => {
  test("is loaded back to the last bit", async () => {
    const checkpoint = checkpointAt(7);
    const { name, bytes } = await saveCheckpoint(store, checkpoint);
    expect(name).toBe(`checkpoints/${nameOf(7)}`);
    expect((await readFile(join(place, name))).length).toBe(bytes);
    const loaded = await loadNewestCheckpoint(store);
    expect(loaded).toEqual({ name, checkpoint, notices: [] });
  });

  test("keeps the three newest and leaves other files alone", async () => {
    await writeFile(join(folder, "best.etude"), "best");
    for (const step of [8, 9, 10, 99, 100]) await saveCheckpoint(store, checkpointAt(step));
    expect((await readdir(folder)).toSorted()).toEqual([
      "best.etude",
      nameOf(10),
      nameOf(99),
      nameOf(100),
    ]);
  });

  test("that fails leaves the earlier ones", async () => {
    await saveCheckpoint(store, checkpointAt(1));
    await writeFile(join(place, "wall"), "");
    const nowhere = folderStore(join(place, "wall"));
    await expect(saveCheckpoint(nowhere, checkpointAt(2))).rejects.toMatchObject({
      code: "file-not-written",
    });
    expect((await loadNewestCheckpoint(store)).checkpoint.progress.step).toBe(1);
  });
});

describe("loadNewestCheckpoint()", () => {
  beforeEach(async () => {
    for (const step of [8, 16, 24]) await saveCheckpoint(store, checkpointAt(step));
  });

  test.each([
    { damage: "a flipped bit in its numbers", harm: (path: string) => flipByte(path, -30) },
    { damage: "a flipped bit in its length", harm: (path: string) => flipByte(path, 1) },
    { damage: "a lost end", harm: (path: string) => truncate(path, 1500) },
    { damage: "nothing in it", harm: (path: string) => truncate(path, 0) },
    { damage: "text in it", harm: (path: string) => writeFile(path, "not a checkpoint at all") },
    {
      damage: "another progress in its header",
      harm: async (path: string) => {
        const bytes = await readFile(path);
        const place = bytes.indexOf('"step\\":24', 8, "latin1");
        expect(place).toBeGreaterThan(0);
        bytes.write('"step\\":23', place, "latin1");
        await writeFile(path, bytes);
      },
    },
  ])("reports a newest one with $damage, and uses the one before", async ({ harm }) => {
    await harm(join(folder, nameOf(24)));
    const { checkpoint, notices } = await loadNewestCheckpoint(store);
    expect(checkpoint).toEqual(checkpointAt(16));
    expect(notices).toEqual([
      expect.objectContaining({
        type: "notice",
        level: "warning",
        code: "checkpoint-damaged",
        text: expect.stringContaining(nameOf(24)),
      }),
    ]);
  });

  test("passes over two damaged ones, newest first", async () => {
    await truncate(join(folder, nameOf(24)), 9);
    await truncate(join(folder, nameOf(16)), 9);
    const { checkpoint, notices } = await loadNewestCheckpoint(store);
    expect(checkpoint.progress.step).toBe(8);
    expect(notices).toHaveLength(2);
  });

  test("never starts afresh where none is whole", async () => {
    for (const step of [8, 16, 24]) await truncate(join(folder, nameOf(step)), 9);
    await expect(loadNewestCheckpoint(store)).rejects.toMatchObject({
      code: "checkpoint-missing",
      message: expect.stringContaining("found 3 checkpoints"),
    });
  });

  test("does not fall back to an older one where the newest needs a newer program", async () => {
    const path = join(folder, nameOf(24));
    const { tensors, metadata } = await readTensorFile(await readFile(path), path);
    await writeFile(
      path,
      await writeTensorFile({ tensors, metadata: { ...metadata, version: "2" } }),
    );
    await expect(loadNewestCheckpoint(store)).rejects.toMatchObject({
      code: "model-newer-than-program",
      message: expect.stringContaining("has version 2, this program knows up to 1"),
    });
  });

  test("does not take half-written files for checkpoints", async () => {
    await writeFile(join(folder, `${nameOf(32)}.123.tmp`), "half");
    expect((await loadNewestCheckpoint(store)).checkpoint.progress.step).toBe(24);
  });
});

import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { folderStore } from "./folder-store.node.ts";
import { memoryStore } from "./memory-store.ts";
import type { RunStore } from "./run-store.ts";

let place: string;
let folder: string;

beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), "etude store 🎻 "));
  folder = join(place, "run");
  await mkdir(folder);
});

afterEach(async () => {
  await rm(place, { recursive: true });
});

const NAME = "checkpoints/step-00000008.safetensors";

describe.each<{ what: string; open: () => RunStore }>([
  { what: "a store in a folder", open: () => folderStore(folder) },
  { what: "a store in memory", open: () => memoryStore() },
])("$what", ({ open }) => {
  test("holds nothing at first", async () => {
    const store = open();
    expect(await store.read(NAME)).toBeUndefined();
    expect(await store.bytesOf(NAME)).toBeUndefined();
    expect(await store.namesIn("checkpoints")).toEqual([]);
    await store.remove(NAME);
  });

  test("gives back what was written last, until it is removed", async () => {
    const store = open();
    await store.write("run.json", Uint8Array.of(7));
    await store.write(NAME, Uint8Array.of(1, 2, 3));
    await store.write(NAME, Uint8Array.of(4, 5));
    const bytes = await store.read(NAME);
    expect([...(bytes ?? [])]).toEqual([4, 5]);
    expect(await store.bytesOf(NAME)).toBe(2);
    expect(await store.namesIn("checkpoints")).toEqual([NAME]);
    expect(await store.namesIn("previews")).toEqual([]);
    await store.remove(NAME);
    expect(await store.read(NAME)).toBeUndefined();
    expect(await store.namesIn("checkpoints")).toEqual([]);
    expect(await store.bytesOf("run.json")).toBe(1);
  });

  test("shares no memory with those who read and write", async () => {
    const store = open();
    const given = Uint8Array.of(1, 2, 3);
    await store.write(NAME, given);
    given.fill(0);
    (await store.read(NAME))?.fill(9);
    expect([...((await store.read(NAME)) ?? [])]).toEqual([1, 2, 3]);
  });
});

describe("a store in a folder", () => {
  test("makes the folder of its previews again, but not that of the run", async () => {
    const store = folderStore(folder);
    await store.write("previews/a.wav", Uint8Array.of(1));
    expect(await readdir(folder)).toEqual(["previews"]);
    await rm(folder, { recursive: true });
    const writing = store.write("previews/a.wav", Uint8Array.of(1));
    await expect(writing).rejects.toMatchObject({ code: "file-not-written" });
    expect(await readdir(place)).toEqual([]);
  });

  test("tells people the shorter path that it was given", () => {
    const store = folderStore(folder, "run");
    expect(store.place).toBe("run");
    expect(store.pathOf("previews/a.wav")).toBe(join("run", "previews", "a.wav"));
  });
});

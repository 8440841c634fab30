import {
  appendFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { HistoryPart, HistoryRecord } from "./history-entry.ts";
import {
  addEntry,
  changeEntry,
  deleteEntries,
  dropSounds,
  entryPaths,
  putSoundBack,
  readEntry,
  readHistory,
  rebuildIndex,
} from "./history-store.node.ts";

let folder: string;
let history: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude history 🎻 "));
  history = join(folder, "history");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const hash = "a".repeat(64);
const MONTH_MS = 31 * 86_400_000;

function record(n: number): HistoryRecord {
  return {
    madeWallMs: n * MONTH_MS,
    model: { name: 'pad "2" 🎷', sha256: hash },
    request: { seed: n },
    audio: { sha256: hash, durationSeconds: 0.5 },
    ...(n % 2 === 0 && { preset: "glass" }),
    history: { id: String(n).padStart(12, "0"), waveform: "" },
  };
}

const sound = new Uint8Array(100);

async function ids(): Promise<string[]> {
  return (await readHistory(history)).map(({ id }) => id.slice(-1));
}

async function addSome(...numbers: number[]): Promise<void> {
  for (const n of numbers) await addEntry(history, record(n), sound);
}

test("is empty before the first sound, then lists what was added with all that a list needs", async () => {
  expect(await readHistory(history)).toEqual([]);
  await addSome(1, 2);
  expect(await readHistory(history)).toEqual([
    expect.objectContaining({ id: "000000000001", seed: 1, bytes: 100, durationSeconds: 0.5 }),
    expect.objectContaining({
      modelName: 'pad "2" 🎷',
      modelId: hash.slice(0, 12),
      preset: "glass",
    }),
  ]);
  expect((await readHistory(history))[0]).not.toHaveProperty("preset");
});

test("deletes sounds with their files, or the sound alone, and takes one back", async () => {
  await addSome(1, 2, 3);
  const [one, two] = await readHistory(history);
  if (one === undefined || two === undefined) throw new RangeError("Two sounds are needed");
  await deleteEntries(history, [one]);
  await dropSounds(history, [two]);
  expect(await readEntry(history, one)).toBeUndefined();
  expect((await readHistory(history)).map(({ bytes }) => bytes)).toEqual([0, 100]);
  await putSoundBack(history, two, sound);
  expect(await readFile(entryPaths(history, two).sound)).toHaveLength(100);
  expect(await readEntry(history, two)).toEqual(record(2));
});

test.each([
  { what: "is gone", harm: (index: string) => rm(index) },
  { what: "ends in the middle of a line", harm: (index: string) => truncate(index, 150) },
  { what: "was overwritten", harm: (index: string) => writeFile(index, "x\n{}\n[1,2]\n[") },
])("lists all that the files say where the index $what", async ({ harm }) => {
  await addSome(1, 2, 3);
  await harm(join(history, "index.jsonl"));
  expect((await ids()).toSorted()).toEqual(["1", "2", "3"]);
  await addSome(4);
  expect((await ids()).toSorted()).toEqual(["1", "2", "3", "4"]);
});

test("finds what a crash left without a line, and forgets what was deleted by hand", async () => {
  await addSome(1);
  const index = await readFile(join(history, "index.jsonl"));
  await addSome(2);
  // As if the process had died after the files: the index is older than their folder.
  await writeFile(join(history, "index.jsonl"), index);
  await rm(entryPaths(history, { id: "000000000001", madeWallMs: MONTH_MS }).record);
  const { mtimeMs } = await stat(join(history, "index.jsonl"));
  await utimes(join(history, "index.jsonl"), mtimeMs / 1000 - 1, mtimeMs / 1000 - 1);
  const late = entryPaths(history, { id: "000000000002", madeWallMs: 2 * MONTH_MS }).record;
  const text = await readFile(late);
  await rm(late);
  await writeFile(late, text);
  expect(await ids()).toEqual(["2"]);
  expect(await rebuildIndex(history)).toBe(1);
  expect(await ids()).toEqual(["2"]);
});

test("lists tags and exports, whether the index or only the files know of them", async () => {
  await addSome(1, 2);
  const [one] = await readHistory(history);
  if (one === undefined) throw new RangeError("A sound is needed");
  const exports = [{ wallMs: 5, format: "flac", path: "/takes/gong.flac" }];
  const add = (part: Partial<HistoryPart>) => (before: HistoryRecord) => ({
    ...before,
    history: { ...before.history, ...part },
  });
  await Promise.all([
    changeEntry(history, one, add({ tags: ["deep"] })),
    changeEntry(history, one, add({ exports })),
  ]);
  expect((await readHistory(history))[0]).toMatchObject({ tags: ["deep"], exports });
  await dropSounds(history, await readHistory(history));
  await rm(join(history, "index.jsonl"));
  const [tagged, other] = await readHistory(history);
  expect(tagged).toMatchObject({ bytes: 0, tags: ["deep"], exports });
  expect(other).not.toHaveProperty("tags");
});

test("passes over lines of the index and files that are none of its own", async () => {
  await addSome(1);
  await appendFile(
    join(history, "index.jsonl"),
    'null\n["1"]\n[1,2,3,4,5,6,7]\n17\n["000000000001",1,"","",1,1,1,"","",0,[7]]\n',
  );
  const [month = ""] = (await readdir(history)).filter((name) => name.startsWith("m"));
  await writeFile(join(history, month, "mine.json"), "{}");
  expect(await ids()).toEqual(["1"]);
});

test("loses nothing of many that add at once", async () => {
  await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((n) => addSome(n)));
  expect((await ids()).toSorted()).toEqual(["1", "2", "3", "4", "5", "6", "7", "8"]);
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel } from "../../../test/support/tiny-model.ts";
import { nodeClock } from "../../host.node.ts";
import { readSound } from "../audio/codecs/read-sound.node.ts";
import type { HistoryFacts } from "../library/history-entry.ts";
import { entryPaths, readHistory } from "../library/history-store.node.ts";
import { writeModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { generateFiles } from "./generate-files.node.ts";
import {
  findEntry,
  madeAgain,
  pruneHistory,
  rememberedSound,
  rememberSound,
  restoreSound,
  soundOfEntry,
  thumbnailOf,
} from "./history.node.ts";
import { keepModel } from "./keep-model.node.ts";
import { namedSound } from "./named-sound.node.ts";
import { audioHash } from "./sound-record.ts";

const model = tinyModel({ train: [], validation: [], totalSeconds: 1 });

let folder: string;
let history: string;
let entries: HistoryFacts[];

const tools = () => ({
  places: {
    settings: { paths: { models: join(folder, "models"), history } },
    workingFolder: folder,
  },
  signal: new AbortController().signal,
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude remembered 🎻 "));
  history = join(folder, "history");
  await writeFile(join(folder, "tiny.etude"), await writeModel(model));
  await keepModel(join(folder, "tiny.etude"), { library: join(folder, "models"), nowWallMs: 0 });
  const request = {
    version: 1,
    seed: 1,
    sampleRate: 48_000,
    quality: "draft",
    length: 4800,
  } as const;
  const options = { folder: join(folder, "sounds"), count: 2, request };
  await generateFiles(model, options, {
    runtime: await openRuntime({ threads: 1 }),
    clock: nodeClock,
    onSound: async (made) => {
      await rememberSound(history, made);
    },
  });
  entries = await readHistory(history);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function entry(i: number): HistoryFacts {
  const found = entries[i];
  if (found === undefined) throw new RangeError(`There is no sound ${i}`);
  return found;
}

test("every sound is there, found by the first digits of its id and by its file", async () => {
  expect(entries.map(({ seed }) => seed)).toEqual([1, 2]);
  const { id } = entry(1);
  expect(findEntry(entries, id.slice(0, 6).toUpperCase())).toBe(entry(1));
  expect(() => findEntry(entries, "zzzz")).toThrow('Cannot find "zzzz" in the history');
  const { places } = tools();
  const remembered = await namedSound(places, id);
  const { history: own, ...beside } = { ...remembered, ...{ history: undefined } };
  expect(own).toBeUndefined();
  expect(beside).toEqual(await namedSound(places, "sounds/tiny-2.json"));
  expect(beside).toEqual(await namedSound(places, "sounds/tiny-2.wav"));
});

test("a dropped sound comes back sample by sample, a damaged one is made again", async () => {
  const { sound: path } = entryPaths(history, entry(0));
  const first = await readSound(path);
  expect(await pruneHistory(history, { keepBytes: entry(1).bytes, dryRun: false })).toEqual([
    entry(0),
  ]);
  expect(await restoreSound(history, entry(0), tools())).toEqual(first);
  expect(await readSound(path)).toEqual(first);
  const bytes = await readFile(path);
  await writeFile(path, bytes.fill(7, 200));
  const mended = await soundOfEntry(history, entry(0), tools());
  expect(await audioHash(mended)).toBe(await audioHash(first));
});

test("its thumbnail is as wide as all of its columns", async () => {
  const svg = thumbnailOf(await rememberedSound(history, entry(0)));
  expect(svg).toMatch(/<title>tiny-1\.wav, seed 1<\/title>/);
  expect(svg.match(/M[\d.]/g)).toHaveLength(200);
});

describe("madeAgain() says why it cannot make the same sound", () => {
  test.each([
    {
      change: { request: { mode: "walk" } },
      says: "this processor, or this build of it, rounds differently",
    },
    { change: { program: "etude 9.9.9" }, says: "it was made by etude 9.9.9, this is etude" },
    { change: { model: { sha256: "0".repeat(64) } }, says: 'its model "tiny" (000000000000)' },
    { change: { request: { someday: 1 } }, says: "with someday, which this version does not know" },
  ])("$says", async ({ change, says }) => {
    const record = await rememberedSound(history, entry(0));
    const changed = {
      ...record,
      ...change,
      request: { ...record.request, seed: 5, ...change.request, length: 2400 },
      model: { ...record.model, ...change.model },
    };
    await expect(madeAgain(changed as typeof record, tools())).rejects.toThrow(says);
  });

  test("another model that was named", async () => {
    const other = { ...model, weights: model.weights.map((weight) => weight * 0.5) };
    await writeFile(join(folder, "other.etude"), await writeModel(other));
    const record = await rememberedSound(history, entry(0));
    const longer = { ...record, request: { ...record.request, length: 2400 } };
    await expect(madeAgain(longer, { ...tools(), model: "other.etude" })).rejects.toThrow(
      /another model, [0-9a-f]{12} \("tiny"\)/,
    );
  });
});

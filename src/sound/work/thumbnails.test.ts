import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { UsedFile } from "../audio/corpus/corpus.ts";
import type { CorpusEntry } from "../audio/corpus/judge.ts";
import { waveformOf } from "../audio/waveform.ts";
import { openThumbnails } from "./thumbnails.node.ts";

let folder: string;
let corpus: string;
let pictures: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude thumbnails 🎻 "));
  [corpus, pictures] = [join(folder, "corpus"), join(folder, "pictures")];
  await mkdir(join(corpus, "deep"), { recursive: true });
  await writeFile(join(corpus, "deep/a.wav"), "a");
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const used: UsedFile = {
  path: "deep/a.wav",
  bytes: 1,
  fate: "used",
  format: "wav",
  sampleRateHz: 48_000,
  channelCount: 1,
  durationSeconds: 2,
  peak: 0.5,
  warnings: [],
};

function entry(changes: Partial<CorpusEntry> = {}): CorpusEntry {
  return {
    file: used,
    diskPath: Buffer.from(join(corpus, used.path)),
    waveform: waveformOf([Float32Array.of(0, 0.5, 0)], 400),
    index: 0,
    fileCount: 1,
    ...changes,
  };
}

test("writes a picture where its file lies, which says what it shows", async () => {
  const draw = await openThumbnails(pictures, corpus);
  expect(await draw(entry())).toEqual({
    source: "deep/a.wav",
    file: "deep/a.wav.svg",
    written: true,
  });
  const svg = await readFile(join(pictures, "deep/a.wav.svg"), "utf8");
  expect(svg).toMatch(/<title>deep\/a\.wav: 2\.0\ss, peak -6\.0 dBFS<\/title>/);
});

test("leaves a picture untouched until its file changes in time or size", async () => {
  const path = join(pictures, "deep/a.wav.svg");
  const written = async (): Promise<boolean | undefined> =>
    (await (await openThumbnails(pictures, corpus))(entry()))?.written;
  expect(await written()).toBe(true);
  const before = await stat(path, { bigint: true });
  expect(await written()).toBe(false);
  const after = await stat(path, { bigint: true });
  expect([after.mtimeNs, after.ino]).toEqual([before.mtimeNs, before.ino]);

  await utimes(join(corpus, used.path), 1e9, 1e9);
  expect(await written()).toBe(true);
  await writeFile(join(corpus, used.path), "longer");
  await utimes(join(corpus, used.path), 1e9, 1e9);
  expect(await written()).toBe(true);
  expect(await written()).toBe(false);
});

test("writes a picture anew that is cut off or of another kind", async () => {
  const draw = await openThumbnails(pictures, corpus);
  await draw(entry());
  await writeFile(join(pictures, "deep/a.wav.svg"), "<svg>");
  expect(await draw(entry())).toMatchObject({ written: true });
});

test("draws nothing of what is not used", async () => {
  const draw = await openThumbnails(pictures, corpus);
  const { durationSeconds: _, ...facts } = used;
  const file = { ...facts, fate: "left-out", code: "silent", reason: "it is silent" } as const;
  expect(await draw(entry({ file }))).toBeUndefined();
});

test("refuses a folder inside the corpus", async () => {
  const opening = openThumbnails(join(corpus, "pictures"), corpus);
  await expect(opening).rejects.toMatchObject({ code: "inside-corpus", exitCode: 2 });
});

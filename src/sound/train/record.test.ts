import { expect, test } from "vitest";
import type { TrainJob } from "./job.ts";
import { recordOf, sameFiles, splitOf } from "./record.ts";
import { completeSettings } from "./settings.ts";

const job: TrainJob = {
  corpusFolder: "/sounds",
  name: "rain",
  program: "etude test",
  overrides: {},
  resume: false,
};

const file = (path: string, sha256 = "5a", frameCount = 10) => ({
  path,
  bytes: 1000,
  sha256,
  frames: { frameCount },
});
const files = [file("a.wav"), file("b.wav", "6b", 20), file("c.wav", "7c")];
const split = { train: ["a.wav", "c.wav"], validation: ["b.wav"] };

function record(parts: Partial<Parameters<typeof recordOf>[1]> = {}) {
  const made = { settings: completeSettings(3, {}), device: "auto", threads: 1 } as const;
  return recordOf(job, { files, split, ...parts }, { ...made, createdWallMs: 5 });
}

test("recordOf() and splitOf() keep which file stands where, also as JSON", () => {
  expect(splitOf(JSON.parse(JSON.stringify(record())))).toEqual(split);
});

test("a single file stands on both sides after reading it back", () => {
  const both = { train: ["a.wav"], validation: ["a.wav"] };
  const single = record({ files: [file("a.wav")], split: both });
  expect(single.files[0]).toMatchObject({ side: "both" });
  expect(splitOf(single)).toEqual(both);
});

const pathsIn = (now: readonly ReturnType<typeof file>[]): string[] =>
  sameFiles(record(), now, "/moved").map(({ path }) => path);

test("sameFiles() gives the same files in the run's order, whatever theirs is", () => {
  expect(pathsIn(files.toReversed())).toEqual(["a.wav", "b.wav", "c.wav"]);
});

test("sameFiles() knows files that have another name by now, under the old one", () => {
  const renamed = [file("c.wav", "7c"), file("new/b.wav", "6b", 20), file("z.wav")];
  expect(pathsIn(renamed)).toEqual(["a.wav", "b.wav", "c.wav"]);
});

test.each([
  { what: "a file that is gone", now: files.slice(1), says: '"a.wav" is gone' },
  { what: "a new file", now: [...files, file("d.wav")], says: '"d.wav" is new' },
  {
    what: "a file of other content and the same size",
    now: [file("a.wav", "5b"), ...files.slice(1)],
    says: '"a.wav" is a different file',
  },
  {
    what: "a file of other length",
    now: [file("a.wav", "5a", 11), ...files.slice(1)],
    says: '"a.wav" is a different file',
  },
])("sameFiles() refuses $what by name", ({ now, says }) => {
  const check = (): unknown => pathsIn(now);
  expect(check).toThrow(expect.objectContaining({ code: "corpus-changed" }));
  expect(check).toThrow(says);
  expect(check).toThrow("/moved");
});

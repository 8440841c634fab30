import { describe, expect, test } from "vitest";
import { type CorpusFile, corpusReport, isMissed, requireSounds, type UsedFile } from "./corpus.ts";

function used(path: string, parts: Partial<UsedFile> = {}): UsedFile {
  return {
    path,
    bytes: 1000,
    fate: "used",
    format: "wav",
    sampleRateHz: 44_100,
    channelCount: 1,
    durationSeconds: 1,
    peak: 0.5,
    warnings: [],
    ...parts,
  };
}

const leftOut: CorpusFile = {
  path: "broken.wav",
  bytes: 10,
  fate: "left-out",
  code: "truncated",
  reason: "the file is cut off",
};
const text: CorpusFile = { ...leftOut, path: "notes.txt", code: "not-audio", reason: "no sound" };
const five = ["a", "b", "c", "d", "e"].map((path) => used(path));

test.each([
  { path: "renamed text.wav", missed: true },
  { path: "sub/noise.MP3", missed: true },
  { path: "notes.txt", missed: false },
  { path: "wav", missed: false },
])("isMissed() of $path, which is no sound, is $missed", ({ path, missed }) => {
  const file: CorpusFile = { ...text, path };
  expect(isMissed(file)).toBe(missed);
  const { leftOut: named, notAudio } = corpusReport("samples", [file]).counts;
  expect({ named, notAudio }).toEqual({ named: Number(missed), notAudio: Number(!missed) });
});

describe("corpusReport()", () => {
  test("counts and sums up the used files alone", () => {
    const files = [
      used("a", { durationSeconds: 1 }),
      used("b", { durationSeconds: 3, channelCount: 2, sampleRateHz: 48_000 }),
      used("c", { durationSeconds: 2, format: "mp3" }),
      { ...used("d"), fate: "duplicate" as const, duplicateOf: "a" },
      leftOut,
      text,
    ];
    const report = corpusReport("samples", files);
    expect(report.counts).toEqual({
      total: 6,
      used: 3,
      duplicates: 1,
      leftOut: 1,
      madeHere: 0,
      notAudio: 1,
    });
    expect(report.durationSeconds).toEqual({ total: 6, min: 1, max: 3, mean: 2 });
    expect(report.sampleRates).toEqual([
      { sampleRateHz: 44_100, fileCount: 2 },
      { sampleRateHz: 48_000, fileCount: 1 },
    ]);
    expect(report.formats).toEqual([
      { format: "wav", fileCount: 2 },
      { format: "mp3", fileCount: 1 },
    ]);
    expect(report.channels).toEqual([
      { channelCount: 1, fileCount: 2 },
      { channelCount: 2, fileCount: 1 },
    ]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test.each([
    { name: "nothing of an even corpus", files: five, warnings: [] },
    { name: "fewer than five files", files: [used("a")], warnings: ["few-files"] },
    {
      name: "another rate than most",
      files: [...five, used("f", { sampleRateHz: 8000 })],
      warnings: ["mixed-rates"],
    },
    {
      name: "very short files",
      files: [...five, used("f", { durationSeconds: 0.099 })],
      warnings: ["very-short"],
    },
    {
      name: "what the decoder remarked",
      files: [
        ...five,
        used("f", { warnings: [{ code: "truncated", message: "the file is cut off after 2 s" }] }),
        used("g", { warnings: [{ code: "not-finite", message: "1 of 9 samples" }] }),
      ],
      warnings: ["truncated", "not-finite"],
    },
  ])("warns of $name", ({ files, warnings }) => {
    const report = corpusReport("samples", files);
    expect(report.warnings.map(({ code }) => code)).toEqual(warnings);
    for (const { paths } of report.warnings) {
      expect(paths).toEqual(paths.filter((path) => path >= "f"));
    }
  });
});

describe("requireSounds()", () => {
  test("lets one file pass", () => {
    expect(() => requireSounds(corpusReport("samples", [used("a")]))).not.toThrow();
  });

  test.each([
    { files: [], message: 'Cannot use "samples" as a corpus: it holds no files, need at least 1' },
    {
      files: [leftOut, text],
      message:
        'Cannot use "samples" as a corpus: none of its 2 files can be used as sound ' +
        '(for example "broken.wav": the file is cut off), need at least 1',
    },
  ])("says what is missing of $files.length files", ({ files, message }) => {
    const report = corpusReport("samples", files);
    expect(() => requireSounds(report)).toThrow(
      expect.objectContaining({ message, code: "corpus-empty", exitCode: 2 }),
    );
  });
});

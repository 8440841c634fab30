import { describe, expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import { type CorpusFile, corpusReport, type UsedFile } from "../../sound/audio/corpus/corpus.ts";
import { corpusLines } from "./corpus-text.ts";

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

const broken: CorpusFile[] = Array.from({ length: 9 }, (_, i) => ({
  path: `broken ${i}.wav`,
  bytes: 10,
  fate: "left-out",
  code: "truncated",
  reason: "the file is cut off: 12 ms of sound are left of it",
}));
const files: CorpusFile[] = [
  used("kick.wav", { durationSeconds: 0.019 }),
  used("long\nrain é 🎵.flac", { durationSeconds: 83, format: "flac", channelCount: 2 }),
  used("tape.aif", { durationSeconds: 4, format: "aiff", sampleRateHz: 22_050, channelCount: 6 }),
  { ...used("kick 2.wav"), fate: "duplicate", duplicateOf: "kick.wav" },
  ...broken,
  { path: "new.wav", bytes: 5, fate: "left-out", code: "made-here", reason: "étude made it" },
  { path: "notes.txt", bytes: 5, fate: "left-out", code: "not-audio", reason: "no sound" },
];
const report = corpusReport("recordings/2024", files);
const spaced = (lines: readonly string[]) => lines.join("\n").replaceAll("\u202f", " ");

describe("corpusLines()", () => {
  test("says in a few lines what will be used and what will not", () => {
    expect(spaced(corpusLines(report, { width: 80, detail: "short" }))).toBe(
      [
        "Corpus      recordings/2024",
        "Used        3 files, 1 min 27 s, each 19 ms to 1 min 23 s, 29 s on average",
        "Formats     1 × WAV, 1 × FLAC, 1 × AIFF",
        "Rates       2 × 44.1 kHz, 1 × 22.05 kHz",
        "Channels    1 × mono, 1 × stereo, 1 × 6 channels",
        "Doubled     1 file, each sound used once",
        "  kick 2.wav is the same as kick.wav",
        "Left out    9 files",
        "  broken 0.wav: the file is cut off: 12 ms of sound are left of it",
        "  broken 1.wav: the file is cut off: 12 ms of sound are left of it",
        "  broken 2.wav: the file is cut off: 12 ms of sound are left of it",
        "  and 6 more",
        "Not audio   1 file, passed over",
        "Made here   1 file, passed over: generated sounds are no recordings",
        "Note        only 3 files can be used; 5 or more give a better model",
        "Note        1 file has another sample rate than most (44100 Hz)",
        "  tape.aif",
        "Note        1 file is shorter than 0.1 s",
        "  kick.wav",
      ].join("\n"),
    );
  });

  test("names every broken file in full", () => {
    const text = spaced(corpusLines(report, { width: 80, detail: "full" }));
    for (const { path } of broken) expect(text).toContain(`  ${path}: `);
    expect(text).not.toContain("more\n");
  });

  test.each([20, 40, 60, 80, 120, 200])("stays within %d columns, without line breaks", (width) => {
    const long = [...files, used(`${"very/long ".repeat(20)}name.wav`, { sampleRateHz: 8000 })];
    for (const detail of ["full", "short"] as const) {
      for (const line of corpusLines(corpusReport("x".repeat(300), long), { width, detail })) {
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
        expect(line).not.toContain("\n");
      }
    }
  });

  test("has nothing but ASCII of its own where that is wanted", () => {
    const plain = corpusReport("recordings", [used("a.wav"), used("b.wav", { channelCount: 2 })]);
    const text = corpusLines(plain, { width: 80, detail: "full", unicode: false }).join("\n");
    expect(text).toMatch(/^[\x20-\x7e\n]+$/);
  });

  test("says it where no file can be used", () => {
    const lines = corpusLines(corpusReport("x", broken), { width: 80, detail: "short" });
    expect(lines[1]).toBe("Used        no file");
  });

  test.each([
    [[0.15, 0.15, 0.15], "450 ms, each 150 ms"],
    [[0.149, 0.15, 0.152], "451 ms, each 149 ms to 152 ms, 150 ms on average"],
    [[0.9996, 1.04], "2.0 s, each 1.0 s"],
  ])("tells lengths such that none contradicts another: %j", (lengths, says) => {
    const sounds = lengths.map((durationSeconds, i) => used(`${i}.wav`, { durationSeconds }));
    const lines = spaced(corpusLines(corpusReport("here", sounds), { width: 100, detail: "full" }));
    expect(lines).toContain(`Used        ${lengths.length} files, ${says}\n`);
  });
});

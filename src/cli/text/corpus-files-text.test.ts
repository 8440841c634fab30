import { describe, expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import { corpusReport, type UsedFile } from "../../sound/audio/corpus/corpus.ts";
import { corpusFileLines } from "./corpus-files-text.ts";

const used = (path: string, parts: Partial<UsedFile> = {}): UsedFile => ({
  ...{ path, bytes: 1, fate: "used", format: "wav", sampleRateHz: 44_100, channelCount: 2 },
  ...{ durationSeconds: 1.5, peak: 0.5, warnings: [], ...parts },
});
const report = corpusReport("here", [
  used("deep/rain.wav"),
  used("kick.flac", { format: "flac", durationSeconds: 0.15, peak: 1, channelCount: 1 }),
  used("tape.wav", { warnings: [{ code: "truncated", message: "the file is cut off" }] }),
  { ...used("tape 2.wav"), fate: "duplicate", duplicateOf: "deep/rain.wav" },
  { path: "notes.txt", bytes: 1, fate: "left-out", code: "not-audio", reason: "it is no sound" },
]);
const spaced = (lines: readonly string[]) => lines.join("\n").replaceAll("\u202f", " ");

describe("corpusFileLines()", () => {
  test("says of each file what it is and what became of it", () => {
    expect(spaced(corpusFileLines(report, { width: 100, unicode: true }))).toBe(
      [
        "deep/rain.wav   1.5 s  WAV, 44.1 kHz, stereo, peak -6.0 dBFS",
        "kick.flac      150 ms  FLAC, 44.1 kHz, mono, peak 0.0 dBFS",
        "tape.wav        1.5 s  WAV, 44.1 kHz, stereo, peak -6.0 dBFS; the file is cut off",
        "tape 2.wav      1.5 s  left out: the same sound as deep/rain.wav",
        "notes.txt              left out: it is no sound",
      ].join("\n"),
    );
  });

  test.each([40, 60, 120])("keeps within %d columns, and names every file", (width) => {
    const lines = corpusFileLines(report, { width, unicode: false });
    expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
    for (const { path } of report.files) {
      expect(lines.some((line) => line.startsWith(path))).toBe(true);
    }
  });
});

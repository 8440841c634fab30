import { expect, test } from "vitest";
import { type CorpusFile, corpusReport, type UsedFile } from "./corpus.ts";
import { withSeverity } from "./severity.ts";

const used = (path: string, parts: Partial<UsedFile> = {}): UsedFile => ({
  ...{ path, bytes: 1, fate: "used", format: "wav", sampleRateHz: 48_000, channelCount: 1 },
  ...{ durationSeconds: 1, peak: 0.5, warnings: [], ...parts },
});
const leftOut = (path: string, code: "damaged" | "silent" | "not-audio"): CorpusFile => ({
  ...{ path, bytes: 1, fate: "left-out", code, reason: "so it is" },
});

test("each file and each warning says how much it matters", () => {
  const report = corpusReport("here", [
    used("a.wav"),
    used("b.wav", { warnings: [{ code: "truncated", message: "the file is cut off" }] }),
    used("c.wav", { sampleRateHz: 22_050, durationSeconds: 0.05 }),
    { ...used("d.wav"), fate: "duplicate", duplicateOf: "a.wav" },
    leftOut("e.wav", "damaged"),
    leftOut("f.wav", "silent"),
    leftOut("g.wav", "not-audio"),
    leftOut("notes.txt", "not-audio"),
  ]);
  const { files, warnings } = JSON.parse(JSON.stringify(withSeverity(report)));
  const severities = (list: readonly Record<string, string>[], key: string) =>
    Object.fromEntries(list.map((one) => [one[key], one["severity"]]));
  expect(severities(files, "path")).toEqual({
    "a.wav": "ok",
    "b.wav": "warning",
    "c.wav": "ok",
    "d.wav": "info",
    "e.wav": "error",
    "f.wav": "warning",
    "g.wav": "error",
    "notes.txt": "info",
  });
  expect(severities(warnings, "code")).toEqual({
    "few-files": "warning",
    "mixed-rates": "info",
    "very-short": "warning",
    truncated: "warning",
  });
});

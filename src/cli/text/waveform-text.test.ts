import { describe, expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import { waveformOf } from "../../sound/audio/waveform.ts";
import { waveformLine, waveformRows } from "./waveform-text.ts";

const click = new Float32Array(1000).fill(0.01);
click[700] = -0.5;

describe("waveformLine()", () => {
  test.each([
    { unicode: true, line: "▁▁▁▁▁▁▁█▁▁" },
    { unicode: false, line: "_______#__" },
  ])("shows a click of one sample, unicode $unicode", ({ unicode, line }) => {
    expect(waveformLine(waveformOf([click], 400), { width: 10, unicode })).toBe(line);
  });

  test("is empty for silence, and as wide as asked for", () => {
    const silence = waveformOf([new Float32Array(100)], 400);
    expect(waveformLine(silence, { width: 12, unicode: true })).toBe(" ".repeat(12));
    const short = waveformOf([Float32Array.of(1, 0.5, 0.1)], 400);
    expect(waveformLine(short, { width: 6, unicode: true })).toBe("█▄▁   ");
  });
});

test.each([30, 60, 80, 200])("waveformRows() fills lines of %d columns exactly", (width) => {
  const waveform = waveformOf([click], 400);
  const rows = [
    { path: "short.wav", durationSeconds: 0.02, waveform },
    {
      path: "a/very/deep/folder/with a long name 🎻 of a recording.flac",
      durationSeconds: 61,
      waveform,
    },
  ];
  const lines = waveformRows(rows, { width, unicode: true, colour: false });
  expect(lines.map(displayWidth)).toEqual([width, width]);
  expect(lines[0]).toContain("20 ms");
});

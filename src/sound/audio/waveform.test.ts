import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { narrowed, peakOf, waveformOf } from "./waveform.ts";

const samples = fc.float32Array({ minLength: 1, maxLength: 500, min: -1, max: 1, noNaN: true });
const columns = fc.integer({ min: 1, max: 60 });

describe("waveformOf()", () => {
  test("shows a click of one sample in one channel, in its column and nowhere else", () => {
    const [left, right] = [new Float32Array(48_000), new Float32Array(48_000)];
    right[30_123] = -0.75;
    const { lows, highs } = waveformOf([left, right], 400);
    const expected = Array.from({ length: 400 }, (_, i) => (i === 251 ? -0.75 : 0));
    expect([...lows]).toEqual(expected);
    expect([...highs]).toEqual(Array(400).fill(0));
  });

  test("keeps the extremes of any sound, whatever the width", () => {
    fc.assert(
      fc.property(samples, columns, (one, columnCount) => {
        const { lows, highs } = waveformOf([one], columnCount);
        expect(Math.min(...lows)).toBe(Math.min(...one));
        expect(Math.max(...highs)).toBe(Math.max(...one));
        expect(lows.length).toBe(Math.min(columnCount, one.length));
        for (const [i, low] of lows.entries()) expect(low).toBeLessThanOrEqual(highs[i]!);
      }),
      { seed: 1 },
    );
  });

  test("has a column a sample where there are fewer samples than columns, and none for none", () => {
    expect([...waveformOf([Float32Array.of(0.5, -0.25)], 400).highs]).toEqual([0.5, -0.25]);
    expect(waveformOf([], 400).lows.length).toBe(0);
    expect(waveformOf([new Float32Array(0)], 400).lows.length).toBe(0);
  });
});

describe("narrowed()", () => {
  test("keeps the extremes too", () => {
    fc.assert(
      fc.property(samples, columns, columns, (one, wide, narrow) => {
        const waveform = waveformOf([one], wide);
        const { lows, highs } = narrowed(waveform, narrow);
        expect(Math.min(...lows)).toBe(Math.min(...one));
        expect(Math.max(...highs)).toBe(Math.max(...one));
        expect(lows.length).toBe(Math.min(wide, narrow, one.length));
      }),
      { seed: 1 },
    );
  });
});

test.each([
  { values: [0.25, -0.5], peak: 0.5 },
  { values: [0.75, -0.5], peak: 0.75 },
  { values: [0], peak: 0 },
  { values: [], peak: 0 },
])("peakOf() is the largest magnitude of $values", ({ values, peak }) => {
  expect(peakOf(waveformOf([Float32Array.from(values)], 10))).toBe(peak);
});

import { expect, test } from "vitest";
import { bandBank, bandCentres, bandMatrix } from "./bands.ts";
import { bandPower } from "./filter-bank.ts";

const model = { binCount: 1025, sampleRateHz: 48_000 };

test("bandCentres() begins with single bins, widens, and ends at the last bin", () => {
  const centres = bandCentres(model);
  expect(centres).toHaveLength(256);
  expect([...centres.slice(0, 40)]).toEqual(Array.from({ length: 40 }, (_, bin) => bin));
  expect(centres[255]).toBe(1024);
  for (let band = 2; band < 255; band += 1) {
    const width = centres[band]! - centres[band - 1]!;
    expect(width).toBeGreaterThanOrEqual(centres[band - 1]! - centres[band - 2]! - 1e-9);
  }
});

test.each([2, 64, 256, 320, 1025])(
  "every one of %i bands holds a bin and is a mean",
  (bandCount) => {
    const matrix = bandMatrix({ ...model, bandCount });
    for (let band = 0; band < bandCount; band += 1) {
      let sum = 0;
      for (let bin = 0; bin < 1025; bin += 1) sum += matrix[bin * bandCount + band]!;
      expect(sum).toBeCloseTo(1, 5);
    }
  },
);

test("every bin is heard by some band", () => {
  const matrix = bandMatrix(model);
  for (let bin = 0; bin < 1025; bin += 1) {
    expect(Math.max(...matrix.subarray(bin * 256, (bin + 1) * 256))).toBeGreaterThan(0);
  }
});

test("low bands are the bins themselves", () => {
  const matrix = bandMatrix(model);
  for (let bin = 0; bin < 40; bin += 1) {
    for (let band = 0; band < 40; band += 1) {
      expect(matrix[bin * 256 + band]).toBeCloseTo(bin === band ? 1 : 0, 9);
    }
  }
});

test("a flat spectrum has the same level in bands as in bins", () => {
  const flat = { frameCount: 1, binCount: 1025, data: new Float32Array(1025).fill(3) };
  for (const power of bandPower(bandBank(model), flat).data) expect(power).toBeCloseTo(9, 4);
});

test.each([1, 1026])("%i bands of 1025 bins are refused", (bandCount) => {
  expect(() => bandCentres({ ...model, bandCount })).toThrow(
    `Cannot make ${bandCount} bands of 1025 bins: need 2 to 1025 bands`,
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decibelsToGain,
  fromDecibels,
  gainToDecibels,
  peakMagnitude,
  toDecibels,
} from "./decibel.ts";
import type { Spectrogram } from "./spectrogram.ts";

const row = (...values: number[]): Spectrogram => ({
  frameCount: 1,
  binCount: values.length,
  data: Float32Array.from(values),
});

test("toDecibels() is relative to the largest magnitude and stops at the floor", () => {
  const { data } = toDecibels(row(4, 2, 0.4, 0.0004, 0.0003, 0));
  [0, -6.0206, -20, -80, -80, -80].forEach((expected, i) => {
    expect(data[i]).toBeCloseTo(expected, 4);
  });
  expect(Math.min(...data)).toBe(-80);
});

test("toDecibels() takes a reference and a floor", () => {
  const { data } = toDecibels(row(10, 1, 0.001), { referenceMagnitude: 1, floorDb: -40 });
  expect([...data].map((value) => Math.round(value))).toEqual([20, 0, -40]);
});

test("toDecibels() of silence is the floor everywhere", () => {
  expect([...toDecibels(row(0, 0, 0)).data]).toEqual([-80, -80, -80]);
});

test("fromDecibels() undoes toDecibels() above the floor", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), { minLength: 1 }),
      (values) => {
        const magnitudes = row(...values);
        const referenceMagnitude = peakMagnitude(magnitudes);
        const { data } = fromDecibels(toDecibels(magnitudes), { referenceMagnitude });
        data.forEach((value, i) => {
          expect(value / magnitudes.data[i]!).toBeCloseTo(1, 4);
        });
      },
    ),
    { seed: 1 },
  );
});

test("fromDecibels() can turn the floor into silence", () => {
  const { data } = fromDecibels(row(0, -79.9, -80), { silenceDb: -80 });
  expect(data[0]).toBe(1);
  expect(data[1]).toBeGreaterThan(1e-4);
  expect(data[2]).toBe(0);
});

test.each([
  [0, 1],
  [6.0206, 2],
  [-20, 0.1],
])("%d dB is a gain of %d", (decibels, gain) => {
  expect(decibelsToGain(decibels)).toBeCloseTo(gain, 4);
  expect(gainToDecibels(gain)).toBeCloseTo(decibels, 4);
});

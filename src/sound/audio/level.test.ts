import { expect, test } from "vitest";
import { faded, normalisePeak, peakOfChannels, rootMeanSquare, withoutOffset } from "./level.ts";

const samples = (...values: number[]): Float32Array => Float32Array.from(values);

test("normalisePeak() puts the largest sample of all channels at the level asked for", () => {
  const [left, right] = normalisePeak([samples(0.1, -0.2), samples(0.05, 0)], -1);
  expect(peakOfChannels([left!, right!])).toBeCloseTo(10 ** (-1 / 20), 6);
  expect(left![1]! / right![0]!).toBeCloseTo(-4, 5);
  expect(left![1]).toBeLessThan(0);
});

test("normalisePeak() leaves silence silent", () => {
  expect([...normalisePeak([samples(0, 0)], -1)[0]!]).toEqual([0, 0]);
});

test("rootMeanSquare() of a sine is its amplitude over the root of two", () => {
  const sine = Float32Array.from(
    { length: 1000 },
    (_, t) => 0.5 * Math.sin((2 * Math.PI * t) / 100),
  );
  expect(rootMeanSquare(sine)).toBeCloseTo(0.5 / Math.SQRT2, 6);
  expect(rootMeanSquare(samples())).toBe(0);
});

test("withoutOffset() takes the mean out and nothing else", () => {
  expect([...withoutOffset(samples(1, 2, 3))]).toEqual([-1, 0, 1]);
  expect([...withoutOffset(samples())]).toEqual([]);
});

test("faded() starts and ends at zero and leaves the middle alone", () => {
  const result = faded(new Float32Array(100).fill(1), { inLength: 10, outLength: 20 });
  expect([result[0], result[99]]).toEqual([0, 0]);
  expect(result[5]).toBeCloseTo(0.5, 6);
  expect(result[89]).toBeCloseTo(0.5, 6);
  expect([...result.subarray(10, 80)]).toEqual(new Array(70).fill(1));
});

test.each([0, 1, 2, 5])("faded() shortens fades to a sound of %i samples", (length) => {
  const result = faded(new Float32Array(length).fill(1), { inLength: 100, outLength: 100 });
  expect(result).toHaveLength(length);
  for (const sample of result) expect(sample).toBeLessThanOrEqual(1);
});

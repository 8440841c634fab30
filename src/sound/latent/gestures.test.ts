import fc from "fast-check";
import { expect, test } from "vitest";
import type { CorpusLatents } from "../model/model-file.ts";
import { gesturesOf } from "./gestures.ts";

/** Recordings by the loudness of each of their vectors. */
function corpusOf(...files: readonly (readonly number[])[]): CorpusLatents {
  const loudness = Float32Array.from(files.flat());
  return {
    means: new Float32Array(loudness.length),
    lengths: files.map(({ length }) => length),
    texture: new Float32Array(0),
    loudness,
    references: [],
  };
}

const latentsPerSecond = 23.4;

/** A hit: an attack, and a decay of 6 dB a vector. */
const hit = (count: number, peak = 0): number[] =>
  Array.from({ length: count }, (_, i) => Math.max(-96, peak - 6 * i));

test("gesturesOf() takes a hit that dies away as one gesture, without the silence around it", () => {
  const [gesture, ...others] = gesturesOf(corpusOf([-96, -96, ...hit(12), -96, -96]), {
    latentsPerSecond,
  });
  expect(others).toEqual([]);
  expect(gesture).toEqual({
    file: 0,
    start: 2,
    // Down to -66 dB, past the depth that ends what does not fall any more.
    length: 12,
    peak: 0,
    hasOnset: true,
    hasEnd: true,
    untilNext: undefined,
  });
});

test("gesturesOf() ends a gesture in hiss, which does not fall", () => {
  const hiss = [-54, -56, -55, -57, -54, -56];
  const [gesture] = gesturesOf(corpusOf([...hit(9), ...hiss]), { latentsPerSecond });
  expect(gesture).toMatchObject({ start: 0, hasEnd: true });
  expect(gesture!.length).toBeLessThanOrEqual(11);
});

test("gesturesOf() tells the hits of a loop apart, with the time from one to the next", () => {
  const loop = [...hit(8), ...hit(6, -6), ...hit(10)];
  const gestures = gesturesOf(corpusOf(loop, hit(5)), { latentsPerSecond });
  expect(gestures.map(({ file, start }) => [file, start])).toEqual([
    [0, 0],
    [0, 8],
    [0, 14],
    [1, 24],
  ]);
  expect(gestures.map(({ untilNext }) => untilNext)).toEqual([8, 6, undefined, undefined]);
});

test("gesturesOf() sees a swell as one beginning, with its peak where it is loudest", () => {
  const swell = [-40, -34, -28, -22, -16, -10, -4, -4, -4, -10, -60];
  const [gesture, ...others] = gesturesOf(corpusOf(swell), { latentsPerSecond });
  expect(others).toEqual([]);
  expect(gesture?.peak).toBe(6);
});

test("gesturesOf() says of a note that is cut off that it has no end", () => {
  const [gesture] = gesturesOf(corpusOf(new Array(40).fill(-3)), { latentsPerSecond });
  expect(gesture).toMatchObject({ hasOnset: true, hasEnd: false, length: 40 });
});

test("gesturesOf() cuts a drone into stretches of which only the first begins", () => {
  const gestures = gesturesOf(corpusOf(new Array(700).fill(-3)), { latentsPerSecond });
  expect(gestures).toHaveLength(5);
  expect(gestures.map(({ hasOnset }) => hasOnset)).toEqual([true, false, false, false, false]);
  expect(gestures.reduce((sum, { length }) => sum + length, 0)).toBe(700);
});

test("gesturesOf() gives gestures within their recordings, in order, never over each other", () => {
  const file = fc.array(fc.float({ min: -96, max: 3, noNaN: true }), {
    minLength: 1,
    maxLength: 90,
  });
  fc.assert(
    fc.property(fc.array(file, { minLength: 1, maxLength: 4 }), (files) => {
      const corpus = corpusOf(...files);
      const gestures = gesturesOf(corpus, { latentsPerSecond });
      let reached = 0;
      for (const { start, length, peak, file: index } of gestures) {
        const first = corpus.lengths.slice(0, index).reduce((sum, value) => sum + value, 0);
        expect(start).toBeGreaterThanOrEqual(Math.max(reached, first));
        expect(length).toBeGreaterThanOrEqual(1);
        expect(peak).toBeGreaterThanOrEqual(0);
        expect(peak).toBeLessThan(length);
        reached = start + length;
        expect(reached).toBeLessThanOrEqual(first + corpus.lengths[index]!);
      }
      expect(new Set(gestures.map((one) => one.file)).size).toBe(files.length);
    }),
    { numRuns: 200 },
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { CorpusLatents } from "../model/model-file.ts";
import { fillNormal, seededRandom } from "../random.ts";
import { walk } from "./walk.ts";

const SIZE = 3;

/** Files of these lengths, in latent vectors, around 5. */
function corpusOf(lengths: readonly number[]): CorpusLatents {
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const means = fillNormal(seededRandom(4), new Float32Array(count * SIZE)).map((x) => x + 5);
  return { means, lengths, texture: new Float32Array(0) };
}

function walked(lengths: readonly number[], length: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  return walk(corpusOf(lengths), { latentSize: SIZE, length, latentsPerSecond: 23.4, random });
}

test("walk() is as long as was asked for, and finite, for files of any length", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 400 }), fc.nat(), (files, length, seed) => {
      const path = walked(files, length, seed);
      expect(path).toHaveLength(length * SIZE);
      expect(path.every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("walk() gets through a corpus of clicks that are shorter than its fades", () => {
  expect(walked([1, 1, 1, 2], 500)).toHaveLength(500 * SIZE);
});

test("walk() gives the same path for the same seed, and others for others", () => {
  expect(walked([40, 60], 100, 8)).toEqual(walked([40, 60], 100, 8));
  expect(walked([40, 60], 100, 8)).not.toEqual(walked([40, 60], 100, 9));
});

test("walk() stays where the corpus lies: no dimension leaves its range by much", () => {
  const path = walked([200, 300, 100], 2000);
  const { means } = corpusOf([200, 300, 100]);
  const deviation = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + (value - 5) ** 2, 0) / values.length);
  expect(deviation(path)).toBeGreaterThan(0.5 * deviation(means));
  expect(deviation(path)).toBeLessThan(1.2 * deviation(means));
  expect(Math.min(...path)).toBeGreaterThan(Math.min(...means) - 0.5);
  expect(Math.max(...path)).toBeLessThan(Math.max(...means) + 0.5);
});

test("walk() through a single constant file stays at it", () => {
  const means = new Float32Array(50 * SIZE).fill(2);
  const corpus = { means, lengths: [50], texture: new Float32Array(0) };
  const random = seededRandom(1);
  const path = walk(corpus, { latentSize: SIZE, length: 80, latentsPerSecond: 23.4, random });
  for (const value of path) expect(value).toBeCloseTo(2, 5);
});

test("walk() goes no farther from the mean than the recordings it blends", () => {
  // Two recordings that stand still on either side of the mean; a gesture may blend one with itself.
  const means = Float32Array.of(
    ...new Array<number>(40).fill(3),
    ...new Array<number>(40).fill(-3),
  );
  const corpus = { means, lengths: [40, 40], texture: new Float32Array(0) };
  for (let seed = 1; seed <= 20; seed += 1) {
    const path = walk(corpus, {
      latentSize: 1,
      length: 60,
      latentsPerSecond: 23.4,
      random: seededRandom(seed),
    });
    expect(Math.max(...path.map(Math.abs))).toBeLessThan(3.001);
  }
});

import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import type { GestureCorpus } from "./gesture-path.ts";
import { type SteadyOptions, steadyPath } from "./steady-path.ts";

const SIZE = 3;
const LENGTH = 60;

/** Four recordings that hold, each around a place of its own, moving by 0.2. */
function corpus(): GestureCorpus {
  const vectors = fillNormal(seededRandom(2), new Float32Array(4 * LENGTH * SIZE));
  const places = fillNormal(seededRandom(5), new Float32Array(4 * SIZE));
  for (let i = 0; i < vectors.length; i += 1) {
    const file = Math.floor(i / (LENGTH * SIZE));
    vectors[i] = 0.2 * vectors[i]! + 3 * places[file * SIZE + (i % SIZE)]!;
  }
  const gestures = [0, 1, 2, 3].map((file) => ({
    file,
    start: file * LENGTH,
    length: LENGTH,
    peak: 1,
    hasOnset: true,
    hasEnd: false,
    untilNext: undefined,
  }));
  return { vectors, size: SIZE, gestures };
}

function path(options: Partial<SteadyOptions & { length: number }>): Float32Array {
  return steadyPath(corpus(), {
    length: 600,
    latentsPerSecond: 23.4,
    evolution: 0.5,
    drifts: false,
    random: seededRandom(4),
    ...options,
  });
}

/** Root of the mean square distance of vectors from the mean of all, after the attack. */
function spread(vectors: Float32Array): number {
  const held = vectors.subarray(20 * SIZE);
  const count = held.length / SIZE;
  const mean = [0, 1, 2].map(
    (i) => held.reduce((sum, v, k) => sum + (k % SIZE === i ? v : 0), 0) / count,
  );
  return Math.sqrt(held.reduce((sum, v, k) => sum + (v - mean[k % SIZE]!) ** 2, 0) / held.length);
}

test("steadyPath() is as long as was asked for, the same for the same seed", () => {
  expect(path({ length: 77 })).toHaveLength(77 * SIZE);
  expect(path({})).toEqual(path({}));
  expect(path({})).not.toEqual(path({ random: seededRandom(9) }));
});

test("steadyPath() stands still without evolution, and moves as the recordings do with all of it", () => {
  expect(spread(path({ evolution: 0 }))).toBeLessThan(1e-6);
  const half = spread(path({ evolution: 0.5 }));
  const full = spread(path({ evolution: 1 }));
  expect(half).toBeGreaterThan(0.02);
  expect(full).toBeGreaterThan(1.5 * half);
  expect(full).toBeLessThan(0.4);
});

test("steadyPath() that drifts gets farther in two seconds the more evolution it has", () => {
  const apart = [0, 0.2, 1].map((evolution) => {
    const held = path({ evolution, drifts: true }).subarray(20 * SIZE);
    const later = held.subarray(47 * SIZE);
    return Math.sqrt(later.reduce((sum, v, i) => sum + (v - held[i]!) ** 2, 0) / later.length);
  });
  expect(apart[0]).toBeLessThan(1e-6);
  expect(apart[1]).toBeGreaterThan(0.1);
  expect(apart[2]).toBeGreaterThan(1.5 * apart[1]!);
});

test("steadyPath() never comes back to what it did: no period stands out", () => {
  const held = path({ evolution: 1, length: 2000 }).subarray(100 * SIZE);
  const first = Float64Array.from({ length: held.length / SIZE }, (_, t) => held[t * SIZE]!);
  const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
  const power = first.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  for (let lag = 25; lag < 600; lag += 1) {
    let sum = 0;
    for (let t = 0; t + lag < first.length; t += 1)
      sum += (first[t]! - mean) * (first[t + lag]! - mean);
    expect(Math.abs(sum / power)).toBeLessThan(0.3);
  }
});

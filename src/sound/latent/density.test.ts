import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { pullInto, thinned } from "./density.ts";

test("thinned() leaves small clouds as they are and takes evenly from large ones", () => {
  const small = { vectors: Float32Array.of(1, 2, 3, 4), size: 2 };
  expect(thinned(small)).toEqual(small);
  const count = 30_000;
  const large = Float32Array.from({ length: count * 2 }, (_, i) => Math.floor(i / 2));
  const { vectors, size } = thinned({ vectors: large, size: 2 });
  expect(vectors.length / size).toBe(6000);
  const rows = Array.from({ length: 6000 }, (_, i) => vectors[i * size] as number);
  expect(rows.every((row, i) => row === 5 * i)).toBe(true);
});

test("pullInto() with a share of 0 leaves a path, and of 1 lands on its neighbours' mean", () => {
  const cloud = { vectors: Float32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1), size: 2 };
  const still = Float32Array.of(3, 5);
  pullInto(still, cloud, 0);
  expect([...still]).toEqual([3, 5]);
  pullInto(still, cloud, 1);
  expect([...still]).toEqual([1, 1]);
  const half = Float32Array.of(3, 5);
  pullInto(half, cloud, 0.5);
  expect([...half]).toEqual([2, 3]);
});

test("pullInto() takes the nearest vectors, not the mean of all", () => {
  const near = fillNormal(seededRandom(1), new Float32Array(40)).map((x) => 0.01 * x);
  const far = near.map((x) => x + 100);
  const cloud = { vectors: Float32Array.from([...near, ...far]), size: 2 };
  const path = Float32Array.of(1, 1);
  pullInto(path, cloud, 1);
  expect(Math.hypot(...path)).toBeLessThan(0.1);
});

test("pullInto() works with fewer vectors than neighbours", () => {
  const path = Float32Array.of(0, 0);
  pullInto(path, { vectors: Float32Array.of(2, 4), size: 2 }, 1);
  expect([...path]).toEqual([2, 4]);
});

test("pullInto() leaves a point that lies on many equal vectors where it is", () => {
  const vectors = new Float32Array(20).fill(7);
  const path = Float32Array.of(7, 7);
  pullInto(path, { vectors, size: 2 }, 0.4);
  expect([...path]).toEqual([7, 7]);
});

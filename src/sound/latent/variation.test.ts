import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { varied } from "./variation.ts";

const size = 32;
const corpus = { means: fillNormal(seededRandom(1), new Float32Array(400 * size)), size };
const gesture = { path: fillNormal(seededRandom(2), new Float32Array(5 * size)), atSeconds: 3 };

function stepOf(seed: number, amount: number): Float32Array {
  const [moved] = varied([gesture], { seed, amount }, corpus);
  if (moved === undefined) throw new RangeError("A gesture is needed");
  return moved.path.slice(0, size).map((value, i) => value - (gesture.path[i] ?? 0));
}

const norm = (values: Float32Array): number => Math.hypot(...values);

test("varied() moves a gesture as far as it is asked to, all of it alike, and nothing else", () => {
  const [moved] = varied([gesture], { seed: 4, amount: 0.3 }, corpus);
  expect(moved?.atSeconds).toBe(3);
  const step = stepOf(4, 0.3);
  for (const [i, value] of (moved?.path ?? []).entries()) {
    expect(value - (gesture.path[i] ?? 0)).toBeCloseTo(step[i % size] ?? 0, 5);
  }
  expect(norm(step) / Math.sqrt(size)).toBeCloseTo(0.3, 1);
  expect(norm(stepOf(4, 0.6)) / norm(step)).toBeCloseTo(2, 4);
  expect(varied([gesture], { seed: 4, amount: 0 }, corpus)[0]?.path).toEqual(gesture.path);
});

test("varied() spreads: any two variations are about as far from each other as any others", () => {
  const steps = [1, 2, 3, 4, 5, 6].map((seed) => stepOf(seed, 0.3));
  for (const [i, a] of steps.entries()) {
    for (const b of steps.slice(i + 1)) {
      const apart = norm(a.map((value, k) => value - (b[k] ?? 0)));
      expect(apart / norm(a)).toBeGreaterThan(1);
      expect(apart / norm(a)).toBeLessThan(1.9);
    }
  }
});

test("varied() leaves the numbers alone that are to be kept", () => {
  const [moved] = varied([gesture], { seed: 4, amount: 1 }, { ...corpus, kept: 2 });
  const isKept = (i: number): boolean => i % size >= size - 2;
  for (const [i, value] of (moved?.path ?? []).entries()) {
    expect(value === gesture.path[i]).toBe(isKept(i));
  }
});

import fc from "fast-check";
import { expect, test } from "vitest";
import {
  fixedNormal,
  fixedShare,
  normal,
  pickWeighted,
  streamOf,
  waiting,
  wander,
} from "./chance.ts";

const places = Array.from({ length: 20_000 }, (_, i) => i);

test("fixedNormal() has mean 0 and deviation 1, over places and over kinds", () => {
  for (const draw of [(i: number) => fixedNormal(7, i), (i: number) => fixedNormal(7, 3, i)]) {
    const values = places.map(draw);
    expect(mean(values)).toBeCloseTo(0, 1);
    expect(mean(values.map((value) => value * value))).toBeCloseTo(1, 1);
  }
});

test("fixedShare() is uniform, and neighbours have nothing to do with each other", () => {
  const values = places.map((i) => fixedShare(1, i));
  expect(mean(values)).toBeCloseTo(0.5, 1);
  const products = values.slice(1).map((value, i) => (value - 0.5) * ((values[i] ?? 0) - 0.5));
  expect(Math.abs(mean(products))).toBeLessThan(0.003);
});

test("fixed draws are the same for the same place, and others for another seed", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(99), (seed, place, which) => {
      expect(fixedNormal(seed, place, which)).toBe(fixedNormal(seed, place, which));
      expect(fixedShare(seed, place, which)).not.toBe(fixedShare(seed + 1, place, which));
    }),
  );
});

test("wander() moves by little in little time", () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e5, noNaN: true }), (time) => {
      expect(Math.abs(wander(1, 2, time + 0.01) - wander(1, 2, time))).toBeLessThan(0.1);
    }),
  );
});

test("streams with other names draw other numbers, and a name always the same", () => {
  expect(streamOf(1, "loss").next()).toBe(streamOf(1, "loss").next());
  expect(streamOf(1, "loss").next()).not.toBe(streamOf(1, "hardware").next());
});

test("waiting() has mean 1 and normal() deviation 1", () => {
  const random = streamOf(3, "test");
  expect(mean(places.map(() => waiting(random)))).toBeCloseTo(1, 1);
  expect(mean(places.map(() => normal(random) ** 2))).toBeCloseTo(1, 1);
});

test("pickWeighted() picks in proportion", () => {
  const random = streamOf(4, "test");
  const items = [{ weight: 1 }, { weight: 3 }] as const;
  const heavy = places.filter(() => pickWeighted(random, items).weight === 3);
  expect(heavy.length / places.length).toBeCloseTo(0.75, 1);
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

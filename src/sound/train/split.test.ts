import fc from "fast-check";
import { expect, test } from "vitest";
import { splitFiles } from "./split.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}.wav`);

test("splitFiles() puts each file on one side, in path order, with at least one on each", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (count, fraction, seed) => {
        const paths = names(count);
        const { train, validation } = splitFiles(paths, fraction, seed);
        expect(train.length).toBeGreaterThan(0);
        expect(validation.length).toBeGreaterThan(0);
        const held = new Set(validation);
        expect(train).toEqual(paths.filter((path) => !held.has(path)));
        expect(validation).toEqual(paths.filter((path) => held.has(path)));
      },
    ),
  );
});

test.each([
  { count: 2, fraction: 0.5, held: 1 },
  { count: 3, fraction: 0.01, held: 1 },
  { count: 10, fraction: 0.3, held: 3 },
  { count: 4, fraction: 1, held: 3 },
])("splitFiles() holds out $held of $count files for a fraction of $fraction", (row) => {
  expect(splitFiles(names(row.count), row.fraction, 1).validation).toHaveLength(row.held);
});

test("splitFiles() puts a single file on both sides", () => {
  expect(splitFiles(["a.wav"], 0.5, 1)).toEqual({ train: ["a.wav"], validation: ["a.wav"] });
});

test("splitFiles() gives the same split for the same seed, and others for others", () => {
  const split = (seed: number): string => splitFiles(names(40), 0.3, seed).validation.join();
  expect(split(5)).toBe(split(5));
  expect(new Set([1, 2, 3, 4, 5].map(split)).size).toBe(5);
});

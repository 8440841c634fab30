import fc from "fast-check";
import { expect, test } from "vitest";
import { foldOfFiles, splitFiles } from "./split.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}.wav`);

test("splitFiles() puts each file on one side, in path order, with at least one on each", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (count, fraction, seed) => {
        const paths = names(count);
        const { train, validation } = splitFiles(paths, { fraction, seed });
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
  expect(splitFiles(names(row.count), { ...row, seed: 1 }).validation).toHaveLength(row.held);
});

test("splitFiles() puts a single file on both sides", () => {
  expect(splitFiles(["a.wav"], { fraction: 0.5, seed: 1 })).toEqual({
    train: ["a.wav"],
    validation: ["a.wav"],
  });
});

test("splitFiles() gives the same split for the same seed, and others for others", () => {
  const split = (seed: number): string =>
    splitFiles(names(40), { fraction: 0.3, seed }).validation.join();
  expect(split(5)).toBe(split(5));
  expect(new Set([1, 2, 3, 4, 5].map(split)).size).toBe(5);
});

test("splitFiles() leaves what is bound on its side, and draws the rest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 60 }), fc.nat(), (count, seed) => {
      const paths = names(count);
      const bound = new Map(
        paths.flatMap((path, i) =>
          i % 3 === 0 ? [] : [[path, i % 3 === 1 ? "train" : "validation"] as const],
        ),
      );
      const { train, validation } = splitFiles(paths, { fraction: 0.2, seed, bound });
      expect(train.length + validation.length).toBe(count);
      expect(train.length).toBeGreaterThan(0);
      expect(validation.length).toBeGreaterThan(0);
      for (const path of train) expect(bound.get(path)).not.toBe("validation");
      for (const path of validation) expect(bound.get(path)).not.toBe("train");
    }),
  );
});

test("splitFiles() measures with one of the files where all are bound to be learned from", () => {
  const bound = new Map(names(4).map((path) => [path, "train"] as const));
  const { train, validation } = splitFiles(names(4), { fraction: 0.25, seed: 1, bound });
  expect([train.length, validation.length]).toEqual([3, 1]);
});

test("foldOfFiles() holds out each file once, in parts of nearly one size", () => {
  const paths = names(11);
  const folds = [0, 1, 2].map((index) => foldOfFiles(paths, { index, count: 3, seed: 5 }));
  expect(folds.flatMap(({ validation }) => validation).toSorted()).toEqual(paths.toSorted());
  expect(folds.map(({ validation }) => validation.length)).toEqual([4, 4, 3]);
  for (const { train, validation } of folds) {
    expect(new Set([...train, ...validation]).size).toBe(train.length + validation.length);
  }
});

test("foldOfFiles() refuses more parts than files", () => {
  const fold = { index: 0, count: 3, seed: 1 };
  expect(() => foldOfFiles(names(2), fold)).toThrow("found 2 that can be used, need at least 3");
});

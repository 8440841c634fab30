import fc from "fast-check";
import { expect, test } from "vitest";
import { lineBudget } from "./line-budget.ts";

test("a budget cuts a block after its last line, and tells the rest with the next one", () => {
  const budget = lineBudget(3);
  expect(budget.take(["a", "b"])).toEqual(["a", "b"]);
  expect(budget.isInstant).toBe(true);
  expect(budget.take(["c", "d", "e"])).toEqual(["c"]);
  expect(budget.isInstant).toBe(false);
  expect(budget.take([])).toEqual(["d", "e"]);
  expect(budget.take(["f"])).toEqual(["f"]);
});

test("without a budget nothing comes at once, and nothing is held back", () => {
  const budget = lineBudget(0);
  expect(budget.isInstant).toBe(false);
  expect(budget.take(["a", "b"])).toEqual(["a", "b"]);
});

test("whatever the blocks are, no line is lost or moved, and so many come at once", () => {
  const blocks = fc.array(fc.array(fc.string({ maxLength: 3 }), { maxLength: 9 }));
  fc.assert(
    fc.property(blocks, fc.nat(40), (said, linesMax) => {
      const budget = lineBudget(linesMax);
      const told: string[] = [];
      let atOnce = 0;
      for (const block of [...said, []]) {
        const isInstant = budget.isInstant;
        const now = budget.take(block);
        told.push(...now);
        if (isInstant) atOnce += now.length;
      }
      expect(told).toEqual(said.flat());
      expect(atOnce).toBe(Math.min(linesMax, said.flat().length));
    }),
  );
});

test("what is dropped is never told", () => {
  const budget = lineBudget(1);
  expect(budget.take(["a", "b", "c"])).toEqual(["a"]);
  budget.drop();
  expect(budget.take(["d"])).toEqual(["d"]);
});

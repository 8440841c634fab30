import { expect, test } from "vitest";
import { thinning } from "./thinning.ts";

/** @returns Of each kind, how many of `seconds` seconds were told. */
function toldOf(perSecond: Record<string, number>, seconds: number): Map<string, number> {
  const routine = thinning({ perSecondMax: 10 });
  const due = Object.entries(perSecond).flatMap(([kind, count]) =>
    Array.from({ length: count * seconds }, (_, i) => ({ kind, atMs: (i * 1000) / count })),
  );
  const told = new Map<string, number>();
  for (const { kind, atMs } of due.sort((a, b) => a.atMs - b.atMs)) {
    if (routine.isTold(kind, atMs)) told.set(kind, (told.get(kind) ?? 0) + 1);
  }
  return told;
}

test("what can be read is told, all of it, however close the lines follow one another", () => {
  expect(toldOf({ step: 8, nccl: 2 }, 20)).toEqual(
    new Map(Object.entries({ step: 160, nccl: 40 })),
  );
});

test("of what nobody can read, each kind keeps its share, and the rate is held", () => {
  const told = toldOf({ step: 800, nccl: 200 }, 20);
  const [steps = 0, nccl = 0] = [told.get("step"), told.get("nccl")];
  expect(steps / nccl).toBeCloseTo(4, 0);
  // The first second is told while it is not yet known how many come.
  expect(steps + nccl).toBeGreaterThan(20 * 10 - 10);
  expect(steps + nccl).toBeLessThan(20 * 10 + 50);
});

test("the first of a kind is told among thousands of another", () => {
  const routine = thinning({ perSecondMax: 10 });
  for (let i = 0; i < 5000; i += 1) routine.isTold("step", 0);
  expect(routine.isTold("nccl", 0)).toBe(true);
  expect(routine.isTold("nccl", 0)).toBe(false);
});

test("after a rush everything is told again", () => {
  const routine = thinning({ perSecondMax: 10 });
  for (let i = 0; i < 5000; i += 1) routine.isTold("step", i);
  for (let i = 0; i < 10; i += 1) expect(routine.isTold("step", 9000 + 100 * i)).toBe(true);
});

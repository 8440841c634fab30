import fc from "fast-check";
import { expect, test } from "vitest";
import { neededBytes, withinMemory } from "./memory.ts";
import { completeSettings } from "./settings.ts";

const heldBytes = 200e6;

test("a batch is halved until the run fits, and no further", () => {
  const settings = completeSettings(100, { model: "mel" });
  const limitBytes = neededBytes({ ...settings, batchSize: 8 }, heldBytes);
  expect(settings.batchSize).toBe(32);
  expect(withinMemory(settings, { heldBytes, limitBytes }).settings.batchSize).toBe(8);
  expect(withinMemory(settings, { heldBytes, limitBytes: limitBytes - 1 }).settings.batchSize).toBe(
    4,
  );
});

test("a limit that nothing fits into leaves a batch of one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4096 }), fc.nat(400_000_000), (batchSize, limitBytes) => {
      const settings = completeSettings(100, { batchSize });
      const fitted = withinMemory(settings, { heldBytes, limitBytes });
      expect(fitted.settings).toEqual({ ...settings, batchSize: 1 });
      expect(fitted.notices.map(({ code }) => code)).toEqual([
        ...(batchSize > 1 ? ["batch-reduced"] : []),
        "memory-limit-exceeded",
      ]);
    }),
  );
});

test("longer examples need more memory", () => {
  const short = completeSettings(100, { chunkSeconds: 0.5 });
  const long = completeSettings(100, { chunkSeconds: 2 });
  expect(neededBytes(long, heldBytes)).toBeGreaterThan(neededBytes(short, heldBytes));
});

test("without a limit nothing changes and nothing is said", () => {
  const settings = completeSettings(100, {});
  const limitBytes = Number.POSITIVE_INFINITY;
  expect(withinMemory(settings, { heldBytes, limitBytes })).toEqual({ settings, notices: [] });
});

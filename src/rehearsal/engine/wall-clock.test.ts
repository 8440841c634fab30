import { describe, expect, test } from "vitest";
import { startOf, warmthAt } from "./wall-clock.ts";

const HOUR_MS = 3_600_000;
/** 2026-11-02 00:00 UTC */
const NOVEMBER_2_MS = 1_793_577_600_000;

describe("the clock of a simulated run", () => {
  test("starts at another moment for every seed, to the millisecond", () => {
    const starts = Array.from({ length: 500 }, (_, seed) => startOf(seed));
    expect(new Set(starts).size).toBe(500);
    expect(new Set(starts.map((ms) => ms % 60_000)).size).toBeGreaterThan(480);
    for (const ms of starts) {
      expect(ms).toBeGreaterThanOrEqual(NOVEMBER_2_MS);
      expect(ms).toBeLessThan(NOVEMBER_2_MS + 20 * 24 * HOUR_MS);
    }
  });

  test("is warmer in the afternoon than before dawn, on days that differ", () => {
    for (const seed of [1, 2, 3]) {
      const midnight = 24 * HOUR_MS - (startOf(seed) % (24 * HOUR_MS));
      const afternoons = Array.from({ length: 20 }, (_, day) =>
        warmthAt(seed, midnight + (24 * day + 15) * HOUR_MS),
      );
      const dawns = Array.from({ length: 20 }, (_, day) =>
        warmthAt(seed, midnight + (24 * day + 3) * HOUR_MS),
      );
      const mean = (values: number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
      expect(mean(afternoons) - mean(dawns)).toBeGreaterThan(1.5);
      expect(Math.max(...afternoons) - Math.min(...afternoons)).toBeGreaterThan(0.3);
    }
  });
});

import { expect, test } from "vitest";
import { BIN_COUNT } from "../model/bands.ts";
import { LOUDNESS_MIN_DB, loudnessOf } from "./loudness.ts";

test("loudnessOf() is the loudest frame of each group, its power summed over bins", () => {
  const levels = new Float32Array(6 * BIN_COUNT).fill(-96);
  levels[1 * BIN_COUNT + 7] = -20;
  levels[1 * BIN_COUNT + 8] = -20;
  levels[3 * BIN_COUNT + 100] = -40;
  const loudness = loudnessOf(levels, 4);
  expect(loudness).toHaveLength(2);
  expect(loudness[0]).toBeCloseTo(-20 + 10 * Math.log10(2), 4);
  expect(loudness[1]).toBe(LOUDNESS_MIN_DB);
});

import { expect, test } from "vitest";
import { peakOf } from "../audio/waveform.ts";
import { packedWaveform, unpackedWaveform } from "./history-entry.ts";

test("a packed waveform loses no peak, however small, and is silent where the sound is", () => {
  const lows = Float32Array.of(-1, -0.001, 0, 0.2);
  const highs = Float32Array.of(0.9, 0, 0, 0.201);
  const back = unpackedWaveform(packedWaveform({ lows, highs }));
  expect(back.lows).toHaveLength(4);
  for (const [i, low] of back.lows.entries()) {
    expect(low).toBeLessThanOrEqual(lows[i] ?? 0);
    expect(low).toBeGreaterThan((lows[i] ?? 0) - 1 / 120);
    expect(back.highs[i]).toBeGreaterThanOrEqual(highs[i] ?? 0);
  }
  expect([back.lows[2], back.highs[2]]).toEqual([0, 0]);
  expect(peakOf(back)).toBe(1);
});

test.each(["", "?", "AA"])("what is no packed waveform, %j, is an empty one", (text) => {
  expect(unpackedWaveform(text).lows).toHaveLength(0);
});

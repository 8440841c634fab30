import { describe, expect, test } from "vitest";
import { gainToDecibels } from "./decibel.ts";
import { peakOfChannels } from "./level.ts";
import { levelled, limited, truePeak } from "./true-peak.ts";

/** At a quarter of the rate, every sample is 3 dB below the peak. */
function tone(turnsPerSample: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) =>
    Math.sin(2 * Math.PI * (i * turnsPerSample + 0.125)),
  );
}

describe("truePeak()", () => {
  test.each([
    { sampleRate: 44_100, hz: 11_025 },
    { sampleRate: 48_000, hz: 12_000 },
    { sampleRate: 48_000, hz: 19_000 },
    { sampleRate: 96_000, hz: 24_000 },
  ])("reads a sine of $hz Hz at $sampleRate Hz between its samples", ({ sampleRate, hz }) => {
    const faded = tone(hz / sampleRate, 4000).map(
      (value, i) => value * Math.sin((Math.PI * i) / 4000),
    );
    const peak = truePeak({ sampleRate, channels: [faded] });
    expect(gainToDecibels(peak)).toBeGreaterThan(-0.15);
    expect(gainToDecibels(peak)).toBeLessThan(0.1);
    if (hz * 4 === sampleRate) expect(peakOfChannels([faded])).toBeLessThan(0.71);
  });

  test("is that of the samples where nothing is between them, and 0 for silence", () => {
    const channels = [new Float32Array(100), new Float32Array(100).fill(0, 50, 51)];
    expect(truePeak({ sampleRate: 48_000, channels })).toBe(0);
    channels[1]![50] = -0.5;
    expect(truePeak({ sampleRate: 48_000, channels })).toBe(0.5);
  });

  test("meets a peak at either end", () => {
    const step = new Float32Array(64);
    step[0] = 0.9;
    step[1] = 0.9;
    expect(truePeak({ sampleRate: 48_000, channels: [step] })).toBeGreaterThan(1.1);
    expect(truePeak({ sampleRate: 48_000, channels: [step.toReversed()] })).toBeGreaterThan(1.1);
  });
});

test("levelled() puts the true peak at the ceiling, limited() only takes away", () => {
  const sound = {
    sampleRate: 48_000,
    channels: [tone(0.25, 999)],
  };
  const loud = levelled(sound, -1);
  expect(gainToDecibels(truePeak(loud))).toBeCloseTo(-1, 4);
  expect(limited(loud, -1)).toBe(loud);
  expect(gainToDecibels(truePeak(limited(sound, -3)))).toBeCloseTo(-3, 4);
  expect(limited(sound, 6)).toBe(sound);
  const silence = { sampleRate: 48_000, channels: [new Float32Array(9)] };
  expect(levelled(silence, -1)).toBe(silence);
});

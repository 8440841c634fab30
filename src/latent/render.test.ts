import { expect, test } from "vitest";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { seededRandom } from "../random.ts";
import type { Codec } from "./codec.ts";
import { latentsFor, PEAK_DB, render } from "./render.ts";

/** Decodes everything into one tone in bin 40, at the level that the path says. */
const toneCodec: Codec = {
  latentSize: 1,
  framesPerLatent: 4,
  contextLatents: 0,
  encode: () => Promise.reject(new Error("not needed")),
  decode: async (_model, means, frameCount) => {
    const levels = new Float32Array(frameCount * BIN_COUNT).fill(-96);
    for (let frame = 0; frame < frameCount; frame += 1) {
      levels[frame * BIN_COUNT + 40] = means[Math.floor(frame / 4)] ?? -96;
    }
    return levels;
  },
  release: async () => {},
};

const nothing = { weights: new Float32Array(0), statistics: new Float32Array(0) };

function rendered(seconds: number, sampleRate: number, level = -10): Promise<Float32Array> {
  return render(toneCodec, nothing, {
    path: new Float32Array(latentsFor(seconds, 4)).fill(level),
    sampleRate,
    length: Math.round(seconds * sampleRate),
    quality: "draft",
    random: seededRandom(1),
  });
}

test.each([
  { seconds: 1, sampleRate: 48_000, length: 48_000 },
  { seconds: 2.5, sampleRate: 44_100, length: 110_250 },
  { seconds: 0.1, sampleRate: 96_000, length: 9600 },
  { seconds: 0.05, sampleRate: 44_100, length: 2205 },
])("render() gives exactly $length samples for $seconds s at $sampleRate Hz", async (row) => {
  const samples = await rendered(row.seconds, row.sampleRate);
  expect(samples).toHaveLength(row.length);
  expect(samples.every(Number.isFinite)).toBe(true);
});

test("render() puts the peak at -1 dB, however quiet the model's sound is", async () => {
  for (const level of [0, -10, -60]) {
    const samples = await rendered(0.4, 48_000, level);
    const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(20 * Math.log10(peak)).toBeCloseTo(PEAK_DB, 3);
  }
});

test("render() leaves silence silent", async () => {
  const samples = await rendered(0.2, 48_000, -96);
  expect(samples.every((value) => value === 0)).toBe(true);
});

test("render() gives the same samples for the same random numbers", async () => {
  expect(await rendered(0.3, 48_000)).toEqual(await rendered(0.3, 48_000));
});

test("render() starts and ends without a click", async () => {
  const samples = await rendered(0.5, 48_000);
  expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.02);
  expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.02);
});

test("latentsFor() covers every frame of a sound", () => {
  for (const seconds of [0.05, 0.1, 1, 2.5, 60]) {
    const samples = Math.ceil(seconds * MODEL_RATE_HZ);
    expect(latentsFor(seconds, 4) * 4 * 512).toBeGreaterThanOrEqual(samples);
  }
});

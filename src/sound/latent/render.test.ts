import { expect, test } from "vitest";
import { toneCodec } from "../../../test/support/tone-codec.ts";
import { seededRandom } from "../../random.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { CEILING_DB, truePeak } from "../audio/true-peak.ts";
import { BIN_COUNT } from "../model/bands.ts";
import type { Codec } from "./codec.ts";
import { latentsFor, mastered, render } from "./render.ts";

const nothing = { weights: new Float32Array(0), statistics: new Float32Array(0) };

/** Decodes everything into noise up to the highest frequency. */
const noiseCodec: Codec = {
  ...toneCodec,
  decode: async (_model, _means, frameCount) => {
    const random = seededRandom(3);
    return Float32Array.from({ length: frameCount * BIN_COUNT }, () => -20 - 30 * random.next());
  },
};

async function rendered(seconds: number, sampleRate: number, level = -10): Promise<Float32Array> {
  const sound = await render(toneCodec, nothing, {
    path: new Float32Array(latentsFor(seconds, 4)).fill(level),
    sampleRate,
    length: Math.round(seconds * sampleRate),
    quality: "draft",
    random: seededRandom(1),
  });
  expect(sound.sampleRate).toBe(sampleRate);
  expect(sound.channels).toHaveLength(1);
  return sound.channels[0]!;
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

test("render() puts the true peak at -1 dB, however quiet the model's sound is", async () => {
  for (const level of [0, -10, -60]) {
    const samples = await rendered(0.4, 48_000, level);
    const peak = truePeak({ sampleRate: 48_000, channels: [samples] });
    expect(20 * Math.log10(peak)).toBeCloseTo(CEILING_DB, 3);
  }
});

test.each([44_100, 48_000, 96_000])(
  "render() leaves nothing above 20 kHz at %d Hz",
  async (sampleRate) => {
    const length = Math.round(0.4 * sampleRate);
    const path = new Float32Array(latentsFor(0.4, 4));
    const options = {
      path,
      sampleRate,
      length,
      quality: "draft",
      random: seededRandom(1),
    } as const;
    const [samples] = (await render(noiseCodec, nothing, options)).channels;
    const power = (range: readonly [number, number]): number =>
      powerBetween(samples!.subarray(4000, 4000 + 8192), sampleRate, range);
    const below = power([1000, 18_000]);
    const above = power([20_200, sampleRate / 2]);
    expect(10 * Math.log10(above / below)).toBeLessThan(-80);
  },
);

test("render() tells how far it is, upward to the end", async () => {
  const shares: number[] = [];
  const path = new Float32Array(latentsFor(0.3, 4)).fill(-10);
  await render(toneCodec, nothing, {
    ...{ path, sampleRate: 48_000, length: 14_400, quality: "draft", random: seededRandom(1) },
    onProgress: (share) => shares.push(share),
  });
  expect(shares.length).toBeGreaterThan(4);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBe(1);
});

/** Mean power of a signal in a range of frequencies, by a discrete Fourier transform written out. */
function powerBetween(
  samples: Float32Array,
  rateHz: number,
  [fromHz, toHz]: readonly [number, number],
): number {
  const size = samples.length;
  const turn = (2 * Math.PI) / size;
  // Blackman-Harris: 92 dB between what is there and what leaks.
  const windowed = samples.map((value, i) => {
    const [a, b, c] = [Math.cos(turn * i), Math.cos(2 * turn * i), Math.cos(3 * turn * i)];
    return value * (0.35875 - 0.48829 * a + 0.14128 * b - 0.01168 * c);
  });
  let sum = 0;
  let count = 0;
  // Every eighth frequency is enough of noise.
  for (let bin = Math.ceil((fromHz * size) / rateHz); bin < (toHz * size) / rateHz; bin += 8) {
    let [real, imaginary] = [0, 0];
    for (let i = 0; i < size; i += 1) {
      real += windowed[i]! * Math.cos(turn * bin * i);
      imaginary += windowed[i]! * Math.sin(turn * bin * i);
    }
    sum += real ** 2 + imaginary ** 2;
    count += 1;
  }
  return sum / count;
}

test("mastered() keeps the balance of two channels, and both exactly as long as asked for", () => {
  const tone = Float32Array.from({ length: 9600 }, (_, i) => Math.sin((2 * Math.PI * i) / 100));
  const quiet = tone.map((value) => value / 4);
  const { sampleRate, channels } = mastered([tone, quiet], { sampleRate: 44_100, length: 8000 });
  const peaks = channels.map((samples) => Math.max(...samples.map(Math.abs)));
  expect(sampleRate).toBe(44_100);
  expect(channels.map((samples) => samples.length)).toEqual([8000, 8000]);
  expect(20 * Math.log10(peaks[0]!)).toBeCloseTo(CEILING_DB, 2);
  expect(peaks[0]! / peaks[1]!).toBeCloseTo(4, 3);
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

import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { portablePlan } from "../audio/packed-fourier.ts";
import { defaultStft } from "../audio/spectrogram.ts";
import { magnitudes, stft } from "../audio/stft.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { noiseOfSpectra, roughened, textureAlong, textureOf } from "./texture.ts";
import { whiteNoise } from "./white-noise.ts";

const plan = portablePlan(defaultStft.frameLength);
const FRAMES = 60;
const smooth = new Float32Array(FRAMES * BIN_COUNT).fill(-30);

/** Levels of white noise around -30 dB. */
function noiseLevels(): Float32Array {
  const sound = fillNormal(seededRandom(3), new Float32Array((FRAMES - 1) * 512 + 1));
  const { data } = magnitudes(sound);
  const middle = data.toSorted()[Math.floor(data.length / 2)] ?? 1;
  return data.map((value) => -30 + 20 * Math.log10(value / middle + 1e-6));
}

const shape = { latentCount: FRAMES / 4, framesPerLatent: 4 };

test("textureOf() calls white noise rough and what was rebuilt exactly smooth", () => {
  const rough = textureOf(noiseLevels(), smooth, shape);
  // The first band holds few bins, so only the mean of all bands is sure.
  expect(rough.reduce((sum, x) => sum + x, 0) / rough.length).toBeGreaterThan(0.85);
  expect(Math.max(...textureOf(smooth, smooth, shape))).toBe(0);
});

test("roughened() leaves levels where the texture is smooth, and makes noise where it is rough", () => {
  const plain = roughened(smooth, new Float32Array(15 * TEXTURE_BANDS), {
    framesPerLatent: 4,
    noise: whiteNoise(seededRandom(1), plan, defaultStft),
  });
  expect(plain.levels).toEqual(smooth);
  expect(plain.phases.every(Number.isNaN)).toBe(true);

  const rough = roughened(smooth, new Float32Array(15 * TEXTURE_BANDS).fill(1), {
    framesPerLatent: 4,
    noise: whiteNoise(seededRandom(1), plan, defaultStft),
  });
  const sorted = rough.levels.toSorted();
  expect(sorted[Math.floor(sorted.length / 2)]).toBeCloseTo(-30, 0);
  expect(textureOf(rough.levels, smooth, shape)[40]).toBeGreaterThan(0.7);
  expect(rough.phases.some(Number.isNaN)).toBe(false);
});

test("roughened() leaves partials alone and makes noise between them", () => {
  const SPACING = 16;
  // Lobes of 4 bins, 30 dB over what is between them.
  const tones = smooth.map((level, i) => level - (((i % BIN_COUNT) + 1) % SPACING < 3 ? 0 : 30));
  const { levels, phases } = roughened(tones, new Float32Array(15 * TEXTURE_BANDS).fill(1), {
    framesPerLatent: 4,
    noise: whiteNoise(seededRandom(1), plan, defaultStft),
  });
  const isPartial = (i: number): boolean => (i % BIN_COUNT) % SPACING === 0 && i % BIN_COUNT > 0;
  const partials = [...levels.keys()].filter(isPartial);
  expect(partials.every((i) => levels[i] === tones[i] && Number.isNaN(phases[i]))).toBe(true);
  const between = [...levels.keys()].filter((i) => (i % BIN_COUNT) % SPACING === 8);
  expect(between.every((i) => levels[i] !== tones[i] && !Number.isNaN(phases[i]))).toBe(true);
});

test("noiseOfSpectra() gives the frames in turn, but for those that are skipped", () => {
  const spectra = stft(fillNormal(seededRandom(2), new Float32Array(512 * 3)));
  const noise = noiseOfSpectra(spectra);
  const first = noise.next();
  noise.skip();
  const third = noise.next();
  expect(first.re).toEqual(spectra.re.subarray(0, BIN_COUNT));
  expect(third.im).toEqual(spectra.im.subarray(2 * BIN_COUNT, 3 * BIN_COUNT));
  expect(third.meanPower).toBe(first.meanPower);
});

test("whiteNoise() that skips a frame goes on as if it had given it", () => {
  const [whole, short] = [1, 1].map((seed) => whiteNoise(seededRandom(seed), plan, defaultStft));
  whole!.next();
  whole!.next();
  short!.next();
  short!.skip();
  expect(short!.next().re).toEqual(whole!.next().re);
});

test("textureAlong() takes the texture of the nearest vectors", () => {
  const texture = new Float32Array(20 * TEXTURE_BANDS);
  texture.fill(1, 10 * TEXTURE_BANDS);
  const vectors = Float32Array.from({ length: 20 }, (_, i) => (i < 10 ? i / 100 : 5 + i / 100));
  const along = textureAlong(Float32Array.of(0.05, 5.12), { vectors, size: 1, texture });
  expect(along[0]).toBeCloseTo(0, 5);
  expect(along[TEXTURE_BANDS]).toBeCloseTo(1, 5);
});

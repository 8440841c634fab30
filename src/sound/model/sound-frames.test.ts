import { expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import { seededRandom } from "../../random.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "./bands.ts";
import {
  framesOfSound,
  LEVEL_MIN_DB,
  packFrames,
  soundOfFrames,
  unpackFrames,
} from "./sound-frames.ts";

const tone = sine({ hz: 1000, rateHz: MODEL_RATE_HZ, length: 12_000 });

test("framesOfSound() does not depend on how loud a sound was recorded", () => {
  const loud = framesOfSound(tone);
  const soft = framesOfSound(tone.map((x) => x / 64));
  expect(soft.frameCount).toBe(loud.frameCount);
  expect(soft.reference).toBeCloseTo(loud.reference / 64, 4);
  const difference = soft.levels.reduce(
    (most, level, i) => Math.max(most, Math.abs(level - (loud.levels[i] ?? 0))),
    0,
  );
  expect(difference).toBeLessThan(0.01);
});

test("framesOfSound() puts a tone into its bin, near 0 dB, and keeps to its range", () => {
  const { levels, frameCount } = framesOfSound(tone);
  const middle = levels.subarray(
    (frameCount >> 1) * BIN_COUNT,
    ((frameCount >> 1) + 1) * BIN_COUNT,
  );
  const loudest = middle.indexOf(Math.max(...middle));
  expect((loudest * MODEL_RATE_HZ) / (2 * (BIN_COUNT - 1))).toBeGreaterThan(975);
  expect((loudest * MODEL_RATE_HZ) / (2 * (BIN_COUNT - 1))).toBeLessThan(1025);
  expect(Math.max(...middle)).toBeGreaterThan(-6);
  expect(levels.every((level) => level >= LEVEL_MIN_DB && level < 6)).toBe(true);
});

test("framesOfSound() of silence is the floor throughout", () => {
  const { levels, reference } = framesOfSound(new Float32Array(5000));
  expect(reference).toBe(1);
  expect(levels.every((level) => level === LEVEL_MIN_DB)).toBe(true);
});

test("framesOfSound() takes sounds shorter than a frame", () => {
  const { frameCount, levels } = framesOfSound(tone.subarray(0, 10));
  expect(frameCount).toBeGreaterThan(0);
  expect(levels.every(Number.isFinite)).toBe(true);
});

test("packFrames() keeps levels to a fifth of a dB, at a byte each", () => {
  const frames = framesOfSound(tone);
  const packed = packFrames(frames);
  expect(packed.steps).toHaveLength(frames.levels.length);
  const back = new Float32Array(frames.levels.length);
  unpackFrames(packed, [0, packed.frameCount], back);
  for (const [i, level] of frames.levels.entries()) {
    if (Math.abs((back[i] ?? 0) - Math.min(0, level)) > 0.19) {
      throw new Error(`Level ${level} came back as ${back[i]}`);
    }
  }
});

test("unpackFrames() unpacks a stretch", () => {
  const packed = packFrames(framesOfSound(tone));
  const whole = new Float32Array(packed.steps.length);
  unpackFrames(packed, [0, packed.frameCount], whole);
  const stretch = new Float32Array(2 * BIN_COUNT);
  unpackFrames(packed, [3, 2], stretch);
  expect(stretch).toEqual(whole.slice(3 * BIN_COUNT, 5 * BIN_COUNT));
});

test("soundOfFrames() gives the sound of its frames back at its level", () => {
  const frames = framesOfSound(tone);
  const sound = soundOfFrames(frames, {
    length: tone.length,
    random: seededRandom(1),
    iterations: 16,
  });
  expect(sound).toHaveLength(tone.length);
  const rms = (x: Float32Array): number =>
    Math.sqrt(x.reduce((sum, value) => sum + value ** 2, 0) / x.length);
  expect(20 * Math.log10(rms(sound) / rms(tone))).toBeCloseTo(0, 0);
});

import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import {
  type Augmentation,
  applyAugmentation,
  augmentedFrameCount,
  drawAugmentation,
  neutralAugmentation,
  sourceFrameCount,
} from "./augment.ts";
import { toDecibels } from "./decibel.ts";
import type { Spectrogram } from "./spectrogram.ts";
import { magnitudes } from "./stft.ts";

const BINS = 1025;

/** A tone of 200 bins = 4687.5 Hz, 40 frames. */
const tone: Spectrogram = toDecibels(
  magnitudes(
    Float32Array.from({ length: 39 * 512 }, (_, t) => Math.sin((2 * Math.PI * 200 * t) / 2048)),
  ),
);

const noise: Spectrogram = toDecibels(
  magnitudes(fillNormal(seededRandom(3), new Float32Array(39 * 512))),
);

const change = (parts: Partial<Augmentation>): Augmentation => ({
  ...neutralAugmentation,
  ...parts,
});

const row = ({ data }: Spectrogram, frame: number): Float32Array =>
  data.subarray(frame * BINS, (frame + 1) * BINS);

/** The loudest bin of a frame. */
const peakOf = (frames: Spectrogram, frame = 20): number => {
  const values = row(frames, frame);
  return values.indexOf(Math.max(...values));
};

const power = (decibels: Float32Array): number =>
  decibels.reduce((sum, value) => sum + (value > -80 ? 10 ** (value / 10) : 0), 0);

test("neutral parameters change nothing, to the last bit", () => {
  for (const frames of [tone, noise]) {
    expect(applyAugmentation(frames, neutralAugmentation)).toEqual(frames);
  }
});

test.each([-2, -0.5, 1, 2])(
  "a pitch of %d semitones moves the tone, not the length",
  (pitchSemitones) => {
    const moved = applyAugmentation(tone, change({ pitchSemitones }));
    expect(moved.frameCount).toBe(tone.frameCount);
    expect(Math.abs(peakOf(moved) - 200 * 2 ** (pitchSemitones / 12))).toBeLessThanOrEqual(0.5);
  },
);

test.each([0.9, 1.1])("a speed of %d moves the tone and changes the length", (speed) => {
  const moved = applyAugmentation(tone, change({ speed }));
  expect(moved.frameCount).toBe(Math.floor(39 / speed) + 1);
  expect(Math.abs(peakOf(moved) - 200 * speed)).toBeLessThanOrEqual(0.5);
});

test("speed moves a moment in time", () => {
  const data = new Float32Array(40 * BINS).fill(-80);
  data.fill(0, 30 * BINS, 31 * BINS);
  const moved = applyAugmentation(
    { frameCount: 40, binCount: BINS, data },
    change({ speed: 0.75 }),
  );
  const levels = Array.from({ length: moved.frameCount }, (_, frame) => row(moved, frame)[100]!);
  expect(levels.indexOf(Math.max(...levels))).toBe(40);
});

test("bins above the source are at the floor", () => {
  const moved = applyAugmentation(noise, change({ pitchSemitones: -2, gainDb: 6 }));
  const edge = Math.ceil(1024 * 2 ** (-2 / 12));
  expect(Math.max(...row(moved, 20).subarray(edge))).toBe(-80);
  expect(Math.min(...row(moved, 20).subarray(10, edge - 10))).toBeGreaterThan(-80);
});

test.each([-6, 4.5])("a gain of %d dB changes the level by that", (gainDb) => {
  const louder = row(applyAugmentation(noise, change({ gainDb })), 20);
  row(noise, 20).forEach((level, bin) => {
    if (level > -60) expect(louder[bin]! - level).toBeCloseTo(gainDb, 4);
  });
});

test("a gain leaves silence silent and nothing under the floor", () => {
  const quiet = { frameCount: 1, binCount: 3, data: Float32Array.from([-80, -79.9, -70]) };
  expect([...applyAugmentation(quiet, change({ gainDb: -6 })).data]).toEqual(
    [-80, -79.9, -70].map((v) => Math.max(-80, v - 6)),
  );
  const louder = applyAugmentation(quiet, change({ gainDb: 6 })).data;
  expect(louder[0]).toBe(-80);
  expect(louder[1]).toBeCloseTo(-79.87, 3);
  expect(louder[2]).toBeCloseTo(-67, 4); // half of the gain, halfway up the knee
});

test("a tilt lifts the top and lowers the bottom", () => {
  const tilted = row(applyAugmentation(noise, change({ tiltDb: 6 })), 20);
  expect(tilted[1]! - row(noise, 20)[1]!).toBeCloseTo(-3, 4);
  expect(tilted[1024]! - row(noise, 20)[1024]!).toBeCloseTo(3, 4);
});

test("a bump is highest where it is put", () => {
  const bump = { gainDb: 5, position: 0.5, widthOctaves: 1 };
  const bumped = row(applyAugmentation(noise, change({ bump })), 20);
  const gains = Array.from(bumped, (level, bin) => level - row(noise, 20)[bin]!);
  // Halfway in octaves between 40 and 24,000 Hz is 980 Hz, bin 41.8; two octaves up is bin 167.
  expect(gains[42]).toBeCloseTo(5, 1);
  expect(gains[167]).toBeCloseTo(5 * Math.exp(-2), 1);
  expect(gains[1000]).toBeLessThan(0.01);
});

describe("noise", () => {
  const quiet: Spectrogram = {
    ...tone,
    data: tone.data.map((level) => (level > -30 ? level : -80)),
  };

  test.each([15, 30])("of %d dB is that far under the sound", (snrDb) => {
    const noisy = applyAugmentation(
      quiet,
      change({ noise: { snrDb, slopeDbPerOctave: 0, seed: 1 } }),
    );
    const hiss = noisy.data.filter((_, i) => quiet.data[i] === -80);
    const share = hiss.length / quiet.data.length;
    const measuredDb = 10 * Math.log10((power(quiet.data) * share) / power(hiss));
    expect(Math.abs(measuredDb - snrDb)).toBeLessThan(0.1);
  });

  test("slopes as asked", () => {
    const noisy = applyAugmentation(
      quiet,
      change({ noise: { snrDb: 15, slopeDbPerOctave: -3, seed: 1 } }),
    );
    const bandDb = (low: number, high: number): number => {
      let sum = 0;
      for (let frame = 0; frame < 40; frame += 1)
        sum += power(row(noisy, frame).subarray(low, high));
      return 10 * Math.log10(sum / (high - low));
    };
    expect(bandDb(900, 1000) - bandDb(450, 500)).toBeCloseTo(-3, 0);
  });

  test("is the same for the same seed and another for another", () => {
    const noisy = (seed: number): Spectrogram =>
      applyAugmentation(quiet, change({ noise: { snrDb: 20, slopeDbPerOctave: 0, seed } }));
    expect(noisy(1)).toEqual(noisy(1));
    expect(noisy(1)).not.toEqual(noisy(2));
  });
});

test("applyAugmentation() makes a slice the same as the whole", () => {
  const augmentation = change({ speed: 0.9, pitchSemitones: 1, gainDb: 2 });
  const whole = applyAugmentation(noise, augmentation);
  const out = { frameCount: 10, binCount: BINS, data: new Float32Array(10 * BINS) };
  applyAugmentation(noise, augmentation, { firstFrame: 9, out });
  out.data.forEach((level, i) => {
    expect(Math.abs(level - whole.data[10 * BINS + i]!)).toBeLessThan(1e-3);
  });
});

test("sourceFrameCount() and augmentedFrameCount() fit together", () => {
  for (const speed of [0.9, 1, 1.03, 1.1]) {
    const augmentation = change({ speed });
    const needed = sourceFrameCount(64, augmentation);
    expect(augmentedFrameCount(needed, augmentation)).toBeGreaterThanOrEqual(64);
  }
});

test("drawAugmentation() stays within its settings and is the same for the same seed", () => {
  const random = seededRandom(5);
  let noisy = 0;
  for (let i = 0; i < 200; i += 1) {
    const drawn = drawAugmentation(random, { noiseShare: 0.25 });
    expect(Math.abs(drawn.pitchSemitones)).toBeLessThanOrEqual(2);
    expect(Math.abs(drawn.speed - 1)).toBeLessThanOrEqual(0.1);
    expect(Math.abs(drawn.gainDb)).toBeLessThanOrEqual(6);
    expect(Math.abs(drawn.tiltDb)).toBeLessThanOrEqual(6);
    expect(Math.abs(drawn.bump.gainDb)).toBeLessThanOrEqual(6);
    if (drawn.noise !== null) {
      noisy += 1;
      expect(drawn.noise.snrDb).toBeGreaterThanOrEqual(15);
      expect(drawn.noise.snrDb).toBeLessThanOrEqual(40);
    }
    expect(JSON.parse(JSON.stringify(drawn))).toEqual(drawn);
  }
  expect(noisy).toBeGreaterThan(30);
  expect(noisy).toBeLessThan(70);
  expect(drawAugmentation(seededRandom(5))).toEqual(drawAugmentation(seededRandom(5)));
});

import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import { type Grains, grainsOf } from "./grains.ts";
import { rootMeanSquare } from "./level.ts";

const rate = 48_000;
const length = 2 * rate;

/** A tone that rises evenly from 300 to 1300 Hz: its pitch says from where a grain was taken. */
const rising = Float32Array.from({ length }, (_, i) => {
  const seconds = i / rate;
  return Math.sin(2 * Math.PI * (300 * seconds + 250 * seconds ** 2));
});

function played(grains: Grains, samples = rising): Float32Array {
  const sound = { sampleRate: rate, channels: [samples] };
  const { channels } = grainsOf(sound, grains, seededRandom(3));
  expect(channels[0]!.length).toBe(samples.length);
  expect(rootMeanSquare(channels[0]!) / rootMeanSquare(samples)).toBeCloseTo(1, 4);
  return channels[0]!;
}

/** Hertz at a moment, by the zeros around it. */
function pitchAt(samples: Float32Array, seconds: number): number {
  const part = samples.subarray((seconds - 0.02) * rate, (seconds + 0.02) * rate);
  let count = 0;
  for (let i = 1; i < part.length; i += 1) if (part[i - 1]! < 0 && part[i]! >= 0) count += 1;
  return count / 0.04;
}

/** How often the level rises through half of its mean. */
function pulses(samples: Float32Array): number {
  const step = 240;
  const levels = Array.from({ length: samples.length / step }, (_, i) =>
    rootMeanSquare(samples.subarray(i * step, (i + 1) * step)),
  );
  const half = levels.reduce((sum, level) => sum + level, 0) / levels.length / 2;
  return levels.filter((level, i) => level >= half && (levels[i - 1] ?? 0) < half).length;
}

test("grains without spread that overlap give the sound back", () => {
  const back = played({ sizeMs: 100, density: 40, spread: 0 });
  for (let i = 4800; i < length - 4800; i += 97) {
    expect(Math.abs(back[i]! - rising[i]!)).toBeLessThan(0.05);
  }
});

test("density is the number of grains a second", () => {
  for (const density of [4, 10, 25]) {
    const count = pulses(played({ sizeMs: 20, density, spread: 0 }));
    expect(Math.abs(count - 2 * density)).toBeLessThanOrEqual(2);
  }
});

test("size is the length of a grain", () => {
  for (const sizeMs of [20, 50, 120]) {
    const samples = played({ sizeMs, density: 2, spread: 0 }, new Float32Array(length).fill(1));
    const peak = Math.max(...samples);
    const loud = samples.reduce((count, value) => count + (value > peak / 2 ? 1 : 0), 0);
    // A raised cosine is above its half for half its length; of the four grains, one is cut in two.
    expect(loud / rate / 4 / (sizeMs / 2000)).toBeGreaterThan(0.95);
    expect(loud / rate / 4 / (sizeMs / 2000)).toBeLessThan(1.2);
  }
});

test("spread is how far from its moment a grain is taken", () => {
  const deviation = (spread: number) => {
    const samples = played({ sizeMs: 60, density: 17, spread });
    const moments = Array.from({ length: 30 }, (_, i) => 0.25 + 0.05 * i);
    const squares = moments.map((seconds) => {
      const wanted = 300 + 500 * seconds;
      return (pitchAt(samples, seconds) - wanted) ** 2;
    });
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
  };
  const [none = 0, some = 0, all = 0] = [0, 0.3, 1].map(deviation);
  expect(none).toBeLessThan(40);
  expect(some).toBeGreaterThan(1.5 * none);
  expect(all).toBeGreaterThan(1.5 * some);
});

test("the same grains for the same random numbers, others for others", () => {
  const sound = { sampleRate: rate, channels: [rising] };
  const grains = { sizeMs: 60, density: 30, spread: 0.5 };
  const make = (seed: number) => grainsOf(sound, grains, seededRandom(seed)).channels[0];
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
});

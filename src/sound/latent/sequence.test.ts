import { expect, test } from "vitest";
import { seededRandom } from "../../random.ts";
import type { GestureCorpus } from "./gesture-path.ts";
import { type SequenceOptions, sequence } from "./sequence.ts";

const latentsPerSecond = 20;

/** A loop of eight hits, 5 vectors (a quarter of a second) apart, each a place of its own. */
const loop: GestureCorpus = {
  vectors: Float32Array.from({ length: 40 }, (_, i) => Math.floor(i / 5)),
  size: 1,
  gestures: Array.from({ length: 8 }, (_, i) => ({
    file: 0,
    start: i * 5,
    length: 4,
    peak: 0,
    hasOnset: true,
    hasEnd: true,
    untilNext: i < 7 ? 5 : undefined,
  })),
};

function starts(options: Partial<SequenceOptions>): number[] {
  const all = {
    seconds: 20,
    latentsPerSecond,
    evolution: 0.5,
    density: 1,
    random: seededRandom(1),
  };
  return sequence(loop, { ...all, ...options }).map(({ atSeconds }) => atSeconds);
}

test("sequence() keeps the time that the recordings keep", () => {
  const times = starts({});
  const gaps = times.slice(1).map((time, i) => time - times[i]!);
  const own = gaps.filter((gap) => Math.abs(gap - 0.25) < 1e-9);
  expect(own.length).toBeGreaterThan(0.7 * gaps.length);
});

test("sequence() has more onsets the higher its density, in every step from -10 to 10", () => {
  const counts = [-10, -5, 0, 5, 10].map((d) => starts({ density: 2 ** (d / 5) }).length);
  for (const [i, count] of counts.slice(1).entries())
    expect(count).toBeGreaterThan(1.5 * counts[i]!);
});

test("sequence() begins at once and ends in time, also where nothing fits", () => {
  expect(starts({ seconds: 0.05 })).toEqual([0]);
  expect(starts({ seconds: 3 }).every((time) => time < 3 - 0.1)).toBe(true);
});

import { describe, expect, test } from "vitest";
import { toneCodec } from "../../../../test/support/tone-codec.ts";
import { seededRandom } from "../../../random.ts";
import { lengthOf } from "../../audio/sound.ts";
import { truePeak } from "../../audio/true-peak.ts";
import { TEXTURE_BANDS } from "../../model/bands.ts";
import type { Voice } from "../generate.ts";
import { generateLoop, type LoopOptions, onGrid } from "./loop.ts";
import { loopLength, loopSeconds } from "./loop-time.ts";
import { ringPath } from "./ring-path.ts";

const time = { bars: 1, bpm: 133, beatsPerBar: 4, beatUnit: 4 };

/** Three notes of 40 vectors that swell and sink. */
function notes(): Voice {
  const random = seededRandom(1);
  const means = Float32Array.from({ length: 144 }, (_, i) => {
    const t = i % 48;
    return t < 40 ? -10 - 12 * Math.abs(Math.sin(t / 6)) - 4 * random.next() : -96;
  });
  return {
    weights: new Float32Array(0),
    statistics: new Float32Array(0),
    latents: {
      means,
      lengths: [48, 48, 48],
      texture: new Float32Array(144 * TEXTURE_BANDS).fill(0.2),
      loudness: new Float32Array(0),
      references: [],
    },
  };
}

function looped(options: Partial<LoopOptions>): ReturnType<typeof generateLoop> {
  const wanted = { seed: 4, sampleRate: 48_000, quality: "draft", loop: time } as const;
  return generateLoop(toneCodec, notes(), { ...wanted, ...options });
}

test("loopLength() is that of its bars, to the sample", () => {
  expect(loopLength({ bars: 2, bpm: 120, beatsPerBar: 4, beatUnit: 4 }, 48_000)).toBe(192_000);
  expect(loopLength({ bars: 1, bpm: 60, beatsPerBar: 6, beatUnit: 8 }, 44_100)).toBe(132_300);
  expect(loopSeconds(time)).toBeCloseTo(240 / 133, 9);
});

describe("generateLoop()", () => {
  test.each([
    { mode: "sequence", sampleRate: 48_000 },
    { mode: "gesture", sampleRate: 44_100 },
    { mode: "sustain", sampleRate: 96_000 },
    { mode: "walk", sampleRate: 44_100 },
  ] as const)("of mode $mode is exactly as long as its bars at $sampleRate Hz", async (options) => {
    const short = { ...options, loop: { ...time, beatsPerBar: 2 } };
    const sound = await looped(short);
    expect(lengthOf(sound)).toBe(loopLength(short.loop, options.sampleRate));
    expect(20 * Math.log10(truePeak(sound))).toBeCloseTo(-1, 2);
    expect(await looped(short)).toEqual(sound);
  });

  test.each(["sustain", "walk"] as const)(
    "of mode %s is as smooth at the seam as inside",
    async (mode) => {
      for (const seed of [1, 2]) {
        const { channels } = await looped({ mode, seed, evolution: 1 });
        const round = channels[0]!;
        const { length } = round;
        const at = (i: number): number => round[(i + length) % length]!;
        const bends = Float32Array.from(round, (_, i) =>
          Math.abs(at(i + 1) - 2 * at(i) + at(i - 1)),
        );
        // The bend at the seam is no outlier among all others, and nor is the change of level.
        const sorted = bends.toSorted();
        expect(Math.max(bends[0]!, bends[length - 1]!)).toBeLessThan(sorted.at(-20)!);
        const power = (from: number): number => {
          let sum = 0;
          for (let i = 0; i < 1000; i += 1) sum += at(from + i) ** 2;
          return sum;
        };
        const changes = Array.from({ length: Math.floor(length / 500) }, (_, i) =>
          Math.abs(Math.log(power(i * 500) / power(i * 500 - 1000))),
        );
        const [seam = 0, ...inside] = changes;
        expect(seam).toBeLessThanOrEqual(Math.max(...inside));
      }
    },
  );

  test("rings on past its end into its beginning", async () => {
    // Notes of 1.7 s in a bar of 1.8 s: whatever begins late goes on at the beginning.
    const { channels } = await looped({ mode: "sequence", density: 4 });
    const round = channels[0]!;
    const rms = (part: Float32Array) =>
      Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
    expect(rms(round.subarray(-480))).toBeGreaterThan(0.02 * rms(round));
  });
});

test("onGrid() moves gestures to sixteenths and leaves one on each", () => {
  const gesture = { path: new Float32Array(1), lead: undefined as never };
  const step = 15 / 133;
  const places = [0, 0.4, 1.3, 2.2, 15.8].map((place) => ({ ...gesture, atSeconds: place * step }));
  const placed = onGrid(places, time).map(({ atSeconds }) => Math.round(atSeconds / step));
  expect(placed).toEqual([0, 1, 2]);
});

test("ringPath() leads from its end into its beginning as from any vector to the next", () => {
  const size = 2;
  const random = seededRandom(5);
  const vectors = Float32Array.from({ length: 200 }, () => random.next());
  const gesture = { file: 0, length: 50, peak: 3, hasOnset: true, hasEnd: true };
  const corpus = {
    vectors,
    size,
    gestures: [
      { ...gesture, start: 0, untilNext: undefined },
      { ...gesture, file: 1, start: 50, untilNext: undefined },
    ],
  };
  for (const drifts of [false, true]) {
    const steps: number[] = [];
    const seams: number[] = [];
    for (let seed = 0; seed < 40; seed += 1) {
      const options = { length: 30, latentsPerSecond: 10, evolution: 1, drifts };
      const path = ringPath(corpus, { ...options, random: seededRandom(seed) });
      for (let t = 0; t < 30; t += 1) {
        const next = ((t + 1) % 30) * size;
        const step = Math.hypot(
          path[next]! - path[t * size]!,
          path[next + 1]! - path[t * size + 1]!,
        );
        (t === 29 ? seams : steps).push(step);
      }
    }
    const mean = (values: number[]) => values.reduce((sum, x) => sum + x, 0) / values.length;
    expect(mean(seams) / mean(steps)).toBeGreaterThan(0.7);
    expect(mean(seams) / mean(steps)).toBeLessThan(1.4);
  }
});

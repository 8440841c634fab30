import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { griffinLim } from "../griffin-lim.ts";
import { phasesFromMagnitudes } from "../pghi.ts";
import { defaultStft, MODEL_RATE_HZ } from "../spectrogram.ts";
import { clarityOf, summariseClarity } from "./clarity.ts";

const SECONDS = 0.8;
const LENGTH = SECONDS * MODEL_RATE_HZ;

/** A note of 330 Hz that dies away, with white noise. */
function note({ noise = 0, vibrato = 0, tremolo = 0 } = {}): Float32Array {
  const random = seededRandom(5);
  const hiss = fillNormal(random, new Float32Array(LENGTH));
  let turns = 0;
  return Float32Array.from({ length: LENGTH }, (_, i) => {
    const t = i / MODEL_RATE_HZ;
    turns += (330 * 2 ** ((vibrato * Math.sin(2 * Math.PI * 31 * t)) / 1200)) / MODEL_RATE_HZ;
    let sum = 0;
    for (let k = 1; k <= 20; k += 1) sum += Math.sin(2 * Math.PI * k * turns) / k;
    const level = 1 + tremolo * Math.sin(2 * Math.PI * 31 * t);
    return Math.exp(-5 * t) * (0.2 * level * sum + noise * hiss[i]!);
  });
}

describe("clarityOf()", () => {
  const clean = clarityOf(note())!;

  test("finds deep valleys, a still pitch and a still level in a plain note", () => {
    expect(clean.valleyDb).toBeGreaterThan(40);
    expect(clean.jitterCents).toBeLessThan(0.3);
    expect(clean.wobbleDb).toBeLessThan(0.05);
    expect(clean.latticeDb).toBeUndefined();
    expect(clean).toMatchObject({ extraBursts: 0, isCut: false });
  });

  test("hears noise in the valleys, a shaking pitch and a shaking level", () => {
    expect(clarityOf(note({ noise: 0.005 }))!.valleyDb).toBeLessThan(clean.valleyDb! - 10);
    expect(clarityOf(note({ vibrato: 8 }))!.jitterCents).toBeGreaterThan(1);
    expect(clarityOf(note({ tremolo: 0.2 }))!.wobbleDb).toBeGreaterThan(0.3);
  });

  test("finds no lattice in noise, and one where frames of an even spectrum follow each other", () => {
    const noise = fillNormal(seededRandom(2), new Float32Array(LENGTH));
    const binCount = defaultStft.frameLength / 2 + 1;
    const frameCount = Math.floor(LENGTH / defaultStft.hopLength) + 1;
    const even = { frameCount, binCount, data: new Float32Array(frameCount * binCount).fill(1) };
    const shape = { shape: defaultStft, random: seededRandom(1) };
    const phases = phasesFromMagnitudes(even, shape);
    const pulses = griffinLim(even, { ...shape, length: LENGTH, phases, iterations: 0 });
    expect(Math.abs(clarityOf(noise)!.latticeDb!)).toBeLessThan(6);
    expect(clarityOf(pulses)!.latticeDb!).toBeGreaterThan(12);
  });

  test("counts a flam before the onset, and hears that a sound is cut", () => {
    const hit = (at: number, gain: number, i: number): number =>
      i < at ? 0 : gain * Math.exp(-(i - at) / 300) * Math.sin(i / 7);
    const onsets = [3000, 4800, 6600];
    const flam = Float32Array.from({ length: LENGTH }, (_, i) =>
      onsets.reduce((sum, at, k) => sum + hit(at, k === 2 ? 1 : 0.3, i), 0),
    );
    expect(clarityOf(flam)!.extraBursts).toBe(2);
    expect(clarityOf(note().subarray(0, 9600))!.isCut).toBe(true);
  });

  test.each([65.4, 92.5])(
    "takes the periods of a note of %d Hz for no flam and no lattice",
    (hz) => {
      const low = Float32Array.from({ length: LENGTH }, (_, i) => {
        const t = i / MODEL_RATE_HZ;
        return Math.min(1, t / 0.3) * (Math.exp(-80 * ((hz * t) % 1)) - 0.1);
      });
      expect(clarityOf(low)).toMatchObject({ extraBursts: 0, jitterCents: expect.any(Number) });
      expect(clarityOf(low)!.latticeDb).toBeUndefined();
    },
  );

  test("knows bright from dull", () => {
    const noise = fillNormal(seededRandom(2), new Float32Array(LENGTH));
    expect(clarityOf(noise)!.highDb).toBeCloseTo(10 * Math.log10(2 / 3), 0);
    expect(clean.highDb).toBeLessThan(-30);
  });

  test("says nothing of silence", () => {
    expect(clarityOf(new Float32Array(LENGTH))).toBeUndefined();
  });
});

test("summariseClarity() takes medians of what tells, and null where nothing does", () => {
  const sound = { highDb: -10, extraBursts: 0, isCut: false };
  const all = [
    { ...sound, valleyDb: 20 },
    { ...sound, valleyDb: 40 },
    { ...sound, isCut: true },
  ];
  expect(summariseClarity(all)).toEqual({
    count: 3,
    valleyDb: 30,
    jitterCents: null,
    wobbleDb: null,
    latticeDb: null,
    highDb: -10,
    extraBursts: 0,
    cutShare: 1 / 3,
  });
});

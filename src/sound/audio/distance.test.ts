import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { type PairDistances, pairDistances, summarise } from "./distance.ts";

const RATE_HZ = 44_100;

/** A plucked-like tone of 19 partials, one second. */
const tone = Float32Array.from({ length: RATE_HZ }, (_, i) => {
  const seconds = i / RATE_HZ;
  let sum = 0;
  for (let k = 1; k < 20; k += 1) sum += Math.sin(2 * Math.PI * 220 * k * seconds) / k;
  return sum * Math.exp(-3 * seconds) * Math.min(1, seconds / 0.02);
});

const noise = (seed: number): Float32Array =>
  fillNormal(seededRandom(seed), new Float32Array(RATE_HZ));

function compared(reference: Float32Array, reconstruction: Float32Array): PairDistances {
  const distances = pairDistances({ reference, reconstruction, sampleRateHz: RATE_HZ });
  if (distances === undefined) throw new Error("the reference is silent");
  return distances;
}

test("a sound is at no distance from itself", () => {
  const { envelopeCorrelation, ...distances } = compared(tone, tone);
  expect(Object.values(distances)).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  expect(envelopeCorrelation).toBeCloseTo(1, 12);
});

test("a gain shows in loudness and level only", () => {
  const distances = compared(
    tone,
    tone.map((sample) => 2 * sample),
  );
  expect(distances.levelDb).toBeCloseTo(6.0206, 3);
  expect(distances.loudnessDb).toBeCloseTo(6.0206, 2);
  expect(distances.lsdDb).toBeLessThan(1e-4);
  expect(distances.multiScale).toBeLessThan(1e-4);
});

test("two white noises are apart by what independent Rayleigh bins are, 7.9 dB less the floor", () => {
  const { lsdDb } = compared(noise(1), noise(2));
  expect(lsdDb).toBeGreaterThan(7);
  expect(lsdDb).toBeLessThan(8.5);
});

test("more noise is more distance", () => {
  const [little, some, much] = [0.001, 0.01, 0.1].map((level) => {
    const hiss = noise(1);
    return compared(
      tone,
      tone.map((sample, i) => sample + level * hiss[i]!),
    );
  });
  for (const key of ["lsdDb", "melL1Db", "spectralConvergence", "multiScale"] as const) {
    expect(little![key]).toBeLessThan(some![key]);
    expect(some![key]).toBeLessThan(much![key]);
  }
});

test("silence is far, and a silent reference cannot be compared", () => {
  const silence = new Float32Array(RATE_HZ);
  const distances = compared(tone, silence);
  expect(distances.spectralConvergence).toBeGreaterThan(0.999);
  expect(distances.lsdDb).toBeGreaterThan(10);
  expect(distances.envelopeCorrelation).toBe(0);
  expect(
    pairDistances({ reference: silence, reconstruction: tone, sampleRateHz: RATE_HZ }),
  ).toBeUndefined();
});

test("a length difference is cut or padded away", () => {
  const longer = new Float32Array(RATE_HZ + 5000);
  longer.set(tone);
  expect(compared(tone, longer).lsdDb).toBe(0);
  expect(compared(tone, tone.subarray(0, 30_000)).lsdDb).toBeGreaterThan(0);
});

test.each([1, 100, 3000])("a reference of %i samples is compared", (length) => {
  const distances = compared(tone.slice(2000, 2000 + length), noise(1).slice(0, length));
  for (const value of Object.values(distances)) expect(Number.isFinite(value)).toBe(true);
});

/**
 * Recorded from the ruler (numpy, 64-bit): the tone against a faster decaying one with a
 * 3,000 Hz sine of 0.01 in it.
 */
test("pairDistances() gives what the independent ruler gives", () => {
  const reconstruction = tone.map((sample, i) => {
    const seconds = i / RATE_HZ;
    return sample * Math.exp(-2 * seconds) + 0.01 * Math.sin(2 * Math.PI * 3000 * seconds);
  });
  const distances = compared(tone, reconstruction);
  const ruler: PairDistances = {
    lsdDb: 3.234848,
    lsdActiveDb: 3.234848,
    melL1Db: 3.34614,
    melL1ActiveDb: 3.34614,
    spectralConvergence: 0.249371,
    multiScale: 0.400569,
    loudnessDb: 7.02879,
    levelDb: -2.433223,
    envelopeCorrelation: 0.979651,
  };
  for (const key of Object.keys(ruler) as (keyof PairDistances)[]) {
    expect(distances[key]).toBeCloseTo(ruler[key], 3);
  }
});

test("summarise() gives mean, median and the worst by its own sense", () => {
  const row = compared(tone, tone);
  const rows = [
    { ...row, lsdDb: 1, levelDb: -6, envelopeCorrelation: 0.9 },
    { ...row, lsdDb: 5, levelDb: 2, envelopeCorrelation: 0.5 },
    { ...row, lsdDb: 3, levelDb: 1, envelopeCorrelation: 1 },
  ];
  const { lsdDb, levelDb, envelopeCorrelation } = summarise(rows);
  expect(lsdDb).toEqual({ mean: 3, median: 3, worst: 5 });
  expect(levelDb).toEqual({ mean: -1, median: 1, worst: -6 });
  expect(envelopeCorrelation.worst).toBe(0.5);
});

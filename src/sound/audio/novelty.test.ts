import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { describeSpectrum, novelty } from "./novelty.ts";
import { magnitudes } from "./stft.ts";

const random = seededRandom(1);
const points = (count: number, spread: number): Float64Array[] =>
  Array.from({ length: count }, () =>
    Float64Array.from(fillNormal(random, new Float32Array(8)), (value) => spread * value),
  );

const train = points(60, 1);
const heldOut = points(30, 1);

test("novelty() is 0 for copies, near 1 for more of the same, far above for strangers", () => {
  expect(novelty({ train, heldOut, generated: train.slice(0, 20) })).toBe(0);
  const same = novelty({ train, heldOut, generated: points(60, 1) });
  expect(Math.abs(same! - 1)).toBeLessThan(0.2);
  expect(novelty({ train, heldOut, generated: points(20, 5) })).toBeGreaterThan(2);
});

test("novelty() does not take a recording's louder take for how far recordings are apart", () => {
  const twins = train.slice(0, 30).map((point) => point.map((value) => value + 1e-3));
  const same = novelty({ train, heldOut: twins, generated: points(60, 1) });
  expect(same).toBeGreaterThan(0.8);
  expect(same).toBeLessThan(2);
});

test("novelty() of nothing is undefined", () => {
  expect(novelty({ train: [], heldOut, generated: train })).toBeUndefined();
  expect(novelty({ train, heldOut: [], generated: train })).toBeUndefined();
  expect(novelty({ train, heldOut, generated: [] })).toBeUndefined();
});

test("describeSpectrum() hears tone and movement, not level", () => {
  const sine = (hz: number, gain: number): Float32Array =>
    Float32Array.from(
      { length: 24_000 },
      (_, t) => gain * Math.sin((2 * Math.PI * hz * t) / 48_000),
    );
  const describe = (samples: Float32Array): Float64Array =>
    describeSpectrum(magnitudes(samples), 48_000);
  const distance = (a: Float64Array, b: Float64Array): number =>
    Math.hypot(...a.map((value, i) => value - b[i]!));
  const base = describe(sine(440, 0.5));
  expect(base).toHaveLength(64);
  expect(distance(base, describe(sine(440, 0.01)))).toBeLessThan(0.1);
  expect(distance(base, describe(sine(880, 0.5)))).toBeGreaterThan(10);
  expect([...describe(new Float32Array(5000))].every(Number.isFinite)).toBe(true);
});

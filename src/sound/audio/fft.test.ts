import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { fourierPlan } from "./fft.ts";

/** The definition, term by term. */
function slowTransform(samples: Float64Array): { re: number[]; im: number[] } {
  const size = samples.length;
  const re: number[] = [];
  const im: number[] = [];
  for (let bin = 0; bin <= size / 2; bin += 1) {
    let sumRe = 0;
    let sumIm = 0;
    for (let t = 0; t < size; t += 1) {
      const angle = (-2 * Math.PI * ((bin * t) % size)) / size;
      sumRe += samples[t]! * Math.cos(angle);
      sumIm += samples[t]! * Math.sin(angle);
    }
    re.push(sumRe);
    im.push(sumIm);
  }
  return { re, im };
}

const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

describe.each([4, 8, 16, 32, 64, 128, 512, 2048])("fourierPlan(%i)", (size) => {
  test("forward() agrees with the definition", () => {
    const plan = fourierPlan(size);
    plan.samples.set(fillNormal(seededRandom(size), new Float32Array(size)));
    plan.forward();
    const expected = slowTransform(plan.samples);
    expect(largestGap(plan.re, expected.re)).toBeLessThan(1e-11 * size);
    expect(largestGap(plan.im, expected.im)).toBeLessThan(1e-11 * size);
  });

  test("inverse() undoes forward()", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const plan = fourierPlan(size);
        const samples = fillNormal(seededRandom(seed), new Float32Array(size));
        plan.samples.set(samples);
        plan.forward();
        plan.samples.fill(0);
        plan.inverse();
        expect(largestGap(plan.samples, samples)).toBeLessThan(1e-13);
      }),
      { numRuns: 10, seed: 1 },
    );
  });
});

test("forward() finds a cosine in its own bin and nowhere else", () => {
  const plan = fourierPlan(64);
  for (let t = 0; t < 64; t += 1) plan.samples[t] = Math.cos((2 * Math.PI * 5 * t) / 64 + 0.3);
  plan.forward();
  for (let bin = 0; bin <= 32; bin += 1) {
    const magnitude = Math.hypot(plan.re[bin]!, plan.im[bin]!);
    expect(magnitude).toBeCloseTo(bin === 5 ? 32 : 0, 10);
  }
  expect(Math.atan2(plan.im[5]!, plan.re[5]!)).toBeCloseTo(0.3, 12);
});

test.each([0, 2, 3, 100, 4.5, -8])("fourierPlan(%d) is refused", (size) => {
  expect(() => fourierPlan(size)).toThrow(
    `Cannot plan a transform of ${size} samples: need a power of two from 4 up`,
  );
});

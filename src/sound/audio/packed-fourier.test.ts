import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { fourierPlan } from "./fft.ts";
import { fastPlan, type PackedPlan, portablePlan } from "./packed-fourier.ts";

const makes: readonly (readonly [string, (size: number) => Promise<PackedPlan>])[] = [
  ["fastPlan", fastPlan],
  ["portablePlan", async (size) => portablePlan(size)],
];

test.each(makes.flatMap(([name, make]) => [64, 2048].map((size) => ({ name, make, size }))))(
  "$name($size) holds the bins in packed order, and inverse() is N times the inverse",
  async ({ make, size }) => {
    const plan = await make(size);
    const exact = fourierPlan(size);
    const samples = fillNormal(seededRandom(size), new Float32Array(size));
    plan.samples.set(samples);
    exact.samples.set(samples);
    plan.forward();
    exact.forward();
    const least = 1e-4 * Math.sqrt(size);
    expect(Math.abs(plan.packed[0]! - exact.re[0]!)).toBeLessThan(least);
    expect(Math.abs(plan.packed[1]! - exact.re[size / 2]!)).toBeLessThan(least);
    for (let bin = 1; bin < size / 2; bin += 1) {
      expect(Math.abs(plan.packed[2 * bin]! - exact.re[bin]!)).toBeLessThan(least);
      expect(Math.abs(plan.packed[2 * bin + 1]! - exact.im[bin]!)).toBeLessThan(least);
    }
    plan.inverse();
    samples.forEach((sample, i) => {
      expect(Math.abs(plan.samples[i]! / size - sample)).toBeLessThan(1e-5);
    });
  },
);

test("fastPlan() gives all who ask for a size the same plan", async () => {
  const [first, second, other] = await Promise.all([fastPlan(64), fastPlan(64), fastPlan(128)]);
  expect(first).toBe(second);
  expect(other.samples).toHaveLength(128);
});

test("fastPlan() falls back where the fast transform has no such size", async () => {
  const plan = await fastPlan(8);
  plan.samples.fill(1);
  plan.forward();
  expect(plan.packed[0]).toBeCloseTo(8, 6);
});

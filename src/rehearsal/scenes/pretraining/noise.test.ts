import { describe, expect, test } from "vitest";
import { batchNoise, gradientNoise, mixedBatchNoise, stepTimeFactor } from "./noise.ts";

const SEED = 12;
const STEPS = Array.from({ length: 20_000 }, (_, i) => i + 1);

function moments(values: readonly number[]) {
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  const central = (power: number) =>
    values.reduce((sum, one) => sum + (one - mean) ** power, 0) / values.length;
  const deviation = Math.sqrt(central(2));
  const neighbours = values
    .slice(1)
    .reduce((sum, one, i) => sum + (one - mean) * ((values[i] ?? 0) - mean), 0);
  return {
    mean,
    deviation,
    skew: central(3) / deviation ** 3,
    likeTheLast: neighbours / values.length / deviation ** 2,
  };
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [one, other] = [moments(a), moments(b)];
  const shared = a.reduce((sum, x, i) => sum + (x - one.mean) * ((b[i] ?? 0) - other.mean), 0);
  return shared / a.length / one.deviation / other.deviation;
}

describe("step times", () => {
  const factors = STEPS.map((step) => stepTimeFactor({ seed: SEED, step, attempt: 0 }));

  test("are as long as expected on average, mostly within 2 %, with a tail to the right", () => {
    const { mean, skew } = moments(factors);
    expect(Math.abs(mean - 1)).toBeLessThan(0.001);
    expect(skew).toBeGreaterThan(2);
    const share = (above: number) => factors.filter((one) => one > above).length / factors.length;
    expect(share(1.02)).toBeLessThan(0.012);
    expect(share(1.05)).toBeGreaterThan(0.001);
    expect(share(1.15)).toBeLessThan(0.002);
    expect(Math.min(...factors)).toBeGreaterThan(0.96);
  });

  test("resemble their neighbours", () => {
    const usual = factors.filter((one) => one < 1.02);
    expect(moments(usual).likeTheLast).toBeGreaterThan(0.25);
  });

  test("are others after a restart", () => {
    const again = STEPS.map((step) => stepTimeFactor({ seed: SEED, step, attempt: 1 }));
    expect(Math.abs(correlation(factors, again))).toBeLessThan(0.03);
  });
});

describe("losses and gradients", () => {
  const losses = STEPS.map((step) => batchNoise(SEED, step));
  const norms = STEPS.map((step, i) =>
    gradientNoise(SEED, step, { loss: losses[i] ?? 0, batchTokens: 4.2e6 }),
  );

  test("have the noise of the batch, part of which lasts", () => {
    const { mean, deviation, likeTheLast } = moments(losses);
    expect(Math.abs(mean)).toBeLessThan(0.06);
    expect(deviation).toBeGreaterThan(0.65);
    expect(deviation).toBeLessThan(1);
    expect(likeTheLast).toBeGreaterThan(0.08);
    expect(likeTheLast).toBeLessThan(0.4);
  });

  test("go together, and gradients have a tail to the right", () => {
    expect(correlation(losses, norms)).toBeGreaterThan(0.15);
    const { skew, likeTheLast } = moments(norms);
    expect(skew).toBeGreaterThan(1);
    expect(likeTheLast).toBeGreaterThan(0.1);
  });

  test("scatter more in small batches", () => {
    const small = STEPS.map((step, i) =>
      gradientNoise(SEED, step, { loss: losses[i] ?? 0, batchTokens: 0.26e6 }),
    );
    expect(moments(small).deviation).toBeGreaterThan(1.3 * moments(norms).deviation);
  });

  test("are those of the batches that were planned with the same sequences", () => {
    const whole = mixedBatchNoise(SEED, [{ step: 7, share: 1 }]);
    expect(whole).toBe(batchNoise(SEED, 7));
    const halves = STEPS.map((step) =>
      mixedBatchNoise(SEED, [
        { step, share: 0.5 },
        { step: step + 1, share: 0.5 },
      ]),
    );
    // Neighbours are a little alike, so half of each scatters somewhat more.
    const more = moments(halves).deviation / moments(losses).deviation;
    expect(Math.abs(more - 1.05)).toBeLessThan(0.1);
    expect(correlation(losses, halves)).toBeGreaterThan(0.6);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Schedule, shareOfPeak, warmupStepsOf } from "./learning-rate.ts";
import { type Learned, type LossLaw, lossLaw, NOTHING_LEARNED } from "./loss.ts";

const bloom = lossLaw({
  parameters: 176.247e9,
  vocabulary: 250_880,
  datasetOffset: 0,
});

/** BLOOM-176B: warm-up over 375 million tokens to 6e-5, then a cosine over 410 billion. */
function bloomAt(tokens: number): Learned {
  const warm = Math.min(tokens, 375e6);
  const share =
    tokens < 375e6 ? tokens / 375e6 : 0.1 + 0.45 * (1 + Math.cos((Math.PI * tokens) / 410e9));
  // The batch grew from 16 sequences of 2,048 tokens to 2,048 in the first twenty billion tokens.
  const steps = tokens < 375e6 ? tokens / (16 * 2048) : 11_000 + tokens / 2e6;
  return {
    tokens,
    ratedTokens: (warm * warm) / 375e6 / 2 + (tokens - warm) * ((1 + share) / 2),
    rateSum: steps * 6e-5 * (tokens < 375e6 ? share / 2 : 0.9),
    decayShare: tokens < 375e6 ? 1 : share,
  };
}

/** Losses before each step of a run with 4.2 million tokens a step. */
function lossesOf(law: LossLaw, schedule: Schedule, steps: number): number[] {
  let learned = NOTHING_LEARNED;
  return Array.from({ length: steps }, (_, i) => {
    const share = shareOfPeak(schedule, i + 1);
    const before = { ...learned, decayShare: i < schedule.warmupSteps ? 1 : share };
    learned = {
      tokens: before.tokens + 4.2e6,
      ratedTokens: before.ratedTokens + 4.2e6 * share,
      rateSum: before.rateSum + schedule.peak * share,
      decayShare: before.decayShare,
    };
    return law.loss(before);
  });
}

describe("lossLaw()", () => {
  test.each([
    { tokens: 121e6, measured: 5.396, within: 0.25, remark: "fitted" },
    { tokens: 20.16e9, measured: 2.4636, within: 0.03, remark: "fitted" },
    { tokens: 85e9, measured: 2.21, within: 0.03, remark: "not fitted" },
    { tokens: 146e9, measured: 2.12, within: 0.05, remark: "not fitted" },
  ])("is near BLOOM-176B's log after $tokens tokens ($remark)", ({ tokens, measured, within }) => {
    expect(Math.abs(bloom.loss(bloomAt(tokens)) - measured)).toBeLessThan(within);
  });

  test("starts where every token is equally likely", () => {
    expect(bloom.loss(NOTHING_LEARNED)).toBeCloseTo(Math.log(250_880), 10);
  });

  test("falls with every token that is learned, whatever the model", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e8, max: 1e12, noNaN: true }),
        fc.double({ min: 1e6, max: 1e13, noNaN: true }),
        (parameters, tokens) => {
          const law = lossLaw({
            parameters,
            vocabulary: 128_256,
            datasetOffset: 0,
          });
          const at = (times: number) =>
            law.loss({
              tokens: tokens * times,
              ratedTokens: tokens * times,
              rateSum: 1e-3 * times,
              decayShare: 1,
            });
          expect(at(1.1)).toBeLessThan(at(1));
          expect(at(1)).toBeLessThanOrEqual(law.start);
          expect(at(1)).toBeGreaterThan(1.8);
        },
      ),
    );
  });

  test("comes down when the learning rate does", () => {
    const high = bloom.loss({ tokens: 1e11, ratedTokens: 9e10, rateSum: 4, decayShare: 1 });
    const low = bloom.loss({ tokens: 1e11, ratedTokens: 9e10, rateSum: 4, decayShare: 0.1 });
    expect(high - low).toBeGreaterThan(0.08);
  });

  test("falls as slowly at first as the rate allows (Llama 3 with 1 B parameters, tinygrad 11467)", () => {
    const law = lossLaw({ parameters: 1.24e9, vocabulary: 36_300, datasetOffset: 0 });
    const measured = [10.5008, 10.4828, 10.3733, 10.1558, 9.8271, 9.3798];
    let rateSum = 0;
    for (const [step, loss] of measured.entries()) {
      const told = law.loss({
        tokens: step * 5e5,
        ratedTokens: step * 5e5,
        rateSum,
        decayShare: 1,
      });
      expect(Math.abs(told - loss)).toBeLessThan(0.16);
      rateSum += 1.7e-5 + (step * (5.8e-5 - 1.7e-5)) / 5;
    }
  });

  test("has no corner where the warm-up ends", () => {
    const law = lossLaw({ parameters: 8e9, vocabulary: 128_256, datasetOffset: 0 });
    const schedule: Schedule = { kind: "wsd", peak: 3e-4, warmupSteps: 2000, stepsTotal: 1e5 };
    const losses = lossesOf(law, schedule, 2200);
    const slope = (from: number, to: number) =>
      ((losses[to] ?? 0) - (losses[from] ?? 0)) / Math.log(to / from);
    expect(slope(1900, 2000) / slope(2000, 2100)).toBeGreaterThan(0.9);
    expect(slope(1900, 2000) / slope(2000, 2100)).toBeLessThan(1.2);
    expect(slope(1000, 1900)).toBeLessThan(-0.5);
  });

  test.each([
    { tokens: 121e6, measured: 0.765, within: 0.2 },
    { tokens: 20e9, measured: 0.174, within: 0.15 },
    { tokens: 146e9, measured: 0.14, within: 0.15 },
  ])(
    "is as near to BLOOM's gradient norm after $tokens tokens as it says",
    ({ tokens, measured, within }) => {
      expect(Math.abs(bloom.gradientNorm(bloomAt(tokens)) / measured - 1)).toBeLessThan(within);
    },
  );

  test("begins with gradients that neither the rate nor the step number changes at once", () => {
    const law = lossLaw({ parameters: 8e9, vocabulary: 128_256, datasetOffset: 0 });
    const at = (steps: number) =>
      law.gradientNorm({
        tokens: steps * 4.2e6,
        ratedTokens: steps * 4.2e6,
        rateSum: steps * 7e-7,
        decayShare: 1,
      });
    expect(at(3) / at(0)).toBeGreaterThan(0.99);
    expect(at(3000) / at(0)).toBeLessThan(0.3);
  });

  test("has less noise in bigger batches", () => {
    const { noiseShare: share } = lossLaw({
      parameters: 1e9,
      vocabulary: 32_000,
      datasetOffset: 0,
    });
    expect(share(4.2e6)).toBeCloseTo(0.003, 6);
    expect(share(16.8e6)).toBeCloseTo(0.0015, 6);
    expect(share(0.42e6)).toBeCloseTo(0.0095, 3);
  });
});

describe("shareOfPeak()", () => {
  const schedule = fc.record({
    kind: fc.constantFrom("cosine" as const, "wsd" as const),
    peak: fc.constant(1e-4),
    warmupSteps: fc.integer({ min: 1, max: 100 }),
    stepsTotal: fc.integer({ min: 200, max: 5000 }),
  });

  test("rises to 1 over the warm-up, never goes above, and ends low", () => {
    fc.assert(
      fc.property(schedule, (one: Schedule) => {
        const all = Array.from({ length: one.stepsTotal }, (_, i) => shareOfPeak(one, i + 1));
        expect(all[one.warmupSteps - 1]).toBe(1);
        expect(Math.max(...all)).toBeLessThanOrEqual(1);
        expect(all.at(-1)).toBeLessThanOrEqual(0.1 + 1e-9);
        const after = all.slice(one.warmupSteps);
        for (const [i, share] of after.entries()) {
          expect(share).toBeLessThanOrEqual((after[i - 1] ?? 1) + 1e-12);
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe("warmupStepsOf()", () => {
  test.each([
    { stepsTotal: 10, warmupSteps: 1, remark: "at least one" },
    { stepsTotal: 1000, warmupSteps: 50, remark: "5 % of a short run" },
    { stepsTotal: 10_000, warmupSteps: 200, remark: "no fewer than 200" },
    { stepsTotal: 100_000, warmupSteps: 800, remark: "860, in a number that people would write" },
    { stepsTotal: 930_000, warmupSteps: 8000, remark: "as a published run" },
    { stepsTotal: 5_000_000, warmupSteps: 8000, remark: "no more than 8,000" },
  ])("of $stepsTotal steps is $warmupSteps: $remark", ({ stepsTotal, warmupSteps }) => {
    expect(warmupStepsOf(stepsTotal)).toBe(warmupSteps);
  });
});

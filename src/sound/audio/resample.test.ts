import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fitSine, sine } from "../../../test/support/tones.ts";
import { createResampler, resample, resampledLength } from "./resample.ts";

const pairs = [
  [44_100, 48_000],
  [48_000, 44_100],
  [22_050, 48_000],
  [11_025, 48_000],
  [8000, 48_000],
  [37_800, 48_000],
  [96_000, 48_000],
  [192_000, 48_000],
  [44_101, 48_000],
  [22_254.5454, 48_000],
] as const;

describe("resample()", () => {
  test.each([
    [44_100, 48_000],
    [48_000, 44_100],
    [8000, 48_000],
    [192_000, 48_000],
  ])("takes what lies outside of a sound from %d to %d Hz for zeros", (from, to) => {
    // A tenth of a second is a whole number of samples at all of these rates.
    const [lead, leadAfter] = [from / 10, to / 10];
    for (const length of [1, 30, 97, 1000]) {
      const samples = sine({ hz: 440, rateHz: from, length });
      const between = new Float32Array(length + 2 * lead);
      between.set(samples, lead);
      const alone = resample(samples, from, to);
      const part = resample(between, from, to).subarray(leadAfter, leadAfter + alone.length);
      expect([...alone]).toEqual([...part]);
    }
  });

  test.each(pairs)("keeps sines from %d to %d Hz at their level, nothing added", (from, to) => {
    const lowerNyquistHz = Math.min(from, to) / 2;
    const resampler = createResampler(from, to);
    for (const hz of [1000, 10_000, 19_000].filter((tone) => tone < 0.88 * lowerNyquistHz)) {
      const length = Math.round(from / 4);
      const out = resampler.resample(sine({ hz, rateHz: from, length }));
      const { amplitude, snrDb } = fitSine(out, hz, to);
      expect(snrDb).toBeGreaterThan(hz > 15_000 ? 110 : 115);
      expect(Math.abs(20 * Math.log10(amplitude / 0.5))).toBeLessThan(0.01);
    }
  });

  test.each([
    [48_000, 44_100, 23_000],
    [96_000, 48_000, 26_000],
    [192_000, 48_000, 30_000],
    [48_000, 8000, 4300],
  ])("suppresses from %d to %d Hz a tone at %d Hz that would alias", (from, to, hz) => {
    const out = resample(sine({ hz, rateHz: from, length: from }), from, to);
    const middle = out.subarray(1000, out.length - 1000);
    const power = middle.reduce((sum, x) => sum + x * x, 0) / middle.length;
    expect(10 * Math.log10(power / 0.125)).toBeLessThan(-100);
  });

  test("gives exactly round(n * to / from) samples, all finite", () => {
    const rate = fc.integer({ min: 8000, max: 192_000 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.constantFrom(...pairs),
        (length, [from, to]) => {
          const out = resample(new Float32Array(length).fill(1), from, to);
          expect(out.length).toBe(Math.max(1, Math.round((length * to) / from)));
          expect(out.every(Number.isFinite)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
    fc.assert(
      fc.property(rate, rate, fc.nat(10_000_000), (from, to, length) => {
        const exact = (length * to) / from;
        const off = Math.abs(resampledLength(length, from, to) - exact);
        expect(off <= 0.5 || (length > 0 && exact < 0.5)).toBe(true);
      }),
    );
  });

  test("keeps a constant constant away from the ends", () => {
    const out = resample(new Float32Array(2000).fill(0.25), 44_100, 48_000);
    for (const sample of out.subarray(100, -100)) expect(sample).toBeCloseTo(0.25, 6);
  });

  test("keeps every sample on its moment: an impulse stays where it was", () => {
    const impulse = new Float32Array(2000);
    impulse[1000] = 1;
    const out = resample(impulse, 22_050, 44_100);
    expect(out.indexOf(Math.max(...out))).toBe(2000);
    for (let i = 1; i < 90; i += 1) expect(out[2000 + i]).toBeCloseTo(out[2000 - i] ?? 0, 6);
  });

  test("copies where the rates are equal", () => {
    const samples = sine({ hz: 440, rateHz: 48_000, length: 100 });
    const out = resample(samples, 48_000, 48_000);
    expect(out).toEqual(samples);
    expect(out).not.toBe(samples);
  });

  test("gives the same bits each time and nothing from nothing", () => {
    const samples = sine({ hz: 440, rateHz: 44_100, length: 500 });
    expect(resample(samples, 44_100, 48_000)).toEqual(resample(samples, 44_100, 48_000));
    expect(resample(new Float32Array(0), 44_100, 48_000).length).toBe(0);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses a rate of %d Hz", (rate) => {
    expect(() => createResampler(rate, 48_000)).toThrow(RangeError);
  });
});

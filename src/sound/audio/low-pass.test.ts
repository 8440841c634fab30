import { describe, expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import { seededRandom } from "../../random.ts";
import { lowPass } from "./low-pass.ts";
import { fastPlan, portablePlan } from "./packed-fourier.ts";

const LENGTH = 8000;
const edges = { sampleRateHz: 48_000, passHz: 18_500, stopHz: 20_000 };

/** Loudest sample of what comes of a tone, its ends left out, in dB. */
function gainDb(hz: number): number {
  const out = lowPass(sine({ hz, rateHz: 48_000, length: LENGTH, amplitude: 1 }), edges);
  const peak = out.subarray(500, -500).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return 20 * Math.log10(peak);
}

describe("lowPass()", () => {
  test.each([100, 1000, 10_000, 17_000, 18_500])("lets %d Hz through", (hz) => {
    expect(Math.abs(gainDb(hz))).toBeLessThan(0.05);
  });

  test.each([20_000, 20_500, 22_000, 23_900])("stops %d Hz", (hz) => {
    expect(gainDb(hz)).toBeLessThan(-85);
  });

  test("delays nothing and keeps a constant", () => {
    const click = new Float32Array(1001);
    click[500] = 1;
    const out = lowPass(click, edges);
    expect(out.indexOf(Math.max(...out))).toBe(500);
    const uneven = out.map((value, i) => Math.abs(value - out[1000 - i]!));
    expect(Math.max(...uneven)).toBeLessThan(1e-7);
    const constant = lowPass(new Float32Array(1001).fill(0.5), edges);
    expect(constant[500]).toBeCloseTo(0.5, 6);
  });

  test("is the convolution with its own answer to a click, across the seams of its blocks", () => {
    const random = seededRandom(1);
    const noise = Float32Array.from({ length: 5000 }, () => random.next() - 0.5);
    const click = new Float32Array(1001);
    click[500] = 1;
    const answer = lowPass(click, edges);
    const out = lowPass(noise, edges);
    for (let i = 0; i < noise.length; i += 7) {
      const from = Math.max(0, i - 500);
      let sum = 0;
      for (let at = from; at < Math.min(noise.length, i + 501); at += 1) {
        sum += noise[at]! * answer[500 + i - at]!;
      }
      expect(out[i]).toBeCloseTo(sum, 6);
    }
  });

  test("does the same by any transform, and says which is too short", async () => {
    const random = seededRandom(2);
    const noise = Float32Array.from({ length: 5000 }, () => random.next() - 0.5);
    const own = lowPass(noise, edges);
    for (const plan of [await fastPlan(512), await fastPlan(4096)]) {
      const gaps = lowPass(noise, edges, plan).map((value, i) => Math.abs(value - own[i]!));
      expect(Math.max(...gaps)).toBeLessThan(1e-6);
    }
    expect(() => lowPass(noise, edges, portablePlan(256))).toThrow(
      "Cannot filter with 185 taps in blocks of 256 samples: need 368",
    );
  });

  test.each([0, 1, 5, 60])("takes %d samples as they are many", (length) => {
    expect(lowPass(new Float32Array(length).fill(1), edges)).toHaveLength(length);
  });
});

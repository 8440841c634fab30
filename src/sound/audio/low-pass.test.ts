import { describe, expect, test } from "vitest";
import { sine } from "../../../test/support/tones.ts";
import { lowPass } from "./low-pass.ts";

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
    expect(Array.from(out).toReversed()).toEqual(Array.from(out));
    const constant = lowPass(new Float32Array(1001).fill(0.5), edges);
    expect(constant[500]).toBeCloseTo(0.5, 6);
  });

  test.each([0, 1, 5, 60])("takes %d samples as they are many", (length) => {
    expect(lowPass(new Float32Array(length).fill(1), edges)).toHaveLength(length);
  });
});

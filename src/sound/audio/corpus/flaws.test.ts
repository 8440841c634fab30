import { describe, expect, test } from "vitest";
import { sine } from "../../../../test/support/tones.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { rootMeanSquare } from "../level.ts";
import { flawsOf, offsetOf, removeOffset, swingOf } from "./flaws.ts";

const rateHz = 44_100;
const length = rateHz;
const tone = sine({ hz: 440, rateHz, length });
const noise = fillNormal(seededRandom(1), new Float32Array(length)).map((x) => 0.1 * x);

function shifted(samples: Float32Array, by: number): Float32Array<ArrayBuffer> {
  return Float32Array.from(samples, (x) => x + by);
}

/** A drum: its mean is not 0, and it ends. */
const drum = Float32Array.from({ length }, (_, i) => {
  const seconds = i / rateHz;
  return Math.exp(-12 * seconds) * Math.sin(2 * Math.PI * 50 * seconds);
});

test("swingOf() is the peak about the middle, of the channel where it is most", () => {
  expect(swingOf([new Float32Array(9).fill(0.4)])).toBe(0);
  expect(swingOf([shifted(tone, 0.3), new Float32Array(9)])).toBeCloseTo(0.5, 3);
});

describe("flawsOf()", () => {
  const codes = (...channels: Float32Array[]): string[] =>
    flawsOf(channels, swingOf(channels)).map(({ code }) => code);
  const limited = (samples: Float32Array): Float32Array =>
    samples.map((x) => Math.max(-1, Math.min(32_767 / 32_768, Math.round(x * 32_768) / 32_768)));

  test.each([20, 50, 440, 5000])("takes a tone of %i Hz at full scale for sound", (hz) => {
    expect(codes(limited(sine({ hz, rateHz, length, amplitude: 1 })))).toEqual([]);
  });

  test.each([50, 440, 2000])("names a tone of %i Hz that is overdriven", (hz) => {
    expect(codes(tone, limited(sine({ hz, rateHz, length, amplitude: 1.6 })))).toEqual(["clipped"]);
  });

  test("names what never rises above -60 dB", () => {
    expect(codes(tone.map((x) => x * 0.0021))).toEqual([]);
    const [quiet] = flawsOf([tone.map((x) => x * 3.55e-4)], 0.5 * 3.55e-4);
    expect(quiet).toEqual({ code: "quiet", message: "its loudest moment is at -75 dB" });
  });
});

describe("offsetOf()", () => {
  test.each([
    { name: "a tone", samples: tone, offset: 0.2 },
    { name: "noise", samples: noise, offset: -0.05 },
    { name: "a drum", samples: drum, offset: 0.1 },
  ])("finds the offset of $name, and none where there is none", ({ samples, offset }) => {
    expect(offsetOf(samples, rateHz)).toBe(0);
    expect(offsetOf(shifted(samples, offset), rateHz)).toBeCloseTo(offset, 2);
  });

  test.each([20, 27.5, 41.2])("takes a low note of %f Hz for sound", (hz) => {
    for (const samples of [0.1, 0.45, 1].map((seconds) => Math.round(seconds * rateHz))) {
      expect(offsetOf(sine({ hz, rateHz, length: samples }), rateHz)).toBe(0);
    }
  });
});

test("removeOffset() leaves the sound, without a click at its start", () => {
  const samples = shifted(tone, 0.2);
  removeOffset(samples, 0.2, rateHz);
  const error = samples.map((x, i) => x - tone[i]!);
  expect(rootMeanSquare(error)).toBeLessThan(0.006);
  expect(Math.max(...error.map(Math.abs))).toBeLessThan(0.02);
});

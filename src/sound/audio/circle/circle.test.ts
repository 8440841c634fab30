import { describe, expect, test } from "vitest";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import type { Spectrogram } from "../spectrogram.ts";
import { type Circle, stftOnCircle } from "./circle.ts";
import { resampledRound, wrapped } from "./circle-resample.ts";
import { soundOnCircle } from "./circle-sound.ts";

const rateHz = 48_000;
/** A circumference that no hop divides. */
const circle: Circle = { circumference: 24_001, frameCount: 48, frameLength: 2048 };
const options = { iterations: 16, momentum: 0.95 };

function magnitudesOf(samples: Float32Array): Spectrogram {
  const { re, im, frameCount, binCount } = stftOnCircle(samples, circle);
  return { frameCount, binCount, data: re.map((value, i) => Math.hypot(value, im[i]!)) };
}

function rebuilt(samples: Float32Array): Float32Array {
  return soundOnCircle(magnitudesOf(samples), circle, { ...options, random: seededRandom(1) });
}

function twice(round: Float32Array): Float32Array {
  return Float32Array.from({ length: 2 * round.length }, (_, i) => round[i % round.length]!);
}

/** The distance of the spectra of two rounds, over those of the first, in dB. */
function distanceDb(wanted: Float32Array, got: Float32Array): number {
  const [a, b] = [magnitudesOf(wanted).data, magnitudesOf(got).data];
  let [error, power] = [0, 0];
  for (const [i, value] of a.entries()) {
    error += (value - b[i]!) ** 2;
    power += value ** 2;
  }
  return 10 * Math.log10(error / power);
}

describe("soundOnCircle()", () => {
  test("rebuilds a tone that goes round whole, over the seam too", () => {
    const hz = (220 * rateHz) / circle.circumference;
    const tone = sine({ hz, rateHz, length: circle.circumference });
    expect(fitSine(twice(rebuilt(tone)), hz, rateHz).snrDb).toBeGreaterThan(40);
  });

  test("retunes a tone that does not, to the nearest that does", () => {
    // The magnitudes of an endless tone that goes round 220.3 times: every frame has the same.
    const hz = (220.3 * rateHz) / circle.circumference;
    const { data, binCount } = magnitudesOf(sine({ hz, rateHz, length: circle.circumference }));
    const middle = data.subarray(24 * binCount, 25 * binCount);
    const steady = Float32Array.from({ length: data.length }, (_, i) => middle[i % binCount]!);
    const round = soundOnCircle({ frameCount: 48, binCount, data: steady }, circle, {
      ...options,
      random: seededRandom(2),
    });
    const fitting = (220 * rateHz) / circle.circumference;
    expect(fitSine(twice(round), fitting, rateHz).snrDb).toBeGreaterThan(25);
  });

  test("comes as near to noise and clicks as anywhere, and no nearer inside than at the seam", () => {
    const noise = fillNormal(seededRandom(3), new Float32Array(circle.circumference));
    for (const at of [0, 9000, 17_000]) noise[at] = 40;
    const round = rebuilt(noise);
    expect(distanceDb(noise, round)).toBeLessThan(-12);
    // The same sound begun elsewhere is rebuilt as well: the seam is nowhere.
    const begun = Float32Array.from(noise, (_, i) => noise[(i + 7001) % noise.length]!);
    expect(distanceDb(begun, rebuilt(begun))).toBeLessThan(-12);
  });

  test("refuses magnitudes of another circle, and frames that do not cover it", () => {
    const tone = sine({ hz: 440, rateHz, length: circle.circumference });
    const other = { ...circle, frameCount: 47 };
    const tools = { ...options, random: seededRandom(1) };
    expect(() => soundOnCircle(magnitudesOf(tone), other, tools)).toThrow("47 frames");
    expect(() => stftOnCircle(tone, { ...circle, frameCount: 20 })).toThrow("20 frames");
  });
});

test("resampledRound() turns whole rounds of a tone into whole rounds, of any length", () => {
  const tone = sine({ hz: 700, rateHz: 24_000, length: 24_000 });
  for (const length of [24_000, 22_050, 23_457]) {
    const round = resampledRound(tone, length);
    expect(round).toHaveLength(length);
    expect(fitSine(twice(round), 700, length).snrDb).toBeGreaterThan(90);
  }
});

test("wrapped() adds what is too long to the beginning, round by round", () => {
  expect([...wrapped(Float32Array.of(1, 2, 3, 4, 5, 6, 7), 3)]).toEqual([12, 7, 9]);
  expect([...wrapped(Float32Array.of(1, 2), 3)]).toEqual([1, 2, 0]);
});

import { expect, test } from "vitest";
import { fitSine, sine } from "../../../../test/support/tones.ts";
import { fillNormal, seededRandom } from "../../../random.ts";
import { withSampleLoop } from "./sample-loop.ts";

const rateHz = 48_000;

/** What a sampler plays: to the end of the loop, and round again. */
function played(samples: Float32Array, { start, end }: { start: number; end: number }) {
  return Float32Array.from({ length: 4 * samples.length }, (_, i) =>
    i < end ? samples[i]! : samples[start + ((i - start) % (end - start))]!,
  );
}

test("withSampleLoop() finds whole periods of a tone: it goes on without a seam", () => {
  const hz = 220.3;
  const tone = sine({ hz, rateHz, length: 2 * rateHz });
  const { samples, loop } = withSampleLoop(tone, { sampleRate: rateHz, hz })!;
  const periods = ((loop.end - loop.start) * hz) / rateHz;
  expect(Math.abs(periods - Math.round(periods))).toBeLessThan(0.01);
  expect(fitSine(played(samples, loop), hz, rateHz).snrDb).toBeGreaterThan(30);
});

test("withSampleLoop() keeps the level of noise over the seam", () => {
  const noise = fillNormal(seededRandom(1), new Float32Array(rateHz));
  const { samples, loop } = withSampleLoop(noise, { sampleRate: rateHz })!;
  const power = (from: number): number => {
    const part = played(samples, loop).subarray(from, from + 2000);
    return part.reduce((sum, x) => sum + x * x, 0) / part.length;
  };
  expect(Math.abs(10 * Math.log10(power(loop.end - 2000)))).toBeLessThan(1);
  expect(Math.abs(10 * Math.log10(power(loop.end - 1000)))).toBeLessThan(1);
});

test("withSampleLoop() says that a click is too short to be held", () => {
  expect(withSampleLoop(new Float32Array(90), { sampleRate: rateHz })).toBeUndefined();
});

import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { limiter } from "./limiter.ts";

const sampleRateHz = 48_000;

test("limiter() lets nothing over the ceiling, however sudden", () => {
  const loud = fillNormal(seededRandom(1), new Float32Array(48_000)).map(
    (x, i) => x * (i % 9000 < 300 ? 8 : 0.2),
  );
  const one = limiter({ sampleRateHz, ceiling: 0.8 });
  for (let at = 0; at < loud.length; at += 256) one.apply(loud.subarray(at, at + 256));
  const most = loud.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  expect(most).toBeLessThanOrEqual(0.8 + 1e-6);
  expect(most).toBeGreaterThan(0.6);
});

test("limiter() only delays what stays under the ceiling", () => {
  const quiet = fillNormal(seededRandom(2), new Float32Array(4000)).map((x) => x / 20);
  const { delayLength, apply } = limiter({ sampleRateHz });
  const out = quiet.slice();
  apply(out);
  for (let i = delayLength; i < out.length; i += 1) {
    expect(out[i]).toBeCloseTo(quiet[i - delayLength] ?? 0, 6);
  }
});

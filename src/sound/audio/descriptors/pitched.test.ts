import { expect, test } from "vitest";
import { describePitch } from "./pitched.ts";

const RATE = 48_000;

/** A second of partials of 220 Hz. */
function tone({
  cents = 0,
  gain = (n: number) => 1 / n,
}: {
  readonly cents?: number;
  gain?(partial: number): number;
}): Float32Array {
  let phase = 0;
  return Float32Array.from({ length: RATE }, (_, i) => {
    const away = (cents / 1200) * Math.sin((2 * Math.PI * 5.5 * i) / RATE);
    phase += (2 * Math.PI * 220 * 2 ** away) / RATE;
    let sum = 0;
    for (let n = 1; n <= 12; n += 1) sum += gain(n) * Math.sin(n * phase);
    return 0.2 * sum;
  });
}

test("describePitch() tells the note and the depth of a vibrato", () => {
  const straight = describePitch(tone({}));
  expect(straight?.pitch).toBeCloseTo(57, 1);
  expect(straight?.vibrato).toBeLessThan(1);
  const wide = describePitch(tone({ cents: 40 }));
  expect(wide?.vibrato).toBeGreaterThan(32);
  expect(wide?.vibrato).toBeLessThan(46);
});

test("describePitch() tells odd partials from even ones, whatever their slope", () => {
  const hollow = (slope: number): number =>
    describePitch(tone({ gain: (n) => n ** slope * (n % 2 === 0 ? 0.25 : 1) }))?.hollow ?? 0;
  const full = describePitch(tone({}))?.hollow ?? 99;
  expect(Math.abs(full)).toBeLessThan(2);
  expect(hollow(-1)).toBeGreaterThan(9);
  expect(Math.abs(hollow(-1) - hollow(-2))).toBeLessThan(2.5);
});

test("describePitch() says nothing of noise and of silence", () => {
  let state = 1;
  const noise = Float32Array.from({ length: RATE / 2 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647 - 0.5;
  });
  expect(describePitch(noise)).toBeUndefined();
  expect(describePitch(new Float32Array(RATE / 2))).toBeUndefined();
});

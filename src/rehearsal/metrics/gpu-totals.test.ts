/** Energy is the integral of power, whatever the power did and whenever somebody looked. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { countTotals, type GpuTotals } from "./gpu-totals.ts";

const RISING = 0.35;

/** Watts at a moment: they rise evenly. */
function wattsAt(atMs: number): number {
  return 100 + RISING * atMs;
}

function totalsAfter(moments: readonly number[]): GpuTotals {
  const totals = countTotals();
  for (const atMs of moments)
    totals.add("0/0", atMs, { watts: wattsAt(atMs), linkBytesPerSecond: 5e9 });
  return totals.of("0/0");
}

describe("what adds up on a GPU", () => {
  test("is the integral of the power, in millijoules, at whatever moments it was told", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e7), { minLength: 2, maxLength: 40 }), (some) => {
        const moments = some.toSorted((a, b) => a - b);
        const [first = 0, last = 0] = [moments[0], moments.at(-1)];
        const integral = ((wattsAt(first) + wattsAt(last)) / 2) * (last - first);
        const { energyMillijoules, linkBytes } = totalsAfter(moments);
        expect(energyMillijoules / Math.max(1, integral)).toBeCloseTo(integral > 0 ? 1 : 0, 9);
        expect(linkBytes).toBeCloseTo(5e6 * (last - first), -3);
      }),
    );
  });

  test("never shrinks, also where the time goes back", () => {
    const totals = countTotals();
    const rates = { watts: 700, linkBytesPerSecond: 1e9 };
    let before = 0;
    for (const atMs of [0, 1000, 500, 500, 4000]) {
      totals.add("1/7", atMs, rates);
      expect(totals.of("1/7").energyMillijoules).toBeGreaterThanOrEqual(before);
      before = totals.of("1/7").energyMillijoules;
    }
    expect(before).toBe(700 * (1000 + 3500));
  });

  test("begins anew after a GPU was switched off, and is nothing before it is seen", () => {
    const totals = countTotals();
    for (const key of ["1/0", "2/0"])
      for (const atMs of [0, 1000]) totals.add(key, atMs, { watts: 90, linkBytesPerSecond: 0 });
    totals.forget((key) => key.startsWith("1/"));
    expect(totals.of("1/0").energyMillijoules).toBe(0);
    expect(totals.of("2/0").energyMillijoules).toBe(90_000);
    expect(totals.of("3/0")).toEqual({ energyMillijoules: 0, linkBytes: 0 });
  });
});

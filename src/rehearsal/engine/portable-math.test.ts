import fc from "fast-check";
import { expect, test } from "vitest";
import { cosineOfTurns, exp, ln, power, rounded, sineOfTurns } from "./portable-math.ts";

const close = (found: number, expected: number): void => {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(
    1e-13 * Math.max(1e-300, Math.abs(expected)),
  );
};

test("exp() agrees with the engine's to thirteen digits", () => {
  fc.assert(
    fc.property(fc.double({ min: -600, max: 700, noNaN: true }), (x) => close(exp(x), Math.exp(x))),
  );
  expect(exp(0)).toBe(1);
  expect(exp(-1000)).toBe(0);
});

test("ln() agrees with the engine's, near 1 in absolute terms", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-290, max: 1e300, noNaN: true }), (x) => {
      expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(
        1e-13 * Math.max(1, Math.abs(Math.log(x))),
      );
    }),
  );
  expect(ln(1)).toBe(0);
});

test("power() undoes itself", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-3, max: 1e12, noNaN: true }),
      fc.double({ min: 0.1, max: 3, noNaN: true }),
      (x, y) => {
        expect(power(power(x, y), 1 / y) / x).toBeCloseTo(1, 9);
      },
    ),
  );
});

test("sine and cosine of turns agree with those of radians", () => {
  fc.assert(
    fc.property(fc.double({ min: -50, max: 50, noNaN: true }), (turns) => {
      expect(sineOfTurns(turns)).toBeCloseTo(Math.sin(turns * 2 * Math.PI), 11);
      expect(cosineOfTurns(turns)).toBeCloseTo(Math.cos(turns * 2 * Math.PI), 11);
    }),
  );
});

test("rounded() keeps so many decimals and nothing more", () => {
  expect(rounded(2.123456789, 4)).toBe(2.1235);
  expect(rounded(0.000012345678, 9)).toBe(0.000012346);
  expect(rounded(-1.5, 0)).toBe(-1);
});

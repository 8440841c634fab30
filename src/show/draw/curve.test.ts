import fc from "fast-check";
import { expect, test } from "vitest";
import { commonScale, sparkline } from "./curve.ts";

test("sparkline() draws one column a value, low to high", () => {
  const values = [0, 1, 2, 3, 4, 5, 6, 7];
  expect(sparkline(values, { width: 8, unicode: true })).toBe("▁▂▃▄▅▆▇█");
  expect(sparkline(values, { width: 10, unicode: false })).toBe("_.-~=+*#  ");
});

test("sparkline() draws the means where there are more values than columns", () => {
  const values = [0, 0, 7, 7, 0, 0, 7, 7];
  expect(sparkline(values, { width: 4, unicode: true })).toBe("▁█▁█");
});

test("sparkline() leaves a gap for a missing value and lies flat for a flat series", () => {
  expect(sparkline([0, Number.NaN, 1], { width: 3, unicode: true })).toBe("▁ █");
  expect(sparkline([3, 3, 3], { width: 3, unicode: true })).toBe("▁▁▁");
  expect(sparkline([], { width: 3, unicode: true })).toBe("   ");
});

test("a logarithmic scale gives equal ratios equal heights", () => {
  const values = [1, 2, 4, 8, 16, 32, 64, 128];
  const scale = commonScale([values], { logarithmic: true });
  expect(sparkline(values, { width: 8, unicode: true, scale })).toBe("▁▂▃▄▅▆▇█");
});

test("commonScale() is linear where a value is 0 or below, and ignores what is not finite", () => {
  expect(commonScale([[0, 1], [5]], { logarithmic: true })).toEqual({
    low: 0,
    high: 5,
    logarithmic: false,
  });
  expect(commonScale([[Number.NaN, Number.POSITIVE_INFINITY, 2]])).toMatchObject({
    low: 2,
    high: 2,
  });
});

test("sparkline() is exact in width for any series", () => {
  const series = fc.array(fc.double(), { maxLength: 100 });
  fc.assert(
    fc.property(series, fc.integer({ min: 1, max: 60 }), fc.boolean(), (values, width, unicode) => {
      expect(sparkline(values, { width, unicode })).toHaveLength(width);
    }),
  );
});

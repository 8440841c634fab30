import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import { chartLines, fallingScale } from "./chart.ts";

test("a chart is exact in width and height, whatever the values", () => {
  const values = fc.array(fc.oneof(fc.double({ min: 0, max: 20 }), fc.constant(Number.NaN)));
  const size = fc.record({
    width: fc.integer({ min: 1, max: 100 }),
    height: fc.integer({ min: 1, max: 12 }),
    unicode: fc.boolean(),
  });
  fc.assert(
    fc.property(values, size, (series, options) => {
      const lines = chartLines(series, { ...options, scale: fallingScale(series) });
      expect(lines).toHaveLength(options.height);
      for (const line of lines) {
        expect(displayWidth(line)).toBe(series.length === 0 ? 0 : options.width);
        if (!options.unicode) expect(line).toMatch(/^[ -~]*$/);
      }
    }),
  );
});

test("a falling series goes down from the upper left, and its lowest value stands on the ground", () => {
  const scale = fallingScale([8, 4, 2, 1]);
  const lines = chartLines([8, 4, 2, 1], { width: 8, height: 3, unicode: true, scale });
  expect(lines).toEqual(["██      ", "████▁▁  ", "██████▁▁"]);
});

test("the first values of a long series do not press the others flat", () => {
  const losses = Array.from({ length: 100 }, (_, i) => (i < 5 ? 11 : 3 - i / 100));
  expect(fallingScale(losses).high).toBeLessThan(3);
  expect(fallingScale([11, 2]).high).toBe(11);
  expect(fallingScale([])).toMatchObject({ low: 0, high: 1 });
});

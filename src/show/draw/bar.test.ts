import fc from "fast-check";
import { expect, test } from "vitest";
import { progressBar } from "./bar.ts";
import { displayWidth } from "./width.ts";

test.each([
  [0, true, "▕    ▏"],
  [0.5, true, "▕██  ▏"],
  [0.53125, true, "▕██▏ ▏"],
  [0.999, true, "▕███▉▏"],
  [1, true, "▕████▏"],
  [7, true, "▕████▏"],
  [Number.NaN, true, "▕    ▏"],
  [0.5, false, "[##--]"],
  [0.999, false, "[###-]"],
])("progressBar() at %d is drawn in eighths (unicode %s)", (share, unicode, expected) => {
  expect(progressBar(share, { width: 6, unicode })).toBe(expected);
});

test("progressBar() is as wide as asked and never shorter for more", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const width = fc.integer({ min: 3, max: 120 });
  fc.assert(
    fc.property(share, width, fc.boolean(), (done, columns, unicode) => {
      const bar = progressBar(done, { width: columns, unicode });
      expect(displayWidth(bar)).toBe(columns);
      const full = (text: string) => text.split("").filter((char) => "█#".includes(char)).length;
      const further = progressBar(Math.min(1, done + 0.1), { width: columns, unicode });
      expect(full(further)).toBeGreaterThanOrEqual(full(bar));
    }),
  );
});

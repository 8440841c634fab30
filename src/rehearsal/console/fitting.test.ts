import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth } from "../../show/draw/width.ts";
import { type Figure, fittedFigures, rowsOfText } from "./fitting.ts";

const figures: readonly Figure[] = [
  { importance: 0, full: "step 7/90", brief: "step  7/90", briefest: "step  7" },
  { importance: 2, full: "loss 1.2345", brief: "loss 1.2345", briefest: "loss 1.234" },
  { importance: 1, full: "5 tok/s", brief: "5 tok/s", briefest: "5 tok/s" },
  { importance: 3, full: "eta 2 h 05 min", brief: "eta 2:05:00", briefest: "eta 2:05:00" },
];

test.each([
  { width: undefined, says: "step 7/90 | loss 1.2345 | 5 tok/s | eta 2 h 05 min" },
  { width: 45, says: "step  7/90  loss 1.2345  5 tok/s  eta 2:05:00" },
  { width: 44, says: "step  7/90  loss 1.2345  5 tok/s" },
  { width: 31, says: "step  7  loss 1.234  5 tok/s" },
  { width: 27, says: "step  7  5 tok/s" },
  { width: 15, says: "step  7" },
])("with $width columns the figures are: $says", ({ width, says }) => {
  expect(fittedFigures(figures, { width, needed: 3 })).toBe(says);
});

test.each([
  { text: "loss 1.2, ppl 3.3, accuracy 12 %", rows: ["loss 1.2, ppl 3.3,", "accuracy 12 %"] },
  { text: "algbw 1.5 GB/s  busbw 2.5 GB/s", rows: ["algbw 1.5 GB/s", "busbw 2.5 GB/s"] },
  { text: "a gradient that nobody expected", rows: ["a gradient that", "nobody expected"] },
  {
    text: "saved runs/one-name/step-000001 (1 GB)",
    rows: ["saved runs/one-name/", "step-000001 (1 GB)"],
  },
  { text: "as it is,  and so  on", rows: ["as it is,  and so  on"] },
])("in rows: $text", ({ text, rows }) => {
  expect(rowsOfText(text, 21)).toEqual(rows);
});

test("rows of a text are never too wide, and nothing but spaces is lost", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "9", " ", ",", "/", ":", "歌", "é") });
  fc.assert(
    fc.property(text, fc.integer({ min: 2, max: 30 }), (said, width) => {
      const rows = rowsOfText(said, width);
      for (const row of rows) expect(displayWidth(row)).toBeLessThanOrEqual(width);
      expect(rows.join("").replaceAll(" ", "")).toBe(said.replaceAll(" ", ""));
    }),
  );
});

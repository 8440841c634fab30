import { expect, test } from "vitest";
import { simulateOptions } from "../play/simulate-options.ts";
import { POSITION_MAX, POSITION_MIN, positionOf, speedAt, speedText } from "./speeds.ts";

const positions = Array.from(
  { length: POSITION_MAX - POSITION_MIN + 1 },
  (_, index) => POSITION_MIN + index,
);

test("the slider begins at the slowest speed that is allowed, and 0 is 1", () => {
  expect(speedAt(POSITION_MIN)).toBe(simulateOptions.speedFactor.min);
  expect(speedAt(0)).toBe(1);
  expect(positions.map(speedAt).slice(4, 11)).toEqual([0.2, 0.5, 1, 2, 5, 10, 20]);
});

test.each(positions)("position %d is the one of its speed", (position) => {
  expect(positionOf(speedAt(position))).toBe(position);
  expect(speedAt(position)).toBeLessThanOrEqual(simulateOptions.speedFactor.max);
});

test.each([
  { factor: 80_000, position: 15 },
  { factor: 1e12, position: POSITION_MAX },
  { factor: 1.1, position: 0 },
])("the position nearest to $factor is $position", ({ factor, position }) => {
  expect(positionOf(factor)).toBe(position);
});

test.each([
  { factor: 0.05, text: "×0.05" },
  { factor: 80_000, text: "×80\u202f000" },
  { factor: 5e6, text: "×5M" },
  { factor: 1e8, text: "×100M" },
  { factor: 1.5e6, text: "×1.50M" },
])("$factor is written $text", ({ factor, text }) => {
  expect(speedText(factor)).toBe(text);
});

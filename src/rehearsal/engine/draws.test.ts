import { expect, test } from "vitest";
import * as draws from "./draws.ts";

const { DRAW, PRETRAINING_DRAW, TRAINING_DRAW } = draws;

/** With the number that each duration takes besides its own. */
function numbersOf(table: Readonly<Record<string, number>>): number[] {
  const own = Object.values(table);
  const { snapshotTime, evaluationTime, writeTime } = PRETRAINING_DRAW;
  const pairs: readonly number[] = [snapshotTime, evaluationTime, writeTime];
  const isPretraining = table === PRETRAINING_DRAW;
  return [...own, ...(isPretraining ? pairs.map((number) => number + 1) : [])];
}

test.each(Object.entries(draws))("no two draws of %s have a number in common", (_name, table) => {
  const numbers = numbersOf(table);
  expect(new Set(numbers).size).toBe(numbers.length);
});

test.each([
  ["llm_pretraining", PRETRAINING_DRAW],
  ["llm_training", TRAINING_DRAW],
])("nor one of %s with those of machines and incidents", (_name, table) => {
  const shared = new Set(numbersOf(DRAW));
  // Nine incidents in a step, or messages of one, there are not.
  for (let i = 1; i < 9; i += 1) shared.add(DRAW.incidentMoment + i).add(DRAW.incidentCount + i);
  expect(numbersOf(table).filter((number) => shared.has(number))).toEqual([]);
});

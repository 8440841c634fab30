import { expect, test } from "vitest";
import { pretraining } from "../../../test/support/simulated.ts";
import { lineBudget } from "../line-budget.ts";
import { dialectConsole } from "./dialect-console.ts";
import { openDialect } from "./dialects.ts";

const { news } = pretraining({}, 20);

test.each([1, 2, 23, 24, 100])(
  "with %d lines at once no block goes beyond them, and all of it is told",
  (linesMax) => {
    const budget = lineBudget(linesMax);
    let text = "";
    const write = (part: string): void => {
      text += part;
    };
    const console = dialectConsole(openDialect("megatron"), write, budget);
    const counts: number[] = [];
    for (const [seq, one] of news.entries()) {
      console.show({ ...one, seq });
      counts.push(linesOf(text).length);
    }
    console.close();
    expect(counts).toContain(linesMax);
    const dialect = openDialect("megatron");
    const lines = news.flatMap((one, seq) => dialect.lines({ ...one, seq }));
    expect(lines.length).toBeGreaterThan(100);
    expect(linesOf(text)).toEqual(lines);
  },
);

test("what was held back of the last event is told when the console closes", () => {
  const written: string[] = [];
  const dialect = { name: "two", lines: () => ["a", "b"] };
  const console = dialectConsole(dialect, (text) => written.push(text), lineBudget(3));
  for (const seq of [0, 1]) console.show({ type: "phase-progress", ...progress, seq, atMs: 0 });
  expect(written).toEqual(["a\nb\n", "a\n"]);
  console.close();
  console.close();
  expect(written).toEqual(["a\nb\n", "a\n", "b\n"]);
});

test("whoever stops a run is not told what was held back", () => {
  const written: string[] = [];
  const dialect = {
    name: "two",
    lines: ({ type }: { type: string }) => [`${type} 1`, `${type} 2`],
  };
  const console = dialectConsole(dialect, (text) => written.push(text), lineBudget(1));
  console.show({ type: "phase-progress", ...progress, seq: 0, atMs: 0 });
  console.show({ type: "run-ended", outcome: "cancelled", step: 0, elapsedMs: 0, seq: 1, atMs: 0 });
  console.close();
  expect(written).toEqual(["phase-progress 1\n", "run-ended 1\nrun-ended 2\n"]);
});

const progress = { phase: "training", done: 1, total: 2 } as const;

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

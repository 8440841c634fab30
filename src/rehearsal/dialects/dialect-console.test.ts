import { Terminal } from "@xterm/headless";
import { describe, expect, test } from "vitest";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import { lineBudget } from "../../show/line-budget.ts";
import { barIn } from "./bar.ts";
import { dialectConsole } from "./dialect-console.ts";
import { openDialect } from "./dialects.ts";

const { news } = pretraining({}, 20);
const finished = pretraining({ wanted: wantedRun("SmolLM2-135M", "H100:8", 1e8) });

test.each([1, 2, 23, 24, 100])(
  "with %d lines at once no block goes beyond them, and all of it is told",
  (linesMax) => {
    const budget = lineBudget(linesMax);
    let text = "";
    const write = (part: string): void => {
      text += part;
    };
    const console = dialectConsole(openDialect("megatron"), write, { budget });
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
  const console = dialectConsole(dialect, (text) => written.push(text), {
    budget: lineBudget(3),
  });
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
  const console = dialectConsole(dialect, (text) => written.push(text), {
    budget: lineBudget(1),
  });
  console.show({ type: "phase-progress", ...progress, seq: 0, atMs: 0 });
  console.show({ type: "run-ended", outcome: "cancelled", step: 0, elapsedMs: 0, seq: 1, atMs: 0 });
  console.close();
  expect(written).toEqual(["phase-progress 1\n", "run-ended 1\nrun-ended 2\n"]);
});

describe.each(["huggingface", "lightning"] as const)("on a terminal, %s", (name) => {
  const told = (columns?: number) => {
    let text = "";
    const write = (part: string): void => {
      text += part;
    };
    const options = columns === undefined ? {} : { columns: () => columns };
    const console = dialectConsole(openDialect(name), write, options);
    for (const [seq, one] of finished.news.entries()) console.show({ ...one, seq });
    console.close();
    return text;
  };

  test("redraws its bars in their place, and tells every other line once", async () => {
    const lines = linesOf(told());
    const bars = lines.filter((line) => barIn(line) !== undefined);
    expect(bars.length).toBeGreaterThan(lines.length / 10);
    const seen = await screenOf(told(200), 200);
    const others = lines.filter((line) => barIn(line) === undefined);
    const kept = seen.filter((line) => barIn(line) === undefined);
    // Rows of a terminal end without blanks, and long lines are several of them.
    const squeezed = (some: readonly string[]): string => some.join("").replace(/\s/g, "");
    expect(squeezed(kept)).toBe(squeezed(others));
    const keptBars = seen.filter((line) => barIn(line) !== undefined);
    expect(keptBars.every((line) => barIn(line)?.stays)).toBe(true);
    expect(keptBars.length).toBeLessThan(bars.length / 4);
  });

  test("cuts a bar that is wider than the terminal, so that nothing of it stays", async () => {
    const seen = await screenOf(told(60), 60);
    expect(seen.filter((line) => /\d+%\|/.test(line)).length).toBeLessThan(20);
  });
});

/** The rows of a terminal that has seen the text, also those that have scrolled away. */
async function screenOf(text: string, columns: number): Promise<string[]> {
  const terminal = new Terminal({
    cols: columns,
    rows: 24,
    scrollback: 1e5,
    allowProposedApi: true,
  });
  await new Promise<void>((resolve) => terminal.write(text.replaceAll("\n", "\r\n"), resolve));
  const { active } = terminal.buffer;
  return Array.from(
    { length: active.length },
    (_, row) => active.getLine(row)?.translateToString(true) ?? "",
  );
}

const progress = { phase: "training", done: 1, total: 2 } as const;

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

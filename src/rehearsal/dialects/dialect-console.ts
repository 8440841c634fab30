/**
 * A console that prints a run in a dialect: plain lines, in a pipe all of them. On a terminal a
 * progress bar is redrawn in place, as tqdm does: other lines go above it.
 */

import type { Console } from "../../show/console/console.ts";
import { truncate } from "../../show/draw/width.ts";
import { type LineBudget, lineBudget, textOfLines } from "../../show/line-budget.ts";
import { barIn } from "./bar.ts";
import type { Dialect } from "./dialect.ts";

export interface DialectConsoleOptions {
  /** Counts the lines. @default nothing comes at once */
  readonly budget?: LineBudget;
  /** Of the terminal; without it every redraw of a bar is a line. */
  readonly columns?: () => number;
}

export function dialectConsole(
  dialect: Dialect,
  write: (text: string) => void,
  { budget = lineBudget(0), columns }: DialectConsoleOptions = {},
): Console {
  const bars = columns === undefined ? undefined : barsInPlace(columns);
  const textOf = (lines: readonly string[]): string => bars?.text(lines) ?? textOfLines(lines);
  const say = (lines: readonly string[]): void => {
    const now = budget.take(lines);
    if (now.length > 0) write(textOf(now));
  };
  return {
    show(event) {
      if (event.type === "run-ended" && event.outcome === "cancelled") budget.drop();
      say(dialect.lines(event));
    },
    recall(event) {
      dialect.lines(event);
    },
    refresh() {},
    /** Prints what was held back of the last event. */
    close() {
      say([]);
      const end = bars?.end() ?? "";
      if (end !== "") write(end);
    },
  };
}

/** Back to the first column, and the row is empty. */
const CLEAR_ROW = "\r\u001b[K";

function barsInPlace(columns: () => number) {
  /** The cursor stands behind a bar. */
  let isBehindBar = false;
  const rowOf = (line: string): string => {
    const clear = isBehindBar ? CLEAR_ROW : "";
    const bar = barIn(line);
    isBehindBar = bar !== undefined && !bar.stays;
    // A bar that is broken into two rows could not be taken back.
    const row = bar === undefined ? line : truncate(line, Math.max(1, columns() - 1));
    return `${clear}${row}${isBehindBar ? "" : "\n"}`;
  };
  return {
    text: (lines: readonly string[]): string => lines.map(rowOf).join(""),
    /** What leaves the bar as it is, and goes on below. */
    end: (): string => (isBehindBar ? "\n" : ""),
  };
}

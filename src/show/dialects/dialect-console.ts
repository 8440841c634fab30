/** A console that tells a run in a dialect: plain lines, on a terminal and in a pipe alike. */

import type { Console } from "../console/console.ts";
import { type LineBudget, lineBudget, textOfLines } from "../line-budget.ts";
import type { Dialect } from "./dialect.ts";

/** @param budget Counts the lines. @default nothing comes at once */
export function dialectConsole(
  dialect: Dialect,
  write: (text: string) => void,
  budget: LineBudget = lineBudget(0),
): Console {
  const say = (lines: readonly string[]): void => {
    const now = budget.take(lines);
    if (now.length > 0) write(textOfLines(now));
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
    /** Tells what was held back of the last event. */
    close: () => say([]),
  };
}

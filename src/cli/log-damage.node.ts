/** Describes what is damaged in a run's log, or of a newer version. */

import type { ReadLogOptions } from "../events/log.node.ts";
import { formatCount, formatQuantity } from "../show/numbers.ts";

export interface LogDamage {
  /** Collects the damage while a log is read. */
  readonly notes: ReadLogOptions;
  /** "2 lines of "x" could not be read and were left out: 5, 7"; undefined where all was understood. */
  text(name: string): string | undefined;
}

const LINES_NAMED_MAX = 10;

export function logDamage(): LogDamage {
  const lines: number[] = [];
  const newerLines: NewerLine[] = [];
  let isTorn = false;
  return {
    notes: {
      onDamagedLine: (lineNumber) => {
        lines.push(lineNumber);
      },
      onNewerLine: (lineNumber, what) => {
        newerLines.push({ lineNumber, what });
      },
      onTornLine: () => {
        isTorn = true;
      },
    },
    text(name) {
      const parts = [
        ...(lines.length > 0 ? [damagedText(name, lines)] : []),
        ...(newerLines.length > 0 ? [newerText(name, newerLines)] : []),
        ...(isTorn ? [`the last line of "${name}" is cut short and was left out`] : []),
      ];
      return parts.length === 0 ? undefined : parts.join("; ");
    },
  };
}

interface NewerLine {
  readonly lineNumber: number;
  readonly what: string;
}

function damagedText(name: string, lines: readonly number[]): string {
  return `${linesOf(name, lines)} could not be read and ${wereLeftOut(lines)}: ${named(lines)}`;
}

/** "1 line of "x" is of a newer version of etude and was left out: 7 (verdict "splendid")" */
function newerText(name: string, newerLines: readonly NewerLine[]): string {
  const lines = newerLines.map(({ lineNumber }) => lineNumber);
  const what = [...new Set(newerLines.map((one) => one.what))];
  const whatNamed = what.slice(0, LINES_NAMED_MAX).join(", ");
  const more = what.length > LINES_NAMED_MAX ? ", ..." : "";
  const are = lines.length === 1 ? "is" : "are";
  return `${linesOf(name, lines)} ${are} of a newer version of etude and ${wereLeftOut(lines)}: ${named(lines)} (${whatNamed}${more})`;
}

function linesOf(name: string, lines: readonly number[]): string {
  return `${formatQuantity(lines.length, "line")} of "${name}"`;
}

function wereLeftOut(lines: readonly number[]): string {
  return `${lines.length === 1 ? "was" : "were"} left out`;
}

function named(lines: readonly number[]): string {
  const more = lines.length > LINES_NAMED_MAX ? ", ..." : "";
  return `${lines.slice(0, LINES_NAMED_MAX).map(formatCount).join(", ")}${more}`;
}

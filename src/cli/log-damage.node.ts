/** What could not be read of a run's log, in words. */

import type { ReadLogOptions } from "../events/log.node.ts";
import { formatCount, formatQuantity } from "../show/numbers.ts";

export interface LogDamage {
  /** Takes note of the damage while a log is read. */
  readonly notes: ReadLogOptions;
  /** "2 lines of "x" could not be read and were left out: 5, 7", or undefined where all is well. */
  text(name: string): string | undefined;
}

const LINES_NAMED_MAX = 10;

export function logDamage(): LogDamage {
  const lines: number[] = [];
  let isTorn = false;
  return {
    notes: {
      onDamagedLine: (lineNumber) => {
        lines.push(lineNumber);
      },
      onTornLine: () => {
        isTorn = true;
      },
    },
    text(name) {
      const parts = [
        ...(lines.length > 0 ? [damagedText(name, lines)] : []),
        ...(isTorn ? [`the last line of "${name}" is cut short and was left out`] : []),
      ];
      return parts.length === 0 ? undefined : parts.join("; ");
    },
  };
}

function damagedText(name: string, lines: readonly number[]): string {
  const named = lines.slice(0, LINES_NAMED_MAX).map(formatCount).join(", ");
  const more = lines.length > LINES_NAMED_MAX ? ", ..." : "";
  const were = lines.length === 1 ? "was" : "were";
  return `${formatQuantity(lines.length, "line")} of "${name}" could not be read and ${were} left out: ${named}${more}`;
}

/** The budget of lines that are printed without a pause: `--instant-print-lines`. */

export interface LineBudget {
  /** Whether lines are left in the budget. */
  readonly isInstant: boolean;
  /**
   * Counts lines, and cuts off what goes beyond the budget.
   *
   * @returns Lines to print now, first those held back before. The rest is held back until the next
   * call, which must follow a pause.
   */
  take(lines: readonly string[]): readonly string[];
  /** Discards what is held back: the run was stopped. */
  drop(): void;
}

/** Lines as they are written; nothing for none. */
export function textOfLines(lines: readonly string[], end = "\n"): string {
  return lines.map((line) => line + end).join("");
}

/** @param linesMax Of everything that is reported by this budget; 0 holds nothing back. */
export function lineBudget(linesMax: number): LineBudget {
  let left = linesMax;
  let held: readonly string[] = [];
  return {
    get isInstant() {
      return left > 0;
    },
    take(lines) {
      const all = held.length === 0 ? lines : [...held, ...lines];
      const now = left > 0 ? all.slice(0, left) : all;
      held = all.slice(now.length);
      left = Math.max(0, left - now.length);
      return now;
    },
    drop() {
      held = [];
    },
  };
}

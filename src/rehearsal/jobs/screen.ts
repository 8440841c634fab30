/**
 * The whole screen of a terminal, borrowed: what stood there before comes back afterwards.
 *
 * Each frame is one write, wrapped as a synchronized update, and holds only the rows that have
 * changed. Rows are written where they belong, with the terminal's own line wrapping off, so
 * nothing scrolls and nothing spills.
 */

import type { Terminal } from "../../show/console/painter.ts";

const CSI = "\u001b[";
const ENTER = `${CSI}?1049h${CSI}?25l`;
const LEAVE = `${CSI}0m${CSI}?7h${CSI}?25h${CSI}?1049l\r`;
const BEGIN = `${CSI}?2026h${CSI}?7l`;
const END = `${CSI}?7h${CSI}?2026l`;
const ERASE_SCREEN = `${CSI}2J`;
const ERASE_LINE = `${CSI}2K`;

export interface Screen {
  /** @param lines From the top, each within the width; fewer than there are rows leave the rest empty. */
  draw(lines: readonly string[]): void;
  /** Gives the screen back, with the cursor visible at column 0. Harmless when called twice. */
  leave(): void;
}

export function screen({ write, columns, rows }: Terminal): Screen {
  let shown: readonly string[] | undefined;
  let size = "";
  return {
    draw(lines) {
      const isEntering = shown === undefined;
      const now = `${columns()}x${rows()}`;
      const before = isEntering || now !== size ? [] : shown;
      const changed = lines
        .slice(0, rows())
        .map((line, i) => (line === before?.[i] ? "" : `${CSI}${i + 1};1H${ERASE_LINE}${line}`))
        .join("");
      const erase = before?.length === 0 ? ERASE_SCREEN : "";
      shown = lines;
      size = now;
      if (changed === "" && erase === "") return;
      write(`${isEntering ? ENTER : ""}${BEGIN}${erase}${changed}${END}`);
    },
    leave() {
      if (shown === undefined) return;
      shown = undefined;
      write(LEAVE);
    },
  };
}

/**
 * Redraws lines in place at the bottom of a terminal.
 *
 * The cursor rests, hidden, at the start of the empty line below the view. A frame goes up to
 * the view's first line and replaces the lines that have changed. Each frame is one write,
 * wrapped as a synchronized update, with the terminal's own line wrapping off: even where our
 * idea of a character's width is wrong, a line is cut at the edge and never spills into the next.
 *
 * When a terminal becomes narrower it breaks the lines that stand there; the painter counts
 * the rows that they take then, to find its way back to the first. What a terminal moves out of
 * its screen while it does so stays in its history, so a high view gives way while that goes on.
 */

import { displayWidth } from "../draw/width.ts";

const CSI = "\u001b[";
const BEGIN = `${CSI}?2026h${CSI}?25l${CSI}?7l`;
const END = `${CSI}?7h${CSI}?2026l`;
const ERASE_LINE = `${CSI}2K`;
const ERASE_BELOW = `${CSI}0J`;
const SHOW_CURSOR = `${CSI}?25h`;

export interface Painter {
  /**
   * Shows `view` in place of the view before, and writes the lines of `above` over it, to stay.
   * The view must fit the terminal: at most `columns` wide and `heightMax` high.
   */
  draw(view: readonly string[], above?: readonly string[]): void;
  /**
   * To be called at once when the size has changed: takes away a view that would not fit the screen
   * any more if the terminal went on to become narrower, for the next one to be drawn in its place.
   */
  giveWay(): void;
  /** Leaves the view where it is, and the cursor visible below it; the next one begins there. */
  release(): void;
  /** Leaves `lines` in place of the view, and the cursor visible below them. */
  finish(lines: readonly string[]): void;
  /** Most lines that a view may have: one row is the cursor's. */
  heightMax(): number;
}

export interface Terminal {
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
}

export function painter({ write, columns, rows }: Terminal): Painter {
  let shown: readonly string[] = [];
  let shownColumns = columns();

  /** To the first row of what is shown. */
  const toTop = (): string => {
    const now = Math.max(1, columns());
    const height = now === shownColumns ? shown.length : heightAt(shown, now);
    return height === 0 ? "\r" : `\r${CSI}${height}A`;
  };

  return {
    draw(view, above = []) {
      const same = view.length === shown.length && view.every((line, i) => line === shown[i]);
      if (same && above.length === 0 && columns() === shownColumns) return;
      const top = toTop();
      const resized = columns() !== shownColumns;
      // After a resize the rows hold pieces of broken lines: all of them are written over, and
      // what is left is erased from below. Erasing from the top of the screen would make some
      // terminals (tmux) keep the old frame in their history.
      const before = above.length === 0 && !resized ? shown : [];
      const erase = resized || shown.length > view.length ? ERASE_BELOW : "";
      shown = view;
      shownColumns = columns();
      // A line that has not changed is only stepped over.
      const lines = view.map((line, i) => (line === before[i] ? "" : fresh(line)));
      write(`${BEGIN}${top}${joined(above.map(fresh))}${joined(lines)}${erase}${END}`);
    },
    giveWay() {
      const now = Math.max(1, columns());
      const room = rows() - 1;
      if (now >= shownColumns || heightAt(shown, now / NARROWER_BY) <= room) return;
      // Row by row, like a frame, and not from the top of the screen to its end.
      const height = Math.min(room, heightAt(shown, now));
      const blank = joined(Array<string>(height).fill(ERASE_LINE));
      write(`${BEGIN}${toTop()}${blank}${CSI}${height}A${END}`);
      shown = [];
      shownColumns = now;
    },
    release() {
      if (shown.length > 0) write(SHOW_CURSOR);
      shown = [];
    },
    finish(lines) {
      const top = toTop();
      shownColumns = columns();
      write(`${BEGIN}${top}${joined(lines.map(fresh))}${ERASE_BELOW}${END}${SHOW_CURSOR}`);
      shown = [];
    },
    heightMax: () => Math.max(1, rows() - 1),
  };
}

/** A window is seldom made narrower than this part of what it was when that is first seen. */
const NARROWER_BY = 2;

function heightAt(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + rowsOf(line, columns), 0);
}

/** Rows that a line takes in a terminal that breaks lines at its edge. */
function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(displayWidth(line) / columns));
}

/**
 * A line for a row that may hold an older one. The whole row is erased first: erased only from the
 * end of the text on, some terminals (tmux) remember the older length and break the row by it when
 * they become narrower.
 */
function fresh(line: string): string {
  return ERASE_LINE + line;
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join("");
}

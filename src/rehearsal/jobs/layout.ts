/** How a screen is divided: rows of panes, jobs of one line, and what is only counted. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  /** From the top; together the first jobs, in their order. */
  readonly rows: readonly PaneRow[];
  /** Jobs that have a line each below the panes. */
  readonly lines: number;
  /** Jobs that are only counted, in one more line; 0 where all are shown. */
  readonly more: number;
}

export interface PaneRow {
  readonly height: number;
  /** Of each pane; one column between two of them is the separator's. */
  readonly widths: readonly number[];
}

/** The title, and three lines that say something. */
export const PANE_HEIGHT_MIN = 4;
export const PANE_WIDTH_MIN = 38;

/** A pane that is larger says more, but no longer so much more. */
const GOOD_SIZE: Size = { width: 64, height: 16 };

/** Of a grid whose last row has fewer and wider panes, compared with an even one. */
const UNEVEN_WORTH = 0.9;

/** @param size Without the line at the bottom. Exact: all lines of the layout together fill it. */
export function layoutOf(jobs: number, { width, height }: Size): Layout {
  if (jobs > height) {
    const lines = Math.max(0, height - 1);
    return { rows: [], lines, more: height > 0 ? jobs - lines : 0 };
  }
  for (let panes = jobs; panes > 0; panes -= 1) {
    const lines = jobs - panes;
    const room = { width, height: height - lines };
    const columns = bestColumns(panes, room);
    if (columns !== undefined) return { rows: paneRows(panes, columns, room), lines, more: 0 };
  }
  return { rows: [], lines: jobs, more: 0 };
}

/** @returns undefined where so many panes do not fit in any number of columns. */
function bestColumns(panes: number, { width, height }: Size): number | undefined {
  // A terminal that is narrower than a pane should be still has one column of them.
  const most = Math.min(panes, Math.max(1, Math.floor((width + 1) / (PANE_WIDTH_MIN + 1))));
  let best: { readonly columns: number; readonly worth: number } | undefined;
  for (let columns = 1; columns <= most; columns += 1) {
    const rows = Math.ceil(panes / columns);
    const pane = { width: (width + 1) / columns - 1, height: Math.floor(height / rows) };
    if (pane.height < PANE_HEIGHT_MIN) continue;
    const worth =
      Math.min(1, pane.width / GOOD_SIZE.width) *
      Math.min(1, pane.height / GOOD_SIZE.height) *
      (panes === rows * columns ? 1 : UNEVEN_WORTH);
    // Of equals the most beside each other.
    if (best === undefined || worth >= best.worth) best = { columns, worth };
  }
  return best?.columns;
}

function paneRows(panes: number, columns: number, { width, height }: Size): PaneRow[] {
  const count = Math.ceil(panes / columns);
  return shares(height, count).map((rowHeight, row) => {
    const inRow = Math.min(columns, panes - row * columns);
    return { height: rowHeight, widths: shares(width - (inRow - 1), inRow) };
  });
}

/** Whole parts of a whole, as equal as can be, the larger ones first. */
function shares(whole: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    return Math.floor(whole / count) + (i < whole % count ? 1 : 0);
  });
}

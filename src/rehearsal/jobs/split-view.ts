/** All jobs on one screen: panes side by side, a line for those that do not fit, and the foot. */

import { displayWidth, flow } from "../../show/draw/width.ts";
import { formatBriefDuration, formatQuantity } from "../../show/numbers.ts";
import { jobLine } from "./figures.ts";
import type { JobState } from "./job-state.ts";
import { layoutOf, type PaneRow, type Size } from "./layout.ts";
import { paneLines } from "./pane.ts";
import { cell, type PaneStyle, paneFrame } from "./pane-frame.ts";

export interface SplitOptions extends Size, PaneStyle {
  /** How long this has been shown, in milliseconds. */
  readonly shownMs: number;
}

export interface SplitView {
  /** As many lines as the screen is high, none wider than it. */
  lines(jobs: readonly JobState[], options: SplitOptions): string[];
}

interface Drawn {
  readonly state: JobState;
  readonly key: string;
  readonly lines: readonly string[];
}

/** Remembers the panes: a job that has nothing new is not drawn again. */
export function splitView(): SplitView {
  const drawn = new Map<number, Drawn>();

  const pane = (state: JobState, size: Size, style: PaneStyle): readonly string[] => {
    const key = `${size.width}x${size.height} ${style.colour} ${style.unicode}`;
    const before = drawn.get(state.job);
    if (before?.state === state && before.key === key) return before.lines;
    const lines = paneLines(state, paneFrame(size, style));
    drawn.set(state.job, { state, key, lines });
    return lines;
  };

  return {
    lines(jobs, options) {
      const { width, height } = options;
      const { rows, lines, more } = layoutOf(jobs.length, { width, height: height - 1 });
      const out: string[] = [];
      let shown = 0;
      for (const row of rows) {
        const states = jobs.slice(shown, shown + row.widths.length);
        out.push(...rowLines(states, row, { pane, options }));
        shown += states.length;
      }
      const frame = paneFrame({ width, height: 1 }, options);
      for (const state of jobs.slice(shown, shown + lines)) {
        out.push(cell(` ${jobLine(state, frame)}`, width, options));
      }
      if (more > 0) out.push(cell(` +${more} more`, width, options));
      while (out.length < height - 1) out.push(" ".repeat(width));
      return [...out, footLine(jobs, options)].slice(-height);
    },
  };
}

interface Drawing {
  readonly pane: (state: JobState, size: Size, style: PaneStyle) => readonly string[];
  readonly options: SplitOptions;
}

function rowLines(
  states: readonly JobState[],
  { height, widths }: PaneRow,
  { pane, options }: Drawing,
): string[] {
  const panes = states.map((state, i) => pane(state, { width: widths[i] ?? 1, height }, options));
  const { colours } = paneFrame(options, options);
  const [cross, line] = (options.unicode ? ["┬", "│"] : ["+", "|"]).map(colours.quiet);
  return Array.from({ length: height }, (_, i) =>
    panes.map((lines) => lines[i] ?? "").join(i === 0 ? cross : line),
  );
}

/** What all of them are, and how they are stopped. */
function footLine(jobs: readonly JobState[], options: SplitOptions): string {
  const { width, shownMs } = options;
  const { colours, content } = paneFrame(options, options);
  const finished = jobs.reduce((sum, { runsFinished }) => sum + runsFinished, 0);
  const restarts = jobs.reduce((sum, { view }) => sum + view.run.restarts, 0);
  const badge = colours.badge(" SIMULATED ");
  const items = [
    formatQuantity(jobs.length, "job"),
    "Ctrl-C stops",
    formatBriefDuration(shownMs),
    `${formatQuantity(finished, "run")} finished`,
    restarts === 0 ? undefined : formatQuantity(restarts, "restart"),
  ].filter((item) => item !== undefined);
  const [text = ""] = flow(items, { width: content - displayWidth(badge) - 1, linesMax: 1 });
  return cell(` ${badge} ${colours.quiet(text)}`, width, options);
}

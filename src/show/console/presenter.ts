/** How a kind of run is presented in the console: log lines, live view, summary. */

import type { RunEvent } from "../../events/events.ts";
import type { FrameOptions } from "./frame.ts";
import { liveLines } from "./live.ts";
import { lastingLines, lineSelector, plainLine } from "./log-lines.ts";
import { type SummaryOptions, summaryLines } from "./summary.ts";
import { emptyView, type View, viewAfter } from "./view.ts";

/** Stateful; one per console. */
export interface Presenter {
  readonly view: View;
  know(event: RunEvent): void;
  /** The newest event for a log file or a pipe. @param columns Of the terminal, if there is one. */
  logLines(event: RunEvent, columns: number): string[];
  /** The line in a log that says how to continue. */
  adviceLine(advice: string, event: RunEvent): string;
  /** The permanent lines of the newest event above a live view. */
  lastingLines(event: RunEvent, options: FrameOptions): string[];
  liveLines(options: FrameOptions): string[];
  /** What stays on the screen when the console closes. */
  closingLines(options: SummaryOptions): string[];
}

/** A training of ours. */
export function trainedPresenter(): Presenter {
  const log = lineSelector({ everything: true });
  const above = lineSelector({ everything: false });
  let view = emptyView;
  return {
    get view() {
      return view;
    },
    know(event) {
      view = viewAfter(view, event);
    },
    logLines(event) {
      const line = log.lineFor(event, view);
      return line === undefined ? [] : [plainLine(line, event, view)];
    },
    adviceLine: (advice, event) => plainLine({ subject: "next", text: advice }, event, view),
    lastingLines(event, options) {
      const line = event.type === "run-ended" ? undefined : above.lineFor(event, view);
      return line === undefined ? [] : lastingLines(line, options);
    },
    liveLines: (options) => liveLines(view, options),
    closingLines: (options) => summaryLines(view, options),
  };
}

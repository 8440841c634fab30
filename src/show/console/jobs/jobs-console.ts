/**
 * Several simulated runs on one terminal.
 *
 * It keeps no timer: whoever opens it calls `refresh` about ten times a second. Events are only
 * remembered when they come, however fast, and drawn then.
 */

import type { RunEvent } from "../../../events/events.ts";
import type { Clock } from "../../../host.ts";
import type { Terminal } from "../painter.ts";
import { farewellLines } from "./farewell.ts";
import { afterJobEvent, emptyJob, type JobState } from "./job-state.ts";
import type { PaneStyle } from "./pane-frame.ts";
import { screen } from "./screen.ts";
import { splitView } from "./split-view.ts";

export interface JobsConsole {
  /** @param job Counted from 1. */
  show(job: number, event: RunEvent): void;
  /** Messages that the run that is going on has told in its pane. */
  linesTold(job: number): number;
  /** Draws what is due; also after the terminal's size has changed. */
  refresh(): void;
  /** Gives the screen back, to draw it anew at the next refresh. */
  suspend(): void;
  /** Gives the screen back and leaves a line for each job. Harmless when called twice. */
  close(): void;
}

export interface JobsConsoleOptions extends Terminal, PaneStyle {
  readonly jobs: number;
  readonly clock: Pick<Clock, "nowMs">;
}

/** Ten frames a second; a timer that is a little early must not cost every other one. */
const FRAME_EVERY_MS = 90;
/** Without news the clock on the screen still goes on. */
const IDLE_FRAME_EVERY_MS = 990;

export function openJobsConsole(options: JobsConsoleOptions): JobsConsole {
  const { jobs, clock, columns, rows } = options;
  const canvas = screen(options);
  const view = splitView();
  const startedMs = clock.nowMs();
  const states = Array.from({ length: jobs }, (_, i) => emptyJob(i + 1));
  /** Messages told before the run that is going on. */
  const toldBefore = states.map(() => 0);
  let changed = true;
  let closed = false;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let size = "";

  const stateOf = (job: number): JobState => states[job - 1] ?? emptyJob(job);

  const measure = (): void => {
    const now = `${columns()}x${rows()}`;
    changed ||= now !== size;
    size = now;
  };

  return {
    show(job, event) {
      if (event.type === "run-started") toldBefore[job - 1] = stateOf(job).messagesTold;
      states[job - 1] = afterJobEvent(stateOf(job), event);
      changed = true;
    },
    linesTold: (job) => stateOf(job).messagesTold - (toldBefore[job - 1] ?? 0),
    refresh() {
      if (closed) return;
      measure();
      const nowMs = clock.nowMs();
      if (nowMs - drawnMs < (changed ? FRAME_EVERY_MS : IDLE_FRAME_EVERY_MS)) return;
      const shownMs = nowMs - startedMs;
      canvas.draw(view.lines(states, { ...options, width: columns(), height: rows(), shownMs }));
      changed = false;
      drawnMs = nowMs;
    },
    suspend() {
      canvas.leave();
      changed = true;
      drawnMs = Number.NEGATIVE_INFINITY;
    },
    close() {
      if (closed) return;
      closed = true;
      canvas.leave();
      const lines = farewellLines(states, { ...options, width: columns() });
      options.write(lines.map((line) => `${line}\r\n`).join(""));
    },
  };
}

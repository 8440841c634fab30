/**
 * Several simulated runs on one terminal.
 *
 * It has no timer: the caller calls `refresh` about ten times a second. Events are only stored when
 * they come, and drawn at the next refresh.
 */

import type { RunEvent } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import type { Terminal } from "../../show/console/painter.ts";
import { farewellLines } from "./farewell.ts";
import { afterJobEvent, emptyJob, type JobState } from "./job-state.ts";
import type { PaneStyle } from "./pane-frame.ts";
import { screen } from "./screen.ts";
import { splitView } from "./split-view.ts";

export interface JobsConsole {
  /** @param job Counted from 1; one that was not named before gets a place among the others. */
  show(job: number, event: RunEvent): void;
  /** An event of an earlier part of the run: updates the state, but is not shown. */
  recall(job: number, event: RunEvent): void;
  /** Messages that a job has shown in its pane, in all its runs. */
  messagesTold(job: number): number;
  /** Draws what is due; also after the terminal's size has changed. */
  refresh(): void;
  /** Gives the screen back, to draw it anew at the next refresh. */
  suspend(): void;
  /** Gives the screen back and leaves a line for each job. Harmless when called twice. */
  close(): void;
}

export interface JobsConsoleOptions extends Terminal, PaneStyle {
  /** Their numbers, as far as they are known. */
  readonly jobs: readonly number[];
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
  const states = new Map(jobs.map((job) => [job, emptyJob(job)]));
  let changed = true;
  let closed = false;
  let drawnMs = Number.NEGATIVE_INFINITY;
  let size = "";

  const stateOf = (job: number): JobState => states.get(job) ?? emptyJob(job);

  const inOrder = (): JobState[] => [...states.values()].sort((a, b) => a.job - b.job);

  const measure = (): void => {
    const now = `${columns()}x${rows()}`;
    changed ||= now !== size;
    size = now;
  };

  return {
    show(job, event) {
      states.set(job, afterJobEvent(stateOf(job), event));
      changed = true;
    },
    recall(job, event) {
      const { messages, messagesTold } = stateOf(job);
      states.set(job, { ...afterJobEvent(stateOf(job), event), messages, messagesTold });
      changed = true;
    },
    messagesTold: (job) => stateOf(job).messagesTold,
    refresh() {
      if (closed) return;
      measure();
      const nowMs = clock.nowMs();
      if (nowMs - drawnMs < (changed ? FRAME_EVERY_MS : IDLE_FRAME_EVERY_MS)) return;
      const shownMs = nowMs - startedMs;
      canvas.draw(view.lines(inOrder(), { ...options, width: columns(), height: rows(), shownMs }));
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
      const lines = farewellLines(inOrder(), { ...options, width: columns() });
      options.write(lines.map((line) => `${line}\r\n`).join(""));
    },
  };
}

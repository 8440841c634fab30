/**
 * The console: shows a run's events to the user, or to a program.
 *
 * It has no timer: the caller calls `refresh` about ten times a second, and frames are drawn no
 * more often than that, however fast events come.
 */

import type { RunEvent } from "../../events/events.ts";
import { eventToLine } from "../../events/wire.ts";
import type { Clock } from "../../host.ts";
import { type FrameOptions, finished } from "./frame.ts";
import { painter, type Terminal } from "./painter.ts";
import { type Presenter, trainedPresenter } from "./presenter.ts";
import type { ConsoleMode } from "./terminal.ts";
import type { View } from "./view.ts";

export interface Console {
  show(event: RunEvent): void;

  /** An event of an earlier part of the same run: updates the state, but is not shown again. */
  recall(event: RunEvent): void;

  /** Draws what is due; also after the terminal's size has changed. */
  refresh(): void;

  /** Leaves the summary on the screen and the cursor visible. Idempotent. */
  close(): void;
}

/** A console that can release its terminal temporarily. */
export interface TerminalConsole extends Console {
  /** Restores the cursor; the next refresh draws the view anew below. */
  suspend(): void;
}

export interface ConsoleOptions {
  readonly mode: ConsoleMode;
  /** Where it goes: people's text, or in the mode "json" the data. */
  readonly write: (text: string) => void;
  readonly columns: () => number;
  readonly rows: () => number;
  readonly clock: Pick<Clock, "nowMs">;
  readonly colour: boolean;
  readonly unicode: boolean;
  /** The command to continue with, shown at the end: "etude resume runs/birds". */
  readonly next?: (view: View) => string | undefined;
  /** What the run looks like. @default that of a training of ours */
  readonly presenter?: Presenter;
  /** Milliseconds of the run in one that passes here; 0 where it is uneven. @default 1 */
  readonly rate?: number;
  /** Milliseconds of the run that have passed here, where the rate changes. @default by `rate` */
  readonly runClock?: Pick<Clock, "nowMs">;
}

/** Ten frames a second look alive and cost little. */
export const FRAME_EVERY_MS = 100;
/**
 * While a window is resized, frames would race with the terminal rewrapping its lines. Some (tmux)
 * report a new size only 250 ms after rewrapping.
 */
const RESIZE_SETTLED_MS = 400;
/** Without news the clock on the screen still advances. */
const IDLE_FRAME_EVERY_MS = 1000;

export function openConsole(options: ConsoleOptions): TerminalConsole {
  switch (options.mode) {
    case "live":
      return liveConsole(options);
    case "plain":
      return plainConsole(options);
    case "json":
      return { ...silentConsole, show: (event) => options.write(eventToLine(event)) };
    case "silent":
      return silentConsole;
  }
}

const silentConsole: TerminalConsole = {
  show() {},
  recall() {},
  refresh() {},
  suspend() {},
  close() {},
};

function plainConsole(options: ConsoleOptions): TerminalConsole {
  const { write, next, columns, presenter = trainedPresenter() } = options;
  const say = (line: string): void => write(`${line}\n`);
  return {
    show(event) {
      presenter.know(event);
      for (const line of presenter.logLines(event, columns())) say(line);
      const advice = event.type === "run-ended" ? next?.(presenter.view) : undefined;
      if (advice !== undefined) say(presenter.adviceLine(advice, event));
    },
    recall: presenter.know,
    refresh() {},
    suspend() {},
    close() {},
  };
}

function liveConsole(options: ConsoleOptions): TerminalConsole {
  const { clock, colour, unicode, next, presenter = trainedPresenter(), ...terminal } = options;
  const { rate = 1, runClock = { nowMs: () => clock.nowMs() * rate } } = options;
  const canvas = painter(terminal);
  let above: string[] = [];
  let changed = true;
  let closed = false;
  let shownAtMs = Number.NEGATIVE_INFINITY;
  let eventAtMs = runClock.nowMs();
  const window = windowOf(terminal, clock);

  const frame = (): FrameOptions => {
    const { atMs, status } = presenter.view.run;
    return {
      width: window.columns(),
      height: canvas.heightMax(),
      colour,
      unicode,
      atMs: atMs + (status === "running" ? runClock.nowMs() - eventAtMs : 0),
    };
  };

  /** Lines that were waiting while the window changed may have become too wide. */
  const waiting = (options: FrameOptions): string[] => {
    const lines = above.map((line) => finished(line, options));
    above = [];
    return lines;
  };

  const refresh = (): void => {
    if (closed) return;
    if (window.measure()) {
      canvas.giveWay();
      changed = true;
    }
    if (!window.isSettled()) return;
    const nowMs = clock.nowMs();
    if (nowMs - shownAtMs < (changed ? FRAME_EVERY_MS : IDLE_FRAME_EVERY_MS)) return;
    const options = frame();
    canvas.draw(presenter.liveLines(options), waiting(options));
    changed = false;
    shownAtMs = nowMs;
  };

  return {
    show(event) {
      presenter.know(event);
      eventAtMs = runClock.nowMs();
      changed = true;
      above.push(...presenter.lastingLines(event, { ...frame(), atMs: event.atMs }));
      refresh();
    },
    recall: presenter.know,
    refresh,
    suspend() {
      if (closed) return;
      canvas.release();
      changed = true;
      shownAtMs = Number.NEGATIVE_INFINITY;
    },
    close() {
      if (closed) return;
      closed = true;
      window.measure();
      const options = frame();
      const summary = presenter.closingLines({ ...options, next: next?.(presenter.view) });
      canvas.finish([...waiting(options), ...summary]);
    },
  };
}

/** The size is sampled once per frame, so that a frame is consistent. */
function windowOf({ columns, rows }: Terminal, clock: Pick<Clock, "nowMs">) {
  let size = { columns: columns(), rows: rows() };
  let resizedAtMs = Number.NEGATIVE_INFINITY;
  return {
    columns: () => size.columns,
    isSettled: () => clock.nowMs() - resizedAtMs >= RESIZE_SETTLED_MS,
    /** @returns Whether it is another one than before. */
    measure(): boolean {
      const now = { columns: columns(), rows: rows() };
      if (now.columns === size.columns && now.rows === size.rows) return false;
      size = now;
      resizedAtMs = clock.nowMs();
      return true;
    },
  };
}

/** Shows a sweep while it is running: a table on a terminal, a line for each run elsewhere. */

import type { RunEvent } from "../events/events.ts";
import { afterEvent, beforeRun, type RunState } from "../events/run-state.ts";
import type { SweepState } from "../queue/sweep-state.ts";
import { painter } from "../show/console/painter.ts";
import { consoleMode, wantsUnicode } from "../show/console/terminal.ts";
import { coloursFor } from "../show/draw/colours.ts";
import type { CommandContext } from "./context.ts";
import { headline, runLine, sweepLines, tableLines } from "./text/sweep-text.ts";

export interface SweepScreen {
  see(job: string, event: RunEvent): void;
  show(state: SweepState): void;
  /** Something that is no part of the table, as a line that stays. */
  say(line: string): void;
  /** Leaves the table on the screen. */
  close(state: SweepState | undefined): void;
}

const ROWS_WITHOUT_TERMINAL = 24;

export function sweepScreen(context: CommandContext): SweepScreen {
  const { stderr } = context;
  const mode = consoleMode({ environment: process.env, isTerminal: stderr.isTerminal }, context);
  const live = new Map<string, RunState>();
  const shown = new Set<string>();
  const unicode = wantsUnicode(process.env, process.platform);
  const colours = coloursFor(stderr.colour);
  const rows = (): number => process.stderr.rows || ROWS_WITHOUT_TERMINAL;
  const canvas = painter({
    write: (text) => stderr.write(text),
    columns: () => stderr.columns,
    rows,
  });
  const options = () => ({ width: stderr.columns, height: canvas.heightMax(), unicode, colours });
  let waiting: string[] = [];
  const isLive = mode === "live";
  const lines = (text: readonly string[]): void =>
    stderr.write(text.map((one) => `${one}\n`).join(""));

  return {
    see(job, event) {
      live.set(job, afterEvent(live.get(job) ?? beforeRun, event));
      if (event.type === "run-ended" && event.outcome === "finished") live.delete(job);
    },
    show(state) {
      const ended = state.table.runs.filter(({ id, state: is }) => is !== "open" && !shown.has(id));
      for (const run of ended) {
        shown.add(run.id);
        if (mode !== "plain" && run.state !== "aside") continue;
        waiting.push(runLine(state, run, { done: shown.size, total: state.table.runs.length }));
      }
      if (isLive) canvas.draw(sweepLines(state, live, options()), waiting);
      else if (mode !== "json") lines(waiting);
      waiting = [];
    },
    say(line) {
      if (isLive) waiting.push(line);
      else lines([line]);
    },
    close(state) {
      if (state === undefined || mode === "json") canvas.release();
      else if (isLive)
        canvas.finish(
          sweepLines(state, new Map(), { ...options(), height: Number.POSITIVE_INFINITY }),
        );
      else lines(["", headline(state), "", ...tableLines(state, options())]);
    },
  };
}

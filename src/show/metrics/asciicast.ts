/**
 * Records the console for asciinema and its players: asciicast version 3.
 *
 * The console draws on a virtual terminal of 100 x 30, in the time in which the events are shown.
 * Runs and interruptions get markers.
 *
 * Source: docs.asciinema.org, asciicast v3.
 */

import type { RunEvent, RunStarted } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import { transitionLines } from "../console/between-runs.ts";
import { type Console, openConsole } from "../console/console.ts";
import { plainText } from "../draw/width.ts";
import type { OpenExporter, Piece } from "./exporter.ts";

const COLUMNS = 100;
const ROWS = 30;
/** Players shorten longer pauses. */
const IDLE_SECONDS_MAX = 2;

type Code = "o" | "m" | "x";

export const openAsciicast: OpenExporter = ({ path, kinds }) => {
  const clock = { ms: 0, nowMs: () => clock.ms };
  let console: Console | undefined;
  let writtenMs = 0;
  let lines = "";

  const record = (code: Code, data: string): void => {
    // The sum of rounded intervals must not drift from the time, so what was written counts.
    const seconds = Math.max(0, Math.round(clock.ms - writtenMs)) / 1000;
    writtenMs += seconds * 1000;
    lines += `${JSON.stringify([seconds, code, data])}\n`;
  };

  const opened = (started: RunStarted | undefined): Console =>
    openConsole({
      mode: "live",
      write: (text) => record("o", text),
      columns: () => COLUMNS,
      rows: () => ROWS,
      clock,
      colour: true,
      unicode: true,
      presenter: kinds.presenterOf(started?.source, clock),
      rate: 0,
    });

  const begin = (event: RunEvent): Console => {
    const started = event.type === "run-started" ? event : undefined;
    if (console === undefined) lines += header(started);
    else {
      console.close();
      record("o", `${transitionLines().join("\r\n")}\r\n`);
    }
    if (started !== undefined) record("m", plainText(started.title));
    return opened(started);
  };

  const taken = (): Piece[] => {
    if (lines === "") return [];
    const data = lines;
    lines = "";
    return [{ path, data }];
  };

  return {
    add(event, shownMs) {
      if (shownMs !== undefined) clock.ms = Math.max(clock.ms, shownMs);
      if (console === undefined || isNewRun(event)) console = begin(event);
      if (shownMs === undefined) {
        console.recall(event);
        return [];
      }
      if (event.type === "run-interrupted") record("m", `step ${event.step}: ${event.symptom}`);
      console.show(event);
      return taken();
    },
    end() {
      if (console === undefined) return [];
      console.close();
      record("x", "0");
      return taken();
    },
  };
};

/** A first event without a start (a damaged log) gives a recording without a title. */
function header(started: RunStarted | undefined): string {
  const about = started && {
    timestamp: Math.floor(started.wallMs / 1000),
    title: `${started.source === "simulated" ? "SIMULATED: " : ""}${plainText(started.title)}`,
  };
  const head = {
    version: 3,
    term: { cols: COLUMNS, rows: ROWS, type: "xterm-256color" },
    idle_time_limit: IDLE_SECONDS_MAX,
    ...about,
  };
  return `${JSON.stringify(head)}\n`;
}

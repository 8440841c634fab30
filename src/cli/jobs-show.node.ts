/** Where the runs of several jobs are shown: side by side on a terminal, else line by line. */

import type { RunEvent } from "../events/events.ts";
import { eventToLine } from "../events/wire.ts";
import { openConsole } from "../show/console/console.ts";
import { openNodeJobsConsole } from "../show/console/jobs/jobs-console.node.ts";
import { PREFIX_WIDTH, prefixed } from "../show/console/jobs/prefixed.ts";
import { transitionLines } from "../show/console/simulated/between-runs.ts";
import { simulatedLook } from "../show/console/simulated/look.ts";
import type { ConsoleMode } from "../show/console/terminal.ts";
import { dialectConsole } from "../show/dialects/dialect-console.ts";
import { type DialectName, openDialect } from "../show/dialects/dialects.ts";
import type { CommandContext, CommandValues } from "./context.ts";
import type { RunConsole } from "./tell-run.ts";

export interface JobsShow {
  /** A new run of a job. @param job Counted from 1. */
  open(job: number): JobConsole;
  /** Before the next run of a job. */
  between(job: number): void;
  close(): void;
}

export interface JobConsole extends RunConsole {
  /** An event of an earlier stretch of the run: known from now on, but not told. */
  recall(event: RunEvent): void;
}

export interface JobsShowOptions {
  /** Numbers of the jobs, as far as they are known. */
  readonly jobs: readonly number[];
  readonly dialect: CommandValues<"simulate">["dialect"];
  readonly mode: ConsoleMode;
}

/** JSON wins over a dialect, and a dialect over our own view. */
export function openJobsShow(
  { stdout, clock }: CommandContext,
  { jobs, dialect, mode }: JobsShowOptions,
): JobsShow {
  const write = (text: string): void => stdout.write(text);
  if (mode === "json") return jsonShow(write);
  const lineByLine = (job: number, text: string): void => write(prefixed(job, text));
  if (dialect !== "etude") return dialectShow(dialect, lineByLine);
  if (mode !== "live") {
    // In a pipe the lines of a job are those of one run, letter by letter, behind their beginning.
    const taken = stdout.isTerminal ? PREFIX_WIDTH : 0;
    return plainShow({ write: lineByLine, columns: () => stdout.columns - taken, clock });
  }
  const console = openNodeJobsConsole({ jobs, write, colour: stdout.colour });
  return {
    open: (job) => ({
      show: (event) => console.show(job, event),
      recall: (event) => console.recall(job, event),
      close() {},
      linesTold: () => console.linesTold(job),
    }),
    between() {},
    close: console.close,
  };
}

function jsonShow(write: (text: string) => void): JobsShow {
  return {
    open(job) {
      let events = 0;
      return {
        show(event) {
          write(eventToLine({ ...event, job }));
          events += 1;
        },
        recall() {},
        close() {},
        linesTold: () => events,
      };
    },
    between() {},
    close() {},
  };
}

function dialectShow(name: DialectName, write: (job: number, text: string) => void): JobsShow {
  return {
    open(job) {
      const console = dialectConsole(openDialect(name), (text) => write(job, text));
      const { show, recall } = console;
      return { show, recall, close() {}, linesTold: () => console.linesTold };
    },
    between() {},
    close() {},
  };
}

interface Plain {
  readonly write: (job: number, text: string) => void;
  readonly columns: () => number;
  readonly clock: CommandContext["clock"];
}

function plainShow({ write, columns, clock }: Plain): JobsShow {
  return {
    open(job) {
      const look = simulatedLook({ clock });
      const console = openConsole({
        mode: "plain",
        write: (text) => write(job, text),
        columns,
        rows: () => 0,
        clock,
        colour: false,
        unicode: false,
        look,
      });
      return { ...console, linesTold: () => look.linesTold };
    },
    between: (job) => write(job, `${transitionLines().join("\n")}\n`),
    close() {},
  };
}

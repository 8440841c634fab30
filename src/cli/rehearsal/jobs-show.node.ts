/** Shows the runs of several jobs: side by side on a terminal, else line by line. */

import type { RunEvent } from "../../events/events.ts";
import { eventToLine } from "../../events/wire.ts";
import { simulatedPresenter } from "../../rehearsal/console/presenter.ts";
import { dialectConsole } from "../../rehearsal/dialects/dialect-console.ts";
import { type DialectName, openDialect } from "../../rehearsal/dialects/dialects.ts";
import { openNodeJobsConsole } from "../../rehearsal/jobs/jobs-console.node.ts";
import { PREFIX_WIDTH, prefixed } from "../../rehearsal/jobs/prefixed.ts";
import type { RunConsole } from "../../rehearsal/play/play-runs.ts";
import { transitionLines } from "../../show/console/between-runs.ts";
import { openConsole } from "../../show/console/console.ts";
import type { ConsoleMode } from "../../show/console/terminal.ts";
import { type LineBudget, lineBudget } from "../../show/line-budget.ts";
import type { CommandContext, CommandValues } from "../context.ts";

export interface JobsShow {
  /** A new run of a job. @param job Counted from 1. */
  open(job: number): JobConsole;
  /** Before the next run of a job. */
  between(job: number): void;
  /** Whether a job has lines left that come at once. */
  isInstant(job: number): boolean;
  close(): void;
}

export interface JobConsole extends RunConsole {
  /** An event of an earlier part of the run: updates the state, but is not shown. */
  recall(event: RunEvent): void;
  close(): void;
}

export interface JobsShowOptions {
  /** Numbers of the jobs, as far as they are known. */
  readonly jobs: readonly number[];
  readonly dialect: CommandValues<"simulate">["dialect"];
  readonly mode: ConsoleMode;
  /** So many lines of each job come at once. @default 0 */
  readonly instantLines?: number;
}

/** JSON takes precedence over a dialect, and a dialect over our own view. */
export function openJobsShow(
  { stdout, clock }: CommandContext,
  { jobs, dialect, mode, instantLines = 0 }: JobsShowOptions,
): JobsShow {
  const write = (text: string): void => stdout.write(text);
  const budgetOf = budgets(instantLines);
  if (mode === "json") return jsonShow({ write: (_, text) => write(text), budgetOf });
  const lines = { write: (job: number, text: string) => write(prefixed(job, text)), budgetOf };
  if (dialect !== "etude") return dialectShow(dialect, lines);
  if (mode !== "live") {
    // In a pipe the lines of a job are exactly those of a single run, after the prefix.
    const taken = stdout.isTerminal ? PREFIX_WIDTH : 0;
    return plainShow({ ...lines, columns: () => stdout.columns - taken, clock });
  }
  const console = openNodeJobsConsole({ jobs, write, colour: stdout.colour });
  return {
    open: (job) => ({
      show: (event) => console.show(job, event),
      recall: (event) => console.recall(job, event),
      close() {},
    }),
    between() {},
    isInstant: (job) => console.messagesTold(job) < instantLines,
    close: console.close,
  };
}

/** One a job, for all its runs together. */
function budgets(linesMax: number): (job: number) => LineBudget {
  const opened = new Map<number, LineBudget>();
  return (job) => {
    const budget = opened.get(job) ?? lineBudget(linesMax);
    opened.set(job, budget);
    return budget;
  };
}

interface LineByLine {
  readonly write: (job: number, text: string) => void;
  readonly budgetOf: (job: number) => LineBudget;
}

function jsonShow({ write, budgetOf }: LineByLine): JobsShow {
  return {
    open: (job) => ({
      show(event) {
        for (const line of budgetOf(job).take([eventToLine({ ...event, job })])) write(job, line);
      },
      recall() {},
      close() {},
    }),
    between() {},
    isInstant: (job) => budgetOf(job).isInstant,
    close() {},
  };
}

function dialectShow(name: DialectName, { write, budgetOf }: LineByLine): JobsShow {
  return {
    open: (job) =>
      dialectConsole(openDialect(name), (text) => write(job, text), { budget: budgetOf(job) }),
    between() {},
    isInstant: (job) => budgetOf(job).isInstant,
    close() {},
  };
}

interface Plain extends LineByLine {
  readonly columns: () => number;
  readonly clock: CommandContext["clock"];
}

function plainShow({ write, budgetOf, columns, clock }: Plain): JobsShow {
  return {
    open: (job) =>
      openConsole({
        mode: "plain",
        write: (text) => write(job, text),
        columns,
        rows: () => 0,
        clock,
        colour: false,
        unicode: false,
        presenter: simulatedPresenter({ clock, budget: budgetOf(job) }),
      }),
    between(job) {
      for (const line of budgetOf(job).take(transitionLines())) write(job, `${line}\n`);
    },
    isInstant: (job) => budgetOf(job).isInstant,
    close() {},
  };
}

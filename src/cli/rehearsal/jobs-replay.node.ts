/** Replays the log of several jobs as `etude simulate --jobs` showed it. */

import type { RunEvent } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import { consoleMode } from "../../show/console/terminal.ts";
import type { CommandContext, CommandValues } from "../context.ts";
import type { Exports } from "../exports.node.ts";
import { openJobExports } from "./jobs-exports.node.ts";
import { requirePorts } from "./jobs-request.ts";
import { type JobConsole, openJobsShow } from "./jobs-show.node.ts";

/** Where the events of a log go: what shows them, and exports. */
export interface Stage {
  /** @param shownMs In milliseconds since the show began. */
  show(event: RunEvent, shownMs: number): Promise<void>;
  /** An event before those that are shown: updates the state and is exported. */
  recall(event: RunEvent): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param jobs As far as they are known; what others need is opened when they come.
 * @throws UserError like `openExports`, and "usage" where there are too few ports.
 */
export async function openJobsStage(
  context: CommandContext,
  values: CommandValues<"replay">,
  jobs: readonly number[],
): Promise<Stage> {
  requirePorts(Math.max(...jobs), values.metricsPort ?? 0);
  // Others may come: the files of one alone have its number too.
  const exports = jobExports(context, values, Math.max(2, jobs.length));
  try {
    for (const job of jobs) await exports.of(job);
  } catch (failure) {
    await exports.close();
    throw failure;
  }
  const { json, stdout } = context;
  const mode = consoleMode({ environment: process.env, isTerminal: stdout.isTerminal }, { json });
  const show = openJobsShow(context, { jobs, dialect: values.dialect, mode });
  const consoles = new Map<number, JobConsole>();
  let turn = jobs[0] ?? 1;

  const consoleOf = (event: RunEvent): JobConsole => {
    // An event without a job belongs to the job of the event before it.
    turn = event.job ?? turn;
    const before = consoles.get(turn);
    if (before !== undefined && !isNewRun(event)) return before;
    if (before !== undefined) {
      before.close();
      show.between(turn);
    }
    const console = show.open(turn);
    consoles.set(turn, console);
    return console;
  };

  return {
    async show(event, shownMs) {
      consoleOf(event).show(event);
      (await exports.of(turn)).show(alone(event), shownMs);
    },
    async recall(event) {
      consoleOf(event).recall(event);
      (await exports.of(turn)).recall(alone(event));
    },
    async close() {
      // The screen first: files may take a moment.
      for (const console of consoles.values()) console.close();
      show.close();
      await exports.close();
    },
  };
}

function jobExports(context: CommandContext, values: CommandValues<"replay">, jobs: number) {
  const opened = new Map<number, Exports>();
  return {
    async of(job: number): Promise<Exports> {
      const known = opened.get(job);
      if (known !== undefined) return known;
      const exports = await openJobExports(context, values, { number: job, jobs });
      opened.set(job, exports);
      return exports;
    },
    async close(): Promise<void> {
      await Promise.all([...opened.values()].map((exports) => exports.close()));
    },
  };
}

/** Without the job, as in the log of a single run: the file is one job's own. */
function alone({ job: _, ...event }: RunEvent): RunEvent {
  return event as RunEvent;
}

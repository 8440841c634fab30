/** `etude replay`: replays the log of a run on the console and into exports. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { jobAfterJob } from "../../events/by-job.ts";
import type { RunEvent } from "../../events/events.ts";
import { untilRunEnds } from "../../events/growing-log.node.ts";
import { readAhead } from "../../events/jobs-ahead.ts";
import { readEventLog, readEventStream } from "../../events/log.node.ts";
import { replay, shownTimes } from "../../events/replay.ts";
import { isNewRun } from "../../events/run-state.ts";
import { dialectConsole } from "../../rehearsal/dialects/dialect-console.ts";
import { openDialect } from "../../rehearsal/dialects/dialects.ts";
import { transitionLines } from "../../show/console/between-runs.ts";
import { openNodeConsole } from "../../show/console/console.node.ts";
import type { Console } from "../../show/console/console.ts";
import { consoleMode } from "../../show/console/terminal.ts";
import { runPaths } from "../../sound/train/run-folder.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openExports, requireApart } from "../exports.node.ts";
import { type LogDamage, logDamage } from "../log-damage.node.ts";
import { openJobsStage, type Stage } from "../rehearsal/jobs-replay.node.ts";
import { runKinds } from "../run-kinds.ts";
import { sayGoodbye } from "../say-goodbye.ts";
import { isStoppedBySignal } from "../stop-signals.node.ts";

type ReplayValues = CommandValues<"replay">;

export async function run(context: CommandContext, values: ReplayValues): Promise<ExitCode> {
  const { clock, signal, stdout } = context;
  // Before a stream is waited for.
  requireApart(values, context);
  const log = await openLog(context, values);
  const { stage, events } = await stageFor(context, values, log);
  const { speedFactor } = values;
  const shownAt = shownTimes({ speedFactor });
  const isInstant = values.instant || values.follow || !stdout.isTerminal;
  let isEmpty = true;
  const shown = laterEvents(events, values.fromStep, (event) => {
    isEmpty = false;
    return stage.recall(event);
  });
  try {
    const pace = { clock, signal, speedFactor: isInstant ? Number.POSITIVE_INFINITY : speedFactor };
    for await (const event of replay(shown, pace)) {
      isEmpty = false;
      await stage.show(event, shownAt(event));
      await stdout.taken(signal);
    }
  } catch (failure) {
    // The input may be closed by then.
    if (!signal.aborted) throw failure;
  } finally {
    await stage.close();
    reportDamage(context, log);
  }
  if (isStoppedBySignal(signal)) {
    const isData = context.json || values.dialect !== "etude";
    sayGoodbye(isData ? context.stderr : stdout, "the replay ends here");
  }
  if (isEmpty && !signal.aborted) throw emptyLog(log.name);
  return 0;
}

/** Simultaneous simulated runs are shown side by side; others one after the other. */
async function stageFor(
  context: CommandContext,
  values: ReplayValues,
  log: Log,
): Promise<{ readonly stage: Stage; readonly events: AsyncIterable<RunEvent> }> {
  const { jobs, isSimulated, isWhole, events } = await readAhead(log.events, context);
  // While the stream continues, more jobs may appear.
  const areSeveral = jobs.length > 1 || (jobs.length === 1 && !isWhole);
  if (areSeveral && isSimulated) {
    return { stage: await openJobsStage(context, values, jobs), events };
  }
  return { stage: await openStage(context, values), events: jobAfterJob(events) };
}

interface Log {
  readonly name: string;
  readonly events: AsyncIterable<RunEvent>;
  /** Damage found so far. */
  readonly damage: LogDamage;
}

async function openLog(
  { workingFolder, signal, clock }: CommandContext,
  { run, follow }: ReplayValues,
): Promise<Log> {
  const damage = logDamage();
  if (run === "-") {
    const name = "stdin";
    process.stdin.setEncoding("utf8");
    // Otherwise the process would wait until the next write.
    signal.addEventListener("abort", () => process.stdin.destroy(), { once: true });
    const events = readEventStream(process.stdin, { name, ...damage.notes });
    return { name, events, damage };
  }
  const given = resolve(workingFolder, run);
  const isFolder = (await stat(given).catch(() => undefined))?.isDirectory() === true;
  const path = isFolder ? runPaths(given).events : given;
  // A missing log must be reported before exporters create their files.
  if ((await stat(path).catch(() => undefined)) === undefined) throw missingLog(run, isFolder);
  if (!follow) return { name: run, events: readEventLog(path, damage.notes), damage };
  const growing = readEventLog(path, { ...damage.notes, follow: { clock, signal } });
  return { name: run, events: untilRunEnds(growing), damage };
}

/** The events from a step on, with the start of each run; earlier ones are passed to the caller. */
async function* laterEvents(
  events: AsyncIterable<RunEvent>,
  fromStep: number | undefined,
  onEarlier: (event: RunEvent) => Promise<void>,
): AsyncGenerator<RunEvent> {
  if (fromStep === undefined) return yield* events;
  /** Jobs whose run is there. */
  const reached = new Set<number | undefined>();
  for await (const event of events) {
    if (isNewRun(event)) reached.delete(event.job);
    if (event.type === "step-done" && event.step >= fromStep) reached.add(event.job);
    if (reached.has(event.job) || event.type === "run-started") yield event;
    else await onEarlier(event);
  }
}

/** A console for each run of the log, one after the other. */
async function openStage(context: CommandContext, values: ReplayValues): Promise<Stage> {
  const exports = await openExports(context, values);
  let console: Console | undefined;
  const consoleFor = (event: RunEvent): Console => {
    if (console !== undefined && !isNewRun(event)) return console;
    if (console !== undefined) {
      console.close();
      const isData = context.json || values.dialect !== "etude";
      if (!isData) context.stdout.write(`${transitionLines().join("\n")}\n`);
    }
    console = openRunConsole(event, context, values);
    return console;
  };
  return {
    async show(event, shownMs) {
      consoleFor(event).show(event);
      exports.show(event, shownMs);
    },
    async recall(event) {
      consoleFor(event).recall(event);
      exports.recall(event);
    },
    async close() {
      console?.close();
      await exports.close();
    },
  };
}

/** JSON wins over a dialect, and a dialect over the view that suits the run. */
function openRunConsole(
  event: RunEvent,
  { json, stdout, clock }: CommandContext,
  { dialect, instant, speedFactor }: ReplayValues,
): Console {
  const write = (text: string): void => stdout.write(text);
  if (!json && dialect !== "etude") {
    const columns = stdout.isTerminal ? { columns: () => stdout.columns } : {};
    return dialectConsole(openDialect(dialect), write, columns);
  }
  const source = event.type === "run-started" ? event.source : undefined;
  return openNodeConsole({
    mode: consoleMode({ environment: process.env, isTerminal: stdout.isTerminal }, { json }),
    to: "stdout",
    write,
    colour: stdout.colour,
    presenter: runKinds.presenterOf(source, clock),
    rate: instant ? 0 : speedFactor,
  });
}

function reportDamage({ stderr }: CommandContext, { name, damage }: Log): void {
  const text = damage.text(name);
  if (text !== undefined) stderr.write(`warning: ${text}\n`);
}

function missingLog(run: string, isFolder: boolean): UserError {
  return new UserError({
    code: "event-log-missing",
    message: `Cannot replay "${run}": ${isFolder ? "the folder holds no events.jsonl" : "there is no such file or folder"}`,
    hint: "Give the folder of a run, or a file that simulate --json wrote.",
    exitCode: 2,
  });
}

function emptyLog(name: string): UserError {
  return new UserError({
    code: "event-log-empty",
    message: `Cannot replay "${name}": found no events in it`,
    hint: "Give the folder of a run, or a file that simulate --json wrote.",
  });
}

/** `etude replay`: the log of a run, told again on the console and to exporters. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { readEventLog, readEventStream } from "../../events/log.node.ts";
import { replay, shownTimes } from "../../events/replay.ts";
import { runPaths } from "../../run/train/run-folder.node.ts";
import { openNodeConsole } from "../../show/console/console.node.ts";
import type { Console } from "../../show/console/console.ts";
import { lookOf } from "../../show/console/look-of.ts";
import { transitionLines } from "../../show/console/simulated/between-runs.ts";
import { consoleMode } from "../../show/console/terminal.ts";
import { dialectConsole } from "../../show/dialects/dialect-console.ts";
import { openDialect } from "../../show/dialects/dialects.ts";
import { isNewRun } from "../../show/export/metrics.ts";
import { formatCount, formatQuantity } from "../../show/numbers.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openExports } from "../exports.node.ts";
import { sayGoodbye } from "../say-goodbye.ts";
import { isStoppedBySignal } from "../stop-signals.node.ts";

type ReplayValues = CommandValues<"replay">;

export async function run(context: CommandContext, values: ReplayValues): Promise<ExitCode> {
  const { clock, signal, stdout } = context;
  const log = await openLog(context, values.run);
  const exports = await openExports(context, values);
  const stage = openStage(context, values);
  const { speedFactor } = values;
  const shownAt = shownTimes({ speedFactor });
  const isInstant = values.instant || !stdout.isTerminal;
  const shown = laterEvents(log.events, values.fromStep, (event) => {
    stage.recall(event);
    exports.recall(event);
  });
  try {
    const pace = { clock, signal, speedFactor: isInstant ? Number.POSITIVE_INFINITY : speedFactor };
    for await (const event of replay(shown, pace)) {
      stage.show(event);
      exports.show(event, shownAt(event));
    }
  } catch (failure) {
    // What was read from may be closed by then.
    if (!signal.aborted) throw failure;
  } finally {
    stage.close();
    await exports.close();
    tellDamage(context, log);
  }
  if (isStoppedBySignal(signal)) {
    const isData = context.json || values.dialect !== "etude";
    sayGoodbye(isData ? context.stderr : stdout, "the replay ends here");
  }
  if (!stage.isUsed() && !signal.aborted) throw emptyLog(log.name);
  return 0;
}

interface Log {
  readonly name: string;
  readonly events: AsyncIterable<RunEvent>;
  /** Numbers of the lines that could not be read, so far. */
  readonly damagedLines: readonly number[];
}

async function openLog({ workingFolder, signal }: CommandContext, run: string): Promise<Log> {
  const damagedLines: number[] = [];
  const onDamagedLine = (lineNumber: number): void => {
    damagedLines.push(lineNumber);
  };
  if (run === "-") {
    const name = "stdin";
    process.stdin.setEncoding("utf8");
    // Else it would be waited for as long as nobody writes.
    signal.addEventListener("abort", () => process.stdin.destroy(), { once: true });
    const events = readEventStream(process.stdin, { name, onDamagedLine });
    return { name, events, damagedLines };
  }
  const given = resolve(workingFolder, run);
  const isFolder = (await stat(given).catch(() => undefined))?.isDirectory() === true;
  const path = isFolder ? runPaths(given).events : given;
  // A file that is missing must be told of before exporters make theirs.
  if ((await stat(path).catch(() => undefined)) === undefined) throw missingLog(run, isFolder);
  return { name: run, events: readEventLog(path, { onDamagedLine }), damagedLines };
}

/** The events from a step on, with the start of each run; those in between are given away. */
async function* laterEvents(
  events: AsyncIterable<RunEvent>,
  fromStep: number | undefined,
  onEarlier: (event: RunEvent) => void,
): AsyncGenerator<RunEvent> {
  let isReached = fromStep === undefined;
  for await (const event of events) {
    if (isNewRun(event)) isReached = fromStep === undefined;
    if (event.type === "step-done" && event.step >= (fromStep ?? 0)) isReached = true;
    if (isReached || event.type === "run-started") yield event;
    else onEarlier(event);
  }
}

interface Stage {
  show(event: RunEvent): void;
  recall(event: RunEvent): void;
  close(): void;
  isUsed(): boolean;
}

/** A console for each run of the log, one after the other. */
function openStage(context: CommandContext, values: ReplayValues): Stage {
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
    show: (event) => consoleFor(event).show(event),
    recall: (event) => consoleFor(event).recall(event),
    close: () => console?.close(),
    isUsed: () => console !== undefined,
  };
}

/** JSON wins over a dialect, and a dialect over the view that suits the run. */
function openRunConsole(
  event: RunEvent,
  { json, stdout, clock }: CommandContext,
  { dialect, instant, speedFactor }: ReplayValues,
): Console {
  const write = (text: string): void => stdout.write(text);
  if (!json && dialect !== "etude") return dialectConsole(openDialect(dialect), write);
  const source = event.type === "run-started" ? event.source : undefined;
  return openNodeConsole({
    mode: consoleMode({ environment: process.env, isTerminal: stdout.isTerminal }, { json }),
    to: "stdout",
    write,
    colour: stdout.colour,
    look: lookOf(source, clock),
    rate: instant ? 0 : speedFactor,
  });
}

const LINES_NAMED_MAX = 10;

function tellDamage({ stderr }: CommandContext, { name, damagedLines }: Log): void {
  if (damagedLines.length === 0) return;
  const named = damagedLines.slice(0, LINES_NAMED_MAX).map(formatCount).join(", ");
  const more = damagedLines.length > LINES_NAMED_MAX ? ", ..." : "";
  stderr.write(
    `warning: ${formatQuantity(damagedLines.length, "line")} of "${name}" could not be read and ${damagedLines.length === 1 ? "was" : "were"} left out: ${named}${more}\n`,
  );
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

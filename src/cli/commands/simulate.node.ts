/** `etude simulate`: plays scenes one after the other until it is stopped. */

import { resolve } from "node:path";
import type { UserError } from "../../errors.ts";
import type { Clock } from "../../host.ts";
import { wrongUsage } from "../../options/read-value.ts";
import { countParameters } from "../../rehearsal/catalog/architecture.ts";
import { DATASETS } from "../../rehearsal/catalog/datasets.ts";
import { GPUS } from "../../rehearsal/catalog/gpus.ts";
import { MODELS } from "../../rehearsal/catalog/models.ts";
import { farewellLine } from "../../rehearsal/console/farewell.ts";
import { simulatedPresenter } from "../../rehearsal/console/presenter.ts";
import { dialectConsole } from "../../rehearsal/dialects/dialect-console.ts";
import { openDialect } from "../../rehearsal/dialects/dialects.ts";
import { TIMER_MS_MAX } from "../../rehearsal/engine/pace.ts";
import { playRuns, type RunConsole } from "../../rehearsal/play/play-runs.ts";
import { runSequence, scenesOf, wantedOf } from "../../rehearsal/play/simulate-request.ts";
import { SCENES } from "../../rehearsal/scenes/scenes.ts";
import { transitionLines } from "../../show/console/between-runs.ts";
import { openNodeConsole } from "../../show/console/console.node.ts";
import { type ConsoleMode, consoleMode } from "../../show/console/terminal.ts";
import { wrap } from "../../show/draw/width.ts";
import { type LineBudget, lineBudget, textOfLines } from "../../show/line-budget.ts";
import { formatShort } from "../../show/numbers.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { openExports, requireApart } from "../exports.node.ts";
import { type JobsRequest, playJobs } from "../rehearsal/jobs-play.node.ts";
import { type JobOutputs, outputsOf, requireJobs } from "../rehearsal/jobs-request.ts";
import { keepAwake } from "../rehearsal/keep-awake.node.ts";
import { readDescription } from "../rehearsal/read-description.node.ts";
import { truthFileOf } from "../rehearsal/truth-file.node.ts";
import { isProgramRead, runWarnings } from "../run-warnings.ts";

type SimulateValues = CommandValues<"simulate">;

export async function run(context: CommandContext, values: SimulateValues): Promise<ExitCode> {
  const { stdout, stderr, clock, json } = context;
  if (values.listModules) {
    stdout.write(sceneList(json));
    return 0;
  }
  if (values.listData) {
    stdout.write(dataList(json));
    return 0;
  }
  const scenes = scenesOf(values);
  if (values.browser && values.plan !== undefined) throw planInPage();
  const { plan } = values;
  const description =
    plan === undefined ? undefined : await readDescription(resolve(context.workingFolder, plan));
  const wanted = wantedOf(values, description);
  requireJobs(values);
  if (values.browser)
    return (await import("../rehearsal/serve-page.node.ts")).servePage(context, values);
  if (values.port !== undefined) throw needsBrowser();
  for (const outputs of allOutputs(values)) requireApart(outputs, context);
  const mode = modeOf(context);
  const warnings: string[] = [];
  const warn = (text: string): void => {
    // Other output would disturb the live view.
    if (mode === "live") warnings.push(`${text}\n`);
    else stderr.write(`${text}\n`);
  };
  const awake = values.inhibit ? keepAwake(warn) : undefined;
  const limit = timeLimit(clock, values.exitAfterTime);
  const signal = AbortSignal.any([context.signal, limit.signal]);
  const seed = values.seed ?? Math.floor(clock.wallMs()) % 2 ** 32;
  const request = { values, scenes, wanted, seed, mode, signal };
  let finished = 0;
  try {
    finished = await (values.jobs === 1 ? playOneByOne : playJobs)(context, request);
  } finally {
    limit.end();
    awake?.end();
    stderr.write(warnings.join(""));
  }
  // Parsers of framework logs do not expect a closing line.
  const isLog = json || values.dialect !== "etude";
  const output = isLog ? stderr : stdout;
  const farewell = farewellLine(finished);
  const lines = output.isTerminal ? wrap(farewell, output.columns) : [farewell];
  output.write(`${lines.join("\n")}\n`);
  return 0;
}

/** Of each job. */
function allOutputs(values: SimulateValues): readonly JobOutputs[] {
  const { jobs } = values;
  if (jobs === 1) return [values];
  return Array.from({ length: jobs }, (_, i) => outputsOf(values, { number: i + 1, jobs }));
}

/** @returns How many runs finished. */
async function playOneByOne(context: CommandContext, request: JobsRequest): Promise<number> {
  const { values, signal, mode } = request;
  const { program, clock, stdout } = context;
  const { speedFactor } = values;
  const truth = await truthFileOf(context, values);
  const exports = await openExports(context, values);
  const budget = lineBudget(values.instantPrintLines);
  const next = runSequence({ ...request, program });
  const warn = isProgramRead(values, mode) ? runWarnings(context.stderr) : undefined;
  const show: Showing = { context, values, mode, budget };
  try {
    return await playRuns({
      clock,
      signal,
      speedFactor,
      runsMax: values.once ? 1 : (values.exitAfterModules ?? 0),
      start: (index) => next(index).run,
      open: ({ isEven }) => consoleFor(show, isEven ? speedFactor : 0),
      between() {
        if (mode === "json" || values.dialect !== "etude") return;
        stdout.write(textOfLines(budget.take(transitionLines())));
      },
      isInstant: () => budget.isInstant,
      onTruth: (one) => truth?.add(one),
      onEvent(event) {
        exports.show(event);
        truth?.passed(event.atMs);
        warn?.(event);
      },
      breathe: () => stdout.taken(signal),
    });
  } finally {
    await truth?.close();
    await exports.close();
  }
}

function needsBrowser(): UserError {
  return wrongUsage("Cannot use --port: it is the port of --browser", "Add --browser.");
}

function planInPage(): UserError {
  return wrongUsage(
    "Cannot use --plan with --browser: the page takes its run from its address",
    "Leave --browser out, or name the run with --model, --gpus and --tokens.",
  );
}

interface Showing {
  readonly context: CommandContext;
  readonly values: SimulateValues;
  readonly mode: ConsoleMode;
  /** Of all runs together. */
  readonly budget: LineBudget;
}

/**
 * JSON takes precedence over a dialect, and a dialect over our own view. @param rate Of simulated
 * time
 */
function consoleFor({ context, values, mode, budget }: Showing, rate: number): RunConsole {
  const { stdout, clock } = context;
  const { colour } = stdout;
  const write = (text: string): void => stdout.write(text);
  if (mode === "json") {
    const event = (line: string): void => write(budget.take([line]).join(""));
    return openNodeConsole({ mode, write: event });
  }
  if (values.dialect !== "etude") {
    const columns = stdout.isTerminal ? { columns: () => stdout.columns } : {};
    return dialectConsole(openDialect(values.dialect), write, { budget, ...columns });
  }
  const presenter = simulatedPresenter({ clock, budget });
  return openNodeConsole({ mode, to: "stdout", write, colour, presenter, rate });
}

function modeOf({ json, stdout }: CommandContext): ConsoleMode {
  return consoleMode({ environment: process.env, isTerminal: stdout.isTerminal }, { json });
}

function sceneList(json: boolean): string {
  const scenes = SCENES.map(({ name, summary }) => ({ name, summary }));
  if (json) return `${JSON.stringify(scenes, null, 2)}\n`;
  const lines = scenes.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`);
  return `${["Scenes:", ...lines].join("\n")}\n`;
}

function dataList(json: boolean): string {
  const data = {
    models: MODELS.map(({ name, family, shape, isFunny = false }) => {
      return { name, family, parameters: countParameters(shape).total, isFunny };
    }),
    gpus: GPUS.map(({ name, memoryGb, tdpWatts }) => ({ name, memoryGb, tdpWatts })),
    datasets: DATASETS.map(({ name, tokens, kind, isFunny = false }) => {
      return { name, tokens, kind, isFunny };
    }),
  };
  if (json) return `${JSON.stringify(data, null, 2)}\n`;
  const lines = [
    `${data.models.length} models`,
    ...data.models.map(({ name, parameters }) => `  ${name.padEnd(22)}${formatShort(parameters)}`),
    `${data.gpus.length} GPUs`,
    ...data.gpus.map(({ name, memoryGb, tdpWatts }) => {
      return `  ${name.padEnd(22)}${`${memoryGb} GB`.padEnd(8)}${tdpWatts} W`;
    }),
    `${data.datasets.length} data sets`,
    ...data.datasets.map(({ name, tokens }) => `  ${name.padEnd(30)}${formatShort(tokens)} tokens`),
  ];
  return `${lines.join("\n")}\n`;
}

/** Counted from the start of the process, where the clock starts. */
function timeLimit(clock: Clock, limitMs: number | undefined) {
  const over = new AbortController();
  const unused = new AbortController();
  if (limitMs !== undefined) {
    const wait = async (): Promise<void> => {
      let leftMs = limitMs - clock.nowMs();
      while (leftMs > 0) {
        await clock.sleep(Math.min(leftMs, TIMER_MS_MAX), unused.signal);
        leftMs = limitMs - clock.nowMs();
      }
      over.abort(new DOMException("the time is over", "AbortError"));
    };
    wait().catch(() => {});
  }
  return { signal: over.signal, end: () => unused.abort() };
}

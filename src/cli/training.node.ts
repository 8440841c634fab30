/** Runs a job to its exit code, for `train`, `resume` and `demo`. */

import { join, relative, sep } from "node:path";
import { UserError } from "../errors.ts";
import type { RunEnded, RunEvent } from "../events/events.ts";
import { afterEvent, beforeRun } from "../events/run-state.ts";
import { openNodeConsole } from "../show/console/console.node.ts";
import type { Console } from "../show/console/console.ts";
import { consoleMode } from "../show/console/terminal.ts";
import { plainText } from "../show/draw/width.ts";
import type { DeviceWish } from "../sound/tensor/runtime.ts";
import type { FolderJob } from "../sound/train/job.ts";
import {
  engineOf as configuredEngine,
  type Engine,
  trainingDeviceOf,
} from "../sound/work/engine.node.ts";
import { type KeptModel, startLoggedRun } from "../sound/work/logged-run.node.ts";
import { speedsFile } from "../sound/work/speeds.node.ts";
import type { CommandContext, ExitCode } from "./context.ts";
import { type Exports, type ExportValues, openExports } from "./exports.node.ts";
import { logDamage } from "./log-damage.node.ts";
import { quotedWord } from "./quoted-word.ts";
import { INTERRUPTED } from "./stop-signals.node.ts";

/** Exports of a run; a failure during the run is a warning and does not stop it. */
export interface TrainingExports extends Exports {
  /** Failures since the last call. */
  failures(): readonly UserError[];
}

/**
 * Opens the exports of the command line, before the run creates anything.
 *
 * @throws UserError like `openExports`.
 */
export async function openTrainingExports(
  context: CommandContext,
  values: ExportValues,
): Promise<TrainingExports> {
  let failures: UserError[] = [];
  const onFailure = (failure: UserError): void => {
    failures.push(failure);
  };
  const exports = await openExports(context, values, { onFailure });
  return {
    ...exports,
    failures() {
      const text = failures;
      failures = [];
      return text;
    },
  };
}

/** Runs a job to its end: shown on the console, logged in the run folder, and exported. */
export async function runTraining(
  context: CommandContext,
  job: FolderJob,
  exports: TrainingExports,
): Promise<ExitCode> {
  const { signal, clock, stderr } = context;
  const damage = logDamage();
  const { models: library, data } = context.settings.paths;
  const speeds = speedsFile(data);
  const run = await startLoggedRun(job, { clock, notes: damage.notes, library, speeds });
  const cancel = (): void => run.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  const text = damage.text(join(job.runFolderShown, "events.jsonl"));
  if (text !== undefined) stderr.write(`warning: ${text}\n`);
  const console = openNodeConsole({
    mode: consoleMode({ environment: process.env, isTerminal: context.stderr.isTerminal }, context),
    colour: context.stderr.colour,
    ...(context.json && { write: (text: string) => context.stdout.write(text) }),
    next: () => nextStep(job, { ended: state.ended, kept: isKept() }),
  });
  for (const event of run.earlier) {
    console.recall(event);
    exports.recall(event);
  }
  /** Of this stretch alone: how an earlier one ended is no outcome of this one. */
  let state = beforeRun;
  const isKept = (): boolean => job.resume || state.checkpoint !== undefined;
  /** Held back until it is known whether an error follows that explains it. */
  let failed: Extract<RunEvent, { type: "run-ended" }> | undefined;
  try {
    for await (const event of run.events) {
      state = afterEvent(state, event);
      if (event.type === "run-ended" && event.outcome === "failed" && !context.json) failed = event;
      else console.show(event);
      exports.show(event);
      for (const failure of exports.failures()) tellFailure({ context, console, event, failure });
    }
    if (failed !== undefined) console.show(failed);
  } catch (failure) {
    // An error that follows need not be shown twice.
    const { reason: _, ...unexplained } = failed ?? {};
    if (failed !== undefined) console.show(unexplained as typeof failed);
    throw isKept() ? withWayOn(failure, job) : failure;
  } finally {
    console.close();
    run.cancel();
    await run.finished;
    signal.removeEventListener("abort", cancel);
    await exports.close();
    for (const failure of exports.failures()) stderr.write(`warning: ${failure.message}\n`);
  }
  if (state.status === "finished") {
    tellKept(context, await run.kept());
    return 0;
  }
  if (state.status !== "cancelled") return 1;
  return isKept() ? 3 : INTERRUPTED;
}

function tellKept({ stderr, json }: CommandContext, kept: KeptModel): void {
  if (kept instanceof UserError) {
    stderr.write(`warning: ${kept.message}; the model is in its run folder\n`);
  } else if (kept !== undefined && !json) {
    stderr.write(`In the library as "${plainText(kept.name)}" (etude model list).\n`);
  }
}

const WRITING_FAILED: ReadonlySet<string> = new Set([
  "disk-full",
  "event-log-not-written",
  "quota-exceeded",
]);

/** A run whose log could not be written can be resumed from what was saved. */
function withWayOn(failure: unknown, { runFolderShown }: FolderJob): unknown {
  if (!(failure instanceof UserError) || !WRITING_FAILED.has(failure.code)) return failure;
  const { code, message, hint, exitCode, cause } = failure;
  const way = `What was saved before is intact: continue with etude resume ${quotedWord(runFolderShown)}`;
  return new UserError({ code, message, hint: `${hint}\n  ${way}`, exitCode, cause });
}

interface FailedExport {
  readonly context: CommandContext;
  readonly console: Console;
  /** The newest event. */
  readonly event: RunEvent;
  readonly failure: UserError;
}

/** While the console draws, only it may write; with JSON, only the run. */
function tellFailure({ context, console, event, failure }: FailedExport): void {
  const { code, message } = failure;
  const text = `${message}; the run continues without it`;
  if (context.json) context.stderr.write(`warning: ${text}\n`);
  else
    console.show({
      type: "notice",
      level: "warning",
      code,
      text,
      seq: event.seq,
      atMs: event.atMs,
    });
}

function nextStep(
  { runFolderShown }: FolderJob,
  { ended, kept }: { readonly ended: RunEnded | undefined; readonly kept: boolean },
): string | undefined {
  if (ended?.outcome === "finished") return `etude generate ${quotedWord(runFolderShown)}`;
  return kept ? `etude resume ${quotedWord(runFolderShown)}` : undefined;
}

/** The path relative to the working folder if it is inside, else absolute. */
export function shownPath({ workingFolder }: CommandContext, path: string): string {
  const way = relative(workingFolder, path);
  return way === "" || way === ".." || way.startsWith(`..${sep}`) ? path : way;
}

/** As configured, but for what the command line says: the processor, which does all but training. */
export function engineOf(
  { settings }: CommandContext,
  threads: number | undefined,
): Pick<Engine, "device" | "threads"> {
  const { device, threads: usual } = configuredEngine(settings);
  return { device, threads: threads ?? usual };
}

/** The same for a training, which may ask for the GPU. */
export function trainingEngineOf(
  context: CommandContext,
  threads: number | undefined,
): Pick<Engine, "threads"> & { readonly device: DeviceWish } {
  return { ...engineOf(context, threads), device: trainingDeviceOf(context.settings) };
}

/** @param limitGb As the command line says, in 10^9 bytes; else what is configured, 0 for no limit. */
export function memoryLimitOf(
  { settings }: CommandContext,
  limitGb: number = settings.hardware.memoryLimitGb,
): Pick<Engine, "memoryLimitBytes"> {
  return limitGb === 0 ? {} : { memoryLimitBytes: limitGb * 1e9 };
}

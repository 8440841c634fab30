/**
 * `etude simulate --jobs N`: plays several runs at the same time; each job starts a new run when
 * one ends.
 */

import type { RunEvent } from "../../events/events.ts";
import type { Scene, SceneOptions } from "../../rehearsal/engine/scene.ts";
import { type PlayTools, playTogether } from "../../rehearsal/play/jobs-timeline.ts";
import { playRuns } from "../../rehearsal/play/play-runs.ts";
import type { ConsoleMode } from "../../show/console/terminal.ts";
import type { CommandContext, CommandValues } from "../context.ts";
import type { Exports } from "../exports.node.ts";
import { isProgramRead, runWarnings } from "../run-warnings.ts";
import { openJobExports } from "./jobs-exports.node.ts";
import { inOrder, type Job, outputsOf, sceneOfRun, seedOfRun } from "./jobs-request.ts";
import { type JobsShow, openJobsShow } from "./jobs-show.node.ts";
import { type TruthFile, truthFileOf } from "./truth-file.node.ts";

export interface JobsRequest {
  readonly values: CommandValues<"simulate">;
  readonly scenes: readonly Scene[];
  readonly wanted: Omit<SceneOptions, "seed" | "program">;
  readonly seed: number;
  readonly mode: ConsoleMode;
  readonly signal: AbortSignal;
}

/** Outputs of a job besides the display. */
interface Outputs {
  readonly truth: TruthFile | undefined;
  readonly exports: Exports;
}

/**
 * @returns How many runs finished.
 * @throws UserError where a run cannot be planned, or a file or port cannot be had.
 */
export async function playJobs(context: CommandContext, request: JobsRequest): Promise<number> {
  const { values, mode } = request;
  const numbers = Array.from({ length: values.jobs }, (_, i) => i + 1);
  const enough = new AbortController();
  const signal = AbortSignal.any([request.signal, enough.signal]);
  const runsMax = values.exitAfterModules ?? Number.POSITIVE_INFINITY;
  const outputs: Outputs[] = [];
  let show: JobsShow | undefined;
  let runsEnded = 0;
  const warn = isProgramRead(values, mode) ? runWarnings(context.stderr) : undefined;
  const onFinished = (): void => {
    runsEnded += 1;
    if (runsEnded === runsMax) enough.abort();
  };
  try {
    for (const number of numbers) {
      outputs.push(await openOutputs(context, values, { number, jobs: values.jobs }));
    }
    const { dialect, instantPrintLines: instantLines } = values;
    const opened = openJobsShow(context, { jobs: numbers, dialect, mode, instantLines });
    show = opened;
    const plays = outputs.map((one, i) => (tools: PlayTools) => {
      const job = { number: i + 1, jobs: values.jobs };
      return playJob({ ...one, job, show: opened, request, onFinished, warn, context }, tools);
    });
    await playTogether(plays, { clock: context.clock, speedFactor: values.speedFactor, signal });
  } finally {
    // The screen first: files may take a moment.
    show?.close();
    await Promise.all(outputs.flatMap(({ truth, exports }) => [truth?.close(), exports.close()]));
  }
  return runsEnded;
}

interface JobPlay extends Outputs {
  readonly job: Job;
  readonly show: JobsShow;
  readonly request: JobsRequest;
  readonly context: CommandContext;
  readonly onFinished: () => void;
  readonly warn: ((event: RunEvent) => void) | undefined;
}

async function playJob(play: JobPlay, { clock, signal }: PlayTools): Promise<void> {
  const { job, show, request, context, truth, exports, onFinished, warn } = play;
  const { values, wanted, seed } = request;
  const scenes = inOrder(request.scenes, values.modules);
  await playRuns({
    clock,
    signal,
    // The timeline has the speed.
    speedFactor: 1,
    runsMax: values.once ? 1 : 0,
    start(run) {
      const options = { ...wanted, seed: seedOfRun(seed, run, job), program: context.program };
      return sceneOfRun(scenes, run, job).start(options);
    },
    open: () => show.open(job.number),
    between: () => show.between(job.number),
    isInstant: () => show.isInstant(job.number),
    onTruth: (one) => truth?.add(one),
    onEvent(event) {
      exports.show(event, clock.nowMs() / values.speedFactor);
      truth?.passed(event.atMs);
      warn?.(event);
    },
    onFinished,
    async breathe() {
      await clock.breathe();
      await context.stdout.taken(signal);
    },
  });
}

async function openOutputs(
  context: CommandContext,
  values: CommandValues<"simulate">,
  job: Job,
): Promise<Outputs> {
  const exports = await openJobExports(context, values, job);
  try {
    return { truth: await truthFileOf(context, outputsOf(values, job)), exports };
  } catch (failure) {
    await exports.close();
    throw failure;
  }
}

/** A training run whose events are kept in the log of its run folder while they are read. */

import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import {
  type EventLog,
  openEventLog,
  type ReadLogOptions,
  readEventLog,
} from "../../events/log.node.ts";
import { stamp } from "../../events/stamp.ts";
import type { Clock } from "../../host.ts";
import type { ModelManifest } from "../library/model-manifest.ts";
import type { FolderJob } from "../train/job.ts";
import { runPaths } from "../train/run-folder.node.ts";
import { startTraining, type TrainRun } from "../train/runner.node.ts";
import { type KeepModelOptions, keepModel } from "./keep-model.node.ts";
import { speedMeter } from "./run-speed.ts";
import { keepSpeed, readSpeeds } from "./speeds.node.ts";

export interface LoggedRun extends Pick<TrainRun, "cancel" | "finished"> {
  /** Events in the log before a resumed run continues; empty for a new run. */
  readonly earlier: readonly RunEvent[];
  /** Ends after `run-ended`; throws what made the run fail. Read it once. */
  readonly events: AsyncIterable<RunEvent>;
  /**
   * Once the events have ended: the model in the library, or why it could not come there; undefined
   * where the run did not finish or no library was given.
   */
  kept(): Promise<KeptModel>;
}

export type KeptModel = ModelManifest | UserError | undefined;

export interface LoggedRunTools {
  readonly clock: Clock;
  /** Receives what could not be read of the log of a resumed run. */
  readonly notes?: ReadLogOptions;
  /** Folder of the library that a finished run comes into. @default none */
  readonly library?: string;
  /** File in which this machine's speed is looked up and kept. @default none */
  readonly speeds?: string;
}

/**
 * Starts or resumes a run.
 *
 * @throws UserError "run-in-use" if a run is going on in the folder, "event-log-not-written" if its
 *   log cannot be opened.
 */
export async function startLoggedRun(
  job: FolderJob,
  { clock, notes = {}, library, speeds }: LoggedRunTools,
): Promise<LoggedRun> {
  const run = await startTraining({
    ...job,
    ...(speeds !== undefined && { speeds: await readSpeeds(speeds) }),
  });
  const path = runPaths(job.runFolder).events;
  const earlier = job.resume ? await eventsOf(path, notes) : [];
  const log = await openEventLog(path, { clock }).catch(async (failure: unknown) => {
    // It has the run folder's lock, which must not outlive it.
    run.cancel();
    await run.finished;
    throw failure;
  });
  let isFinished = false;
  const stamped = timed(stamp(run.news, clock, log.start), speeds);
  return {
    earlier,
    events: writtenDown(
      log,
      run,
      watched(stamped, () => (isFinished = true)),
    ),
    kept: async () => {
      if (!isFinished || library === undefined) return undefined;
      return intoLibrary(job.runFolder, { library, nowWallMs: clock.wallMs() });
    },
    cancel: () => run.cancel(),
    finished: run.finished,
  };
}

/** A run is no failure because its model cannot come into the library: it is in its folder. */
async function intoLibrary(runFolder: string, options: KeepModelOptions): Promise<KeptModel> {
  try {
    return (await keepModel(runFolder, options)).manifest;
  } catch (failure) {
    if (failure instanceof UserError) return failure;
    throw failure;
  }
}

/** Keeps how long steps took, for the estimate of the next run. */
async function* timed(
  events: AsyncIterable<RunEvent>,
  speeds: string | undefined,
): AsyncGenerator<RunEvent> {
  const meter = speedMeter();
  for await (const event of events) {
    meter.see(event);
    const measured = event.type === "device-status" ? (event.measured ?? []) : [];
    for (const speed of speeds === undefined ? [] : measured) await keepSpeed(speeds ?? "", speed);
    const speed = event.type === "run-ended" ? meter.speed() : undefined;
    if (speeds !== undefined && speed !== undefined) await keepSpeed(speeds, speed);
    yield event;
  }
}

async function* watched(
  events: AsyncIterable<RunEvent>,
  onFinished: () => void,
): AsyncGenerator<RunEvent> {
  for await (const event of events) {
    if (event.type === "run-ended" && event.outcome === "finished") onFinished();
    yield event;
  }
}

/** What is known of earlier. A damaged log is no reason not to go on. */
async function eventsOf(path: string, notes: ReadLogOptions): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  try {
    for await (const event of readEventLog(path, notes)) events.push(event);
  } catch {
    // What was readable is enough for the display; the state comes from the checkpoint.
  }
  return events;
}

/**
 * Logs events and passes them on. If the log cannot be written, the run is stopped, its last events
 * are still passed on, and `run-ended` says why.
 *
 * @throws UserError "event-log-not-written" after the last event, unless the run failed itself.
 */
async function* writtenDown(
  log: EventLog,
  run: Pick<TrainRun, "cancel">,
  events: AsyncIterable<RunEvent>,
): AsyncGenerator<RunEvent> {
  let failure: Error | undefined;
  try {
    for await (const event of events) {
      failure ??= appended(log, event);
      if (failure === undefined) {
        yield event;
        continue;
      }
      run.cancel();
      const isOurStop = event.type === "run-ended" && event.outcome === "cancelled";
      yield isOurStop ? { ...event, outcome: "failed", reason: failure.message } : event;
    }
    if (failure !== undefined) throw failure;
    await log.close();
  } finally {
    // Idempotent, and must not hide the original error.
    await log.close().catch(() => undefined);
  }
}

/** @returns What went wrong. */
function appended(log: EventLog, event: RunEvent): Error | undefined {
  try {
    log.append(event);
    return undefined;
  } catch (cause) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
}

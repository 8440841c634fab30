/** Does one job: trains its run, publishes its events, hands over checkpoints and the result. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../errors.ts";
import type { RunEvent } from "../events/events.ts";
import { eventToLine } from "../events/wire.ts";
import type { Clock } from "../host.ts";
import { readModel } from "../sound/model/model-file.ts";
import { modelIdentity } from "../sound/model/model-identity.ts";
import { loadNewestCheckpoint } from "../sound/train/checkpoints.ts";
import { folderStore } from "../sound/train/folder-store.node.ts";
import type { FolderJob } from "../sound/train/job.ts";
import { makeRunFolder, readRunRecord } from "../sound/train/run-folder.node.ts";
import { RUN_FILES } from "../sound/train/run-store.ts";
import { type LoggedRun, startLoggedRun } from "../sound/work/logged-run.node.ts";
import { type HeldLease, LeaseLost } from "./held-lease.ts";
import type { SweepJob } from "./job.ts";
import {
  failed,
  finished,
  handedOver,
  type KeptFile,
  type RunResult,
  released,
  withRuntime,
} from "./lease.ts";
import type { WorkerSide } from "./queue.ts";
import { handOver, type RunShelf, takeUp } from "./run-files.node.ts";

export interface JobTools {
  readonly side: Pick<WorkerSide, "objectsOf" | "publish">;
  readonly clock: Clock;
  /** Its abort ends the run with a checkpoint, which is handed over. */
  readonly signal: AbortSignal;
  /** Brings the recordings of a job to this machine, unless they are there. */
  corpusFolder(job: SweepJob): Promise<string>;
  /** Absolute path of a folder of this worker alone; the run lies in it. */
  readonly workFolder: string;
  readonly worker: string;
  /** Called with each event of a run, before it is published. */
  onEvent?(job: string, event: RunEvent): void;
}

/** How a job left the hands of a worker. */
export type JobEnd =
  | "done"
  /** It failed, which counts. */
  | "failed"
  /** Another worker holds it now. */
  | "lost"
  /** The worker stops. */
  | "released";

/**
 * @param held The job's entry, held by this worker.
 * @throws UserError where this machine cannot go on, as with a full disk; the job is then free for
 *   others.
 */
export async function runJob(job: SweepJob, held: HeldLease, tools: JobTools): Promise<JobEnd> {
  const runFolder = join(tools.workFolder, job.id);
  try {
    return await attempt(job, held, { ...tools, runFolder });
  } catch (failure) {
    if (failure instanceof LeaseLost || held.isLost) return "lost";
    const isOurs = failure instanceof UserError && MACHINE_FAILURES.has(failure.code);
    await held
      .change((lease) => (isOurs ? released(lease) : failed(lease, shortened(failure))))
      .catch(() => undefined);
    if (isOurs) throw failure;
    return "failed";
  } finally {
    await rm(runFolder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** What is wrong with the worker's machine, and not with the job. */
const MACHINE_FAILURES: ReadonlySet<string> = new Set([
  "disk-full",
  "quota-exceeded",
  "event-log-not-written",
  "file-not-written",
  "object-missing",
  "object-damaged",
  "corpus-not-sendable",
]);

const REASON_MAX = 500;

function shortened(failure: unknown): string {
  return messageOf(failure).slice(0, REASON_MAX);
}

type RunTools = JobTools & { readonly runFolder: string };

async function attempt(job: SweepJob, held: HeldLease, tools: RunTools): Promise<JobEnd> {
  const { clock, signal, side, runFolder } = tools;
  const run = await startLoggedRun(await trainJob(job, held, tools), { clock });
  const cancel = (): void => run.cancel();
  const stopLosing = held.onLost(cancel);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted || held.isLost) cancel();
  const publisher = batchedTelling((lines) =>
    side.publish({ job: job.id, sweep: job.sweep, epoch: held.epoch, lines }),
  );
  try {
    const seen = await followed(run, { job, held, tools, publisher });
    await publisher.flush();
    if (held.isLost) return "lost";
    if (seen.outcome !== "finished") {
      await saveOver(job, held, { ...tools, ...seen });
      await held.change(released);
      return "released";
    }
    const files = await handOver(runFolder, shelfOf(job, tools));
    const result = await resultOf(runFolder, held, { ...tools, ...seen });
    const { checkpoint } = held.lease;
    await held.change((lease) => finished(lease, result, files ?? []));
    await forgetOld(job, held, { tools, old: checkpoint?.files, kept: files });
    return "done";
  } finally {
    stopLosing();
    signal.removeEventListener("abort", cancel);
    run.cancel();
    await run.finished;
  }
}

async function trainJob(job: SweepJob, held: HeldLease, tools: RunTools): Promise<FolderJob> {
  const { runFolder } = tools;
  const corpusFolder = await tools.corpusFolder(job);
  const { checkpoint } = held.lease;
  await rm(runFolder, { recursive: true, force: true });
  if (checkpoint === undefined) await makeRunFolder(runFolder);
  else await takeUp(runFolder, checkpoint, shelfOf(job, tools));
  return {
    corpusFolder,
    runFolder,
    runFolderShown: job.id,
    name: job.name,
    program: job.program,
    device: job.device,
    threads: job.threads,
    overrides: await overridesOf(job, { isBegun: checkpoint !== undefined, runFolder }),
    resume: checkpoint !== undefined,
  };
}

/** A run that goes on keeps its settings, all but its length where this stretch is a longer one. */
async function overridesOf(
  { overrides, lengths, checkpointSeconds }: SweepJob,
  { isBegun, runFolder }: { readonly isBegun: boolean; readonly runFolder: string },
): Promise<FolderJob["overrides"]> {
  const epochs = lengths.at(-1) ?? 1;
  if (isBegun) {
    const { settings } = await readRunRecord(runFolder);
    return settings.epochs === epochs ? {} : { epochs };
  }
  return {
    ...overrides,
    epochs,
    epochsPerPreview: overrides.epochsPerPreview ?? 0,
    ...(checkpointSeconds < USUAL_CHECKPOINT_SECONDS && { epochsPerCheckpoint: 1 }),
  };
}

/** A run saves a checkpoint as often by itself. */
const USUAL_CHECKPOINT_SECONDS = 10;

interface Seen {
  readonly outcome: "finished" | "cancelled" | "failed";
  readonly runtime: string;
  readonly elapsedMs: number;
  /** The newest event. */
  readonly log: { readonly seq: number; readonly atMs: number };
}

interface Following {
  readonly job: SweepJob;
  readonly held: HeldLease;
  readonly tools: RunTools;
  readonly publisher: Teller;
}

async function followed(
  run: Pick<LoggedRun, "events">,
  { job, held, tools, publisher }: Following,
): Promise<Seen> {
  let seen: Seen = { outcome: "failed", runtime: "?", elapsedMs: 0, log: { seq: 0, atMs: 0 } };
  let savedMs = tools.clock.nowMs();
  for await (const event of run.events) {
    publisher.publish(event);
    tools.onEvent?.(job.id, event);
    seen = { ...seen, log: { seq: event.seq, atMs: event.atMs } };
    if (event.type === "run-started") seen = { ...seen, runtime: event.device };
    if (event.type === "run-ended") {
      seen = { ...seen, outcome: event.outcome, elapsedMs: event.elapsedMs };
    }
    if (event.type !== "checkpoint-saved" || event.reason === "finished" || held.isLost) continue;
    if (tools.clock.nowMs() - savedMs < 1000 * job.checkpointSeconds) continue;
    await saveOver(job, held, { ...tools, ...seen });
    savedMs = tools.clock.nowMs();
  }
  return seen;
}

async function saveOver(
  job: SweepJob,
  held: HeldLease,
  tools: RunTools & Pick<Seen, "runtime" | "log">,
): Promise<void> {
  const { runFolder, runtime, log } = tools;
  const files = await handOver(runFolder, shelfOf(job, tools));
  const step = stepOf(files?.map(({ name }) => name) ?? []);
  if (files === undefined || step === undefined) return;
  const stood = { seq: log.seq + 1, atMs: log.atMs };
  const old = held.lease.checkpoint?.files;
  await held.change((lease) => handedOver(lease, { step, files, log: stood }, runtime));
  await forgetOld(job, held, { tools, old, kept: files });
}

function shelfOf(job: SweepJob, { side }: Pick<JobTools, "side">): RunShelf {
  return { objects: side.objectsOf(job.sweep), place: job.id };
}

interface OldFiles {
  readonly tools: Pick<JobTools, "side">;
  readonly old: readonly KeptFile[] | undefined;
  readonly kept: readonly KeptFile[] | undefined;
}

/** What was handed over before, and is part of nothing that a run could go on from. */
async function forgetOld(
  job: SweepJob,
  { lease }: HeldLease,
  { tools, old = [], kept = [] }: OldFiles,
): Promise<void> {
  const needed = new Set([...kept, ...(lease.base?.files ?? [])].map(({ sha256 }) => sha256));
  const spare = old.map(({ sha256 }) => sha256).filter((hash) => !needed.has(hash));
  await tools.side.objectsOf(job.sweep).forget(job.id, spare);
}

/** Of the checkpoint among the files. */
function stepOf(names: readonly string[]): number | undefined {
  const steps = names.flatMap((name) => /step-(\d+)\./.exec(name)?.[1] ?? []);
  return steps[0] === undefined ? undefined : Number(steps[0]);
}

async function resultOf(
  runFolder: string,
  held: HeldLease,
  { worker, runtime, elapsedMs }: RunTools & Seen,
): Promise<RunResult> {
  const store = folderStore(runFolder);
  const { progress } = (await loadNewestCheckpoint(store)).checkpoint;
  const bytes = await store.read(RUN_FILES.model);
  const model = await readModel(bytes ?? new Uint8Array(), runFolder);
  return {
    step: progress.step,
    epochs: progress.epoch,
    bestEpoch: progress.best?.epoch ?? 0,
    startLoss: progress.start?.validation ?? null,
    validationLoss: progress.best?.value ?? null,
    model: await modelIdentity(model),
    work: {
      worker,
      runtimes: withRuntime(held.lease.runtimes, runtime),
      elapsedMs: Math.round(elapsedMs),
      epoch: held.epoch,
    },
  };
}

interface Teller {
  publish(event: RunEvent): void;
  flush(): Promise<void>;
}

/** Publishes lines a few times a second, however many there are; what cannot be sent is dropped. */
const TELL_AFTER_MS = 200;
const LINES_BYTES_MAX = 200_000;

function batchedTelling(send: (lines: string) => Promise<void>): Teller {
  let lines = "";
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const batch = lines;
    lines = "";
    // An event that is lost harms no run: the truth is in its files.
    if (batch !== "") sending = sending.then(() => send(batch)).catch(() => undefined);
    return sending;
  };
  return {
    publish(event) {
      lines += eventToLine(event);
      if (lines.length > LINES_BYTES_MAX) void flush();
      else timer ??= setTimeout(() => void flush(), TELL_AFTER_MS);
    },
    flush,
  };
}

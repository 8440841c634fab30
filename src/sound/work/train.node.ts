/** A training run for programs: an options object in, events out. */

import { basename, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import type { RunEvent } from "../../events/events.ts";
import { nodeClock } from "../../host.node.ts";
import { programName } from "../../package-name.node.ts";
import type { Model } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { DeviceWish } from "../tensor/runtime.ts";
import { startingFrom } from "../train/going-on.ts";
import type { FolderJob, TrainJob } from "../train/job.ts";
import { openModel } from "../train/open-model.node.ts";
import { makeRunFolder, readRunRecord } from "../train/run-folder.node.ts";
import type { SettingOverrides } from "../train/settings.ts";
import { requireFolder } from "./existing-folder.node.ts";
import { startLoggedRun } from "./logged-run.node.ts";
import { requireOutside } from "./outside-corpus.node.ts";

/** Where, and by what. */
interface RunPlace {
  /** Where the run keeps its record, log, checkpoints, previews and model. */
  readonly runFolder: string;
  /** What computes. @default "auto": a GPU where it is right and faster, else the processor */
  readonly device?: DeviceWish;
  /** Threads of the runtime, from 1. @default 2 */
  readonly threads?: number;
  /** Most memory that the run should take, in bytes. @default no limit */
  readonly memoryLimitBytes?: number;
  /** Ends the run with a checkpoint: its last event is "run-ended", "cancelled". */
  readonly signal?: AbortSignal;
  /** Folder of the library that the model comes into when the run has finished. @default none */
  readonly library?: string;
}

/** What is trained on which recordings, and for how long. */
export interface TrainOptions extends RunPlace, SettingOverrides {
  /** The recordings, in folders as deep as they like. */
  readonly folder: string;
  /**
   * A model file, or the folder of a run, to start from: its sizes are kept, and what becomes of the
   * recordings that it knows is reported. @default none
   */
  readonly from?: string;
  /** Of the model, for people. @default the name of the folder */
  readonly name?: string;
}

/**
 * Trains a model on a folder of recordings, in a thread of its own, and yields its events.
 *
 * Nothing happens before the first event is read. To stop reading stops the run, which
 * saves a checkpoint first; `resumeTraining` goes on from there, bit for bit. After an event
 * "run-ended" that says "finished", the run folder holds model.etude.
 *
 * @throws UserError "corpus-not-found", "corpus-not-a-folder", "inside-corpus", "run-folder-taken"
 *   or "run-in-use" before the first event, and what made the run fail after its last one.
 * @example
 * for await (const event of train({ folder: "recordings", runFolder: "runs/one", minutes: 1 })) {
 *   if (event.type === "epoch-done") console.log(`epoch ${event.epoch}, step ${event.step}`);
 * }
 */
export async function* train(options: TrainOptions): AsyncGenerator<RunEvent, void> {
  const {
    folder,
    runFolder,
    from,
    name,
    device,
    threads,
    memoryLimitBytes,
    signal,
    library,
    ...overrides
  } = options;
  const corpusFolder = resolve(folder);
  const place = resolve(runFolder);
  await requireFolder(corpusFolder);
  await requireOutside(place, corpusFolder, "runs");
  const origin =
    from === undefined ? undefined : await openedModel(from, { device, threads, signal });
  await makeRunFolder(place);
  const job: FolderJob = {
    corpusFolder,
    runFolder: place,
    runFolderShown: runFolder,
    name: name ?? basename(corpusFolder),
    program: await programName(),
    overrides,
    ...(origin && { from: await startingFrom(origin) }),
    ...engineOf({ device, threads, memoryLimitBytes }),
    resume: false,
  };
  yield* eventsOf(job, { signal, library });
}

/** Which run goes on. */
export interface ResumeOptions extends RunPlace {
  /** Where the recordings lie by now. @default where they lay */
  readonly folder?: string;
  /** Passes over the training files in all, also those before. @default as the run was started */
  readonly epochs?: number;
  /** Wall time of the whole run, also before. @default as the run was started */
  readonly minutes?: number;
}

/**
 * Goes on with a run that was stopped, from its newest checkpoint.
 *
 * On the same runtime and number of threads its losses are, bit for bit, those of a run that was
 * never stopped.
 *
 * @throws UserError "run-in-use" and those of reading a run folder before the first event, and what
 *   made the run fail after its last one.
 * @example
 * for await (const event of resumeTraining({ runFolder: "runs/one" })) console.log(event.type);
 */
export async function* resumeTraining(options: ResumeOptions): AsyncGenerator<RunEvent, void> {
  const { folder, runFolder, epochs, minutes, signal, library, ...engine } = options;
  const place = resolve(runFolder);
  const record = await readRunRecord(place);
  const corpusFolder = folder === undefined ? record.corpusFolder : resolve(folder);
  await requireFolder(corpusFolder);
  await requireOutside(place, corpusFolder, "runs");
  const job: FolderJob = {
    corpusFolder,
    runFolder: place,
    runFolderShown: runFolder,
    name: record.name,
    program: await programName(),
    overrides: {
      ...(epochs !== undefined && { epochs }),
      ...(minutes !== undefined && { minutes }),
    },
    ...engineOf(engine),
    resume: true,
  };
  yield* eventsOf(job, { signal, library });
}

async function openedModel(
  path: string,
  {
    device,
    threads,
    signal = new AbortController().signal,
  }: { readonly [K in "device" | "threads" | "signal"]: RunPlace[K] | undefined },
): Promise<Model> {
  const kind = device === "gpu" ? undefined : device;
  const runtime = await openRuntime({ ...(kind && { kind }), ...(threads && { threads }) });
  return openModel(resolve(path), { runtime, signal });
}

type Engine = {
  readonly [K in "device" | "threads" | "memoryLimitBytes"]?: RunPlace[K] | undefined;
};

function engineOf({
  device,
  threads,
  memoryLimitBytes,
}: Engine): Pick<TrainJob, "device" | "threads" | "memoryLimitBytes"> {
  return {
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(memoryLimitBytes !== undefined && { memoryLimitBytes }),
  };
}

async function* eventsOf(
  job: FolderJob,
  { signal, library }: { readonly [K in "signal" | "library"]: RunPlace[K] | undefined },
): AsyncGenerator<RunEvent, void> {
  const run = await startLoggedRun(job, {
    clock: nodeClock,
    ...(library !== undefined && { library: resolve(library) }),
  });
  const cancel = (): void => run.cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  if (signal?.aborted) cancel();
  const events = run.events[Symbol.asyncIterator]();
  try {
    for (let next = await events.next(); !next.done; next = await events.next()) yield next.value;
    const kept = await run.kept();
    if (kept instanceof UserError) throw kept;
  } finally {
    signal?.removeEventListener("abort", cancel);
    // A reader that stops early still gets a checkpoint, and a log that reports it.
    run.cancel();
    for (let rest = await events.next(); !rest.done; ) rest = await events.next();
    await run.finished;
  }
}

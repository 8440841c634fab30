/**
 * Runs training beside the program, so that console, signals and studio stay responsive: in a
 * thread, and where a GPU may compute in a process of its own. If a driver ends that, or never
 * answers, a thread goes on by the processor.
 *
 * One run at a time in a run folder: a second is refused, also from another process.
 */

import { existsSync } from "node:fs";
import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { nodeClock } from "../../host.node.ts";
import type { Clock } from "../../host.ts";
import { forbidTelemetry } from "../tensor/ort.node.ts";
import { gpuTools } from "./gpu-tools.node.ts";
import { gpuWatch } from "./gpu-watch.ts";
import type { FolderJob } from "./job.ts";
import { lockRun, runPaths } from "./run-folder.node.ts";
import {
  type FromWorker,
  type HostListener,
  openProcess,
  openThread,
  type TrainingHost,
} from "./training-host.node.ts";

export interface TrainRun {
  /** Ends after `run-ended`; throws the error of a failed run. Can be read once. */
  readonly news: AsyncIterable<News>;
  readonly isRunning: boolean;
  /** Asks the run to save a checkpoint and end. */
  cancel(): void;
  /** Resolves when the run folder is free again. */
  readonly finished: Promise<void>;
}

/** Replaced in tests. */
interface RunnerTools {
  /** @default that of Node */
  readonly clock?: Clock;
  /** What the process with the GPU runs. */
  readonly gpuProgram?: URL;
}

/**
 * Starts or resumes a run.
 *
 * @throws UserError "run-in-use" if a run is going on in the folder.
 */
export async function startTraining(job: FolderJob, tools: RunnerTools = {}): Promise<TrainRun> {
  const lock = await lockRun(job.runFolder);
  forbidTelemetry();
  const inbox = createInbox();
  let isRunning = true;
  let isCancelled = false;
  let host: TrainingHost;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const onEnd = (how: string): void => {
    isRunning = false;
    inbox.fail(new Error(`The training ended unexpectedly (${how})`));
    lock.release().then(finish, finish);
  };
  const onMessage = (message: FromWorker): void => {
    if ("news" in message) inbox.put(message.news);
    else if ("done" in message) inbox.end();
    else if ("failure" in message) inbox.fail(errorOf(message.failure));
  };
  const goOn = (what: string): void => {
    host = openThread(withoutGpu(job), {
      onMessage: (message) => {
        onMessage(message);
        if ("news" in message && message.news.type === "run-started") inbox.put(lost(what));
      },
      onEnd,
    });
    if (isCancelled) host.cancel();
  };
  const onProcessEnd = (how: string): void => {
    if (inbox.isEnded) onEnd(how);
    else goOn(`the process that trained with the GPU has ended (${how})`);
  };
  host = mayMeetGpu(job)
    ? openWatched(job, { onMessage, onEnd: onProcessEnd, onHang: goOn }, tools)
    : openThread(job, { onMessage, onEnd });
  return {
    news: inbox.items,
    get isRunning() {
      return isRunning;
    },
    cancel: () => {
      isCancelled = true;
      host.cancel();
    },
    finished,
  };
}

interface WatchingListener extends HostListener {
  /** Instead of `onEnd`. @param what "the GPU has not answered for a minute" */
  onHang(what: string): void;
}

/** A process that is ended where its GPU does not answer. */
function openWatched(
  job: FolderJob,
  { onMessage, onEnd, onHang }: WatchingListener,
  { clock = nodeClock, gpuProgram }: RunnerTools,
): TrainingHost {
  const watch = gpuWatch(clock, (waitedMs) => {
    child.kill();
    const minutes = Math.round(waitedMs / 60_000);
    const time = minutes === 1 ? "a minute" : `${minutes} minutes`;
    onHang(`the GPU has not answered for ${time}, so the process that used it was ended`);
  });
  const child = openProcess(
    job,
    {
      onMessage: (message) => {
        if (!("gpu" in message)) onMessage(message);
        else if (message.gpu === "begun") watch.begun();
        else watch.ended();
      },
      onEnd: (how) => {
        watch.close();
        onEnd(how);
      },
    },
    gpuProgram,
  );
  return child;
}

function mayMeetGpu({ device = "auto" }: FolderJob): boolean {
  return device === "gpu" || (device === "auto" && gpuTools.isLikely());
}

/** The same job on the processor, from what is there of its run. */
function withoutGpu(job: FolderJob): FolderJob {
  const alone: FolderJob = { ...job, device: "native" };
  if (job.resume || !existsSync(runPaths(job.runFolder).record)) return alone;
  return { ...alone, overrides: {}, resume: true };
}

/** @param what "the process that trained with the GPU has ended (SIGSEGV)" */
function lost(what: string): News {
  return {
    type: "notice",
    level: "warning",
    code: "gpu-lost",
    text: `${what}; the processor goes on from the newest checkpoint`,
    hint: "Install the newest driver of the GPU, or train with --device cpu.",
  };
}

function errorOf(failure: Extract<FromWorker, { failure: unknown }>["failure"]): Error {
  if (failure.user) return new UserError(failure);
  const error = new Error(failure.message);
  error.stack = failure.stack;
  return error;
}

interface Inbox {
  readonly items: AsyncIterable<News>;
  readonly isEnded: boolean;
  put(news: News): void;
  end(): void;
  /** Only the first of `end` and `fail` counts. */
  fail(error: Error): void;
}

/** Turns pushed messages into an iterator that is pulled. */
function createInbox(): Inbox {
  const waiting: News[] = [];
  let ended: { readonly error?: Error } | undefined;
  let wake: (() => void) | undefined;
  const finish = (end: { readonly error?: Error }): void => {
    ended ??= end;
    wake?.();
  };
  async function* items(): AsyncGenerator<News> {
    while (true) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (ended?.error !== undefined) throw ended.error;
      else if (ended !== undefined) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }
  return {
    items: items(),
    get isEnded() {
      return ended !== undefined;
    },
    put: (news) => {
      waiting.push(news);
      wake?.();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
  };
}

/**
 * Runs training beside the program, so that console, signals and studio stay responsive: in a
 * thread, and where a GPU may compute in a process of its own. If a driver ends that, a thread goes
 * on by the processor.
 *
 * One run at a time in a run folder: a second is refused, also from another process.
 */

import { existsSync } from "node:fs";
import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { forbidTelemetry } from "../tensor/ort.node.ts";
import { gpuTools } from "./gpu-tools.node.ts";
import type { FolderJob } from "./job.ts";
import { lockRun, runPaths } from "./run-folder.node.ts";
import {
  type FromWorker,
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

/**
 * Starts or resumes a run.
 *
 * @throws UserError "run-in-use" if a run is going on in the folder.
 */
export async function startTraining(job: FolderJob): Promise<TrainRun> {
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
  const ended = (how: string): void => {
    isRunning = false;
    inbox.fail(new Error(`The training ended unexpectedly (${how})`));
    lock.release().then(finish, finish);
  };
  const put = (message: FromWorker): void => {
    if ("news" in message) inbox.put(message.news);
    else if ("done" in message) inbox.end();
    else inbox.fail(errorOf(message.failure));
  };
  const goOn = (how: string): void => {
    host = openThread(withoutGpu(job), {
      onMessage: (message) => {
        put(message);
        if ("news" in message && message.news.type === "run-started") inbox.put(lost(how));
      },
      onEnd: ended,
    });
    if (isCancelled) host.cancel();
  };
  host = mayMeetGpu(job)
    ? openProcess(job, {
        onMessage: put,
        onEnd: (how) => (inbox.isEnded ? ended(how) : goOn(how)),
      })
    : openThread(job, { onMessage: put, onEnd: ended });
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

function mayMeetGpu({ device = "auto" }: FolderJob): boolean {
  return device === "gpu" || (device === "auto" && gpuTools.isLikely());
}

/** The same job on the processor, from what is there of its run. */
function withoutGpu(job: FolderJob): FolderJob {
  const alone: FolderJob = { ...job, device: "native" };
  if (job.resume || !existsSync(runPaths(job.runFolder).record)) return alone;
  return { ...alone, overrides: {}, resume: true };
}

function lost(how: string): News {
  return {
    type: "notice",
    level: "warning",
    code: "gpu-lost",
    text: `the process that trained with the GPU has ended (${how}); the processor goes on from the newest checkpoint`,
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

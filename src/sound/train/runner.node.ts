/**
 * Runs training in a worker thread, so that console, signals and studio stay responsive.
 *
 * One run at a time in a run folder: a second is refused, also from another process.
 */

import { Worker } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { forbidTelemetry } from "../tensor/ort.node.ts";
import type { FolderJob } from "./job.ts";
import { lockRun } from "./run-folder.node.ts";

/** Messages of the worker. */
export type FromWorker =
  | { readonly news: News }
  | { readonly done: true }
  | {
      readonly failure:
        | {
            readonly user: true;
            readonly code: string;
            readonly message: string;
            readonly hint: string;
            readonly exitCode: 1 | 2;
          }
        | { readonly user: false; readonly message: string; readonly stack: string };
    };

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
  const worker = new Worker(workerUrl(), { workerData: job });
  const inbox = createInbox();
  let running = true;
  worker.on("message", (message: FromWorker) => {
    if ("news" in message) inbox.put(message.news);
    else if ("done" in message) inbox.end();
    else inbox.fail(errorOf(message.failure));
  });
  worker.on("error", (error) => inbox.fail(error));
  const finished = new Promise<void>((resolve) => {
    worker.on("exit", (code) => {
      running = false;
      inbox.fail(new Error(`The training thread ended unexpectedly (exit code ${code})`));
      lock.release().then(resolve, resolve);
    });
  });
  return {
    news: inbox.items,
    get isRunning() {
      return running;
    },
    cancel: () => worker.postMessage("cancel"),
    finished,
  };
}

/** Workers run compiled code: Node 20 cannot load TypeScript into one. */
function workerUrl(): URL {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../program/train-worker.node.js"
    : "./train-worker.node.js";
  return new URL(built, import.meta.url);
}

function errorOf(failure: Extract<FromWorker, { failure: unknown }>["failure"]): Error {
  if (failure.user) return new UserError(failure);
  const error = new Error(failure.message);
  error.stack = failure.stack;
  return error;
}

interface Inbox {
  readonly items: AsyncIterable<News>;
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
    put: (news) => {
      waiting.push(news);
      wake?.();
    },
    end: () => finish({}),
    fail: (error) => finish({ error }),
  };
}

/**
 * Where a training runs: a thread, or a process of its own, which a driver may end without ending
 * the program.
 */

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import type { FolderJob } from "./job.ts";

/** Messages of the worker. */
export type FromWorker =
  | { readonly news: News }
  | { readonly done: true }
  /** A piece of work of a GPU. */
  | { readonly gpu: "begun" | "ended" }
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

export interface TrainingHost {
  /** Asks the run to save a checkpoint and end. */
  cancel(): void;
}

export interface TrainingProcess extends TrainingHost {
  /** Ends it at once, whatever it does; nothing is heard of it any more. */
  kill(): void;
}

export interface HostListener {
  onMessage(message: FromWorker): void;
  /** Once, after the last message. @param how "exit code 1" or "SIGSEGV". */
  onEnd(how: string): void;
}

export function openThread(job: FolderJob, { onMessage, onEnd }: HostListener): TrainingHost {
  const worker = new Worker(programUrl(), { workerData: job });
  worker.on("message", onMessage);
  worker.on("error", ({ message, stack = "" }) =>
    onMessage({ failure: { user: false, message, stack } }),
  );
  worker.on("exit", (code) => onEnd(`exit code ${code}`));
  return { cancel: () => worker.postMessage("cancel") };
}

/** @param program What it runs, replaced in tests of what becomes of a process that hangs. */
export function openProcess(
  job: FolderJob,
  { onMessage, onEnd }: HostListener,
  program: URL = programUrl(),
): TrainingProcess {
  const child: ChildProcess = fork(fileURLToPath(program), {
    execArgv: [],
    // Models are bytes.
    serialization: "advanced",
    // Drivers write on the terminal.
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  let isKilled = false;
  child.on("message", (message) => {
    if (!isKilled) onMessage(message as FromWorker);
  });
  const ended = (how: string): void => {
    if (!isKilled) onEnd(how);
  };
  // Its last messages may come after its end.
  Promise.all([once(child, "exit"), once(child, "disconnect")]).then(
    ([[code, signal]]) => ended(signal ?? `exit code ${code}`),
    (failure: unknown) => ended(messageOf(failure)),
  );
  const tell = (what: FolderJob | "cancel"): void => {
    // One that is gone reports it itself.
    child.send(what, () => undefined);
  };
  tell(job);
  return {
    cancel: () => tell("cancel"),
    kill: () => {
      isKilled = true;
      child.kill("SIGKILL");
      // A driver may keep it for good, even so; this program need not wait for that.
      child.unref();
      child.channel?.unref();
    },
  };
}

/** Threads and processes run compiled code: Node 20 cannot load TypeScript. */
function programUrl(): URL {
  const built = import.meta.url.endsWith(".ts")
    ? "../../../program/train-worker.node.js"
    : "./train-worker.node.js";
  return new URL(built, import.meta.url);
}

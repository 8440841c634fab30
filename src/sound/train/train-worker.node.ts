/** The training thread: runs one job, posts its news, stops on request. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import { nodeClock } from "../../host.node.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { folderCorpus } from "./corpus-frames.node.ts";
import { folderStore } from "./folder-store.node.ts";
import { gpuTools } from "./gpu-tools.node.ts";
import type { FolderJob } from "./job.ts";
import type { FromWorker } from "./runner.node.ts";
import { trainSession } from "./session.ts";

const stop = new AbortController();
parentPort?.on("message", () => stop.abort());

const send = (message: FromWorker): void => parentPort?.postMessage(message);

try {
  const job = workerData as FolderJob;
  const tools = {
    corpus: folderCorpus(job.corpusFolder),
    store: folderStore(job.runFolder, job.runFolderShown),
    openRuntime,
    gpu: gpuTools,
    clock: nodeClock,
    signal: stop.signal,
    memoryBytes: () => process.memoryUsage.rss(),
    breathe: async () => {
      await nextTurn();
    },
  };
  for await (const news of trainSession(job, tools)) send({ news });
  send({ done: true });
} catch (error) {
  send({ failure: describe(error) });
}
parentPort?.close();

function describe(error: unknown): Extract<FromWorker, { failure: unknown }>["failure"] {
  if (error instanceof UserError) {
    const { code, message, hint, exitCode } = error;
    return { user: true, code, message, hint, exitCode };
  }
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  return { user: false, message, stack };
}

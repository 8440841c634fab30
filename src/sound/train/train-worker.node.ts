/** The thread or process that trains: runs one job, posts its news, stops on request. */

import { once } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { UserError } from "../../errors.ts";
import { nodeClock } from "../../host.node.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { folderCorpus } from "./corpus-frames.node.ts";
import { folderStore } from "./folder-store.node.ts";
import { gpuTools } from "./gpu-tools.node.ts";
import type { FolderJob } from "./job.ts";
import { trainSession } from "./session.ts";
import type { FromWorker } from "./training-host.node.ts";
import { announced, announcedWork } from "./watched-runtime.ts";

const stop = new AbortController();
const job = parentPort === null ? await jobOfProcess() : (workerData as FolderJob);
parentPort?.on("message", () => stop.abort());

const send = (message: FromWorker): void => {
  if (parentPort === null) process.send?.(message);
  else parentPort.postMessage(message);
};

let last: FromWorker = { done: true };
try {
  const tools = {
    corpus: folderCorpus(job.corpusFolder),
    store: folderStore(job.runFolder, job.runFolderShown),
    openRuntime,
    gpu: { ...gpuTools, open: openAnnounced },
    clock: nodeClock,
    signal: stop.signal,
    memoryBytes: () => process.memoryUsage.rss(),
    breathe: async () => {
      await nextTurn();
    },
  };
  for await (const news of trainSession(job, tools)) send({ news });
} catch (error) {
  last = { failure: describe(error) };
}
// A driver's threads may outlive the work.
if (parentPort === null) process.send?.(last, () => process.exit(0));
else {
  parentPort.postMessage(last);
  parentPort.close();
}

/** The first message; any other asks for the end. Ctrl-C reaches this process too, and is not meant for it. */
async function jobOfProcess(): Promise<FolderJob> {
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(1));
  const [first] = (await once(process, "message")) as [FolderJob];
  process.on("message", () => stop.abort());
  return first;
}

/** A GPU whose work this thread may wait for in vain: who started it must know. */
async function openAnnounced(): Promise<Runtime> {
  const tell = (gpu: "begun" | "ended"): void => send({ gpu });
  return announced(await announcedWork(gpuTools.open, tell), tell);
}

function describe(error: unknown): Extract<FromWorker, { failure: unknown }>["failure"] {
  if (error instanceof UserError) {
    const { code, message, hint, exitCode } = error;
    return { user: true, code, message, hint, exitCode };
  }
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  return { user: false, message, stack };
}

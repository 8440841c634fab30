/**
 * Decodes in worker threads, which may crash, hang or run out of memory. Such a failure becomes the
 * outcome of the file at hand; the next file gets a new thread.
 */

import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { nodeClock } from "../../../host.node.ts";
import type { Clock } from "../../../host.ts";
import type { PreparedOutcome } from "../corpus/prepare.ts";
import type { OnShare } from "../on-share.ts";
import { askWorker } from "./ask-worker.node.ts";
import type { DecodeJob, FilePath, JobReply } from "./decode-jobs.ts";
import type { DecodeOutcome } from "./decode-outcome.ts";

export interface DecoderPool {
  /** How many files it works on at a time. */
  readonly workerCount: number;

  /** Reads and decodes a file, at its own rate and with all its channels. Never rejects while open. */
  decode(path: FilePath): Promise<JobReply<DecodeOutcome>>;

  /**
   * Reads, decodes, mixes to mono, fingerprints and resamples a file. Never rejects while open.
   *
   * @param onShare Called while that goes on, for files of a minute and more.
   */
  prepare(path: FilePath, toHz: number, onShare?: OnShare): Promise<JobReply<PreparedOutcome>>;

  /** Ends the threads; jobs that have not ended reject. */
  close(): Promise<void>;
}

export interface DecoderPoolOptions {
  /** @default 2 */
  readonly workerCount?: number;
  /**
   * How long one file may take, besides the time that its sound lasts; an idle machine decodes a
   * hundred times faster than the sound plays. @default 60_000
   */
  readonly timeoutMs?: number;
  /** JavaScript heap of a worker, in MiB. Samples live outside it; a runaway parser lives inside. @default 512 */
  readonly heapMiB?: number;
  /** The worker's code, replaced in tests of what happens when it dies. */
  readonly workerUrl?: URL;
}

/**
 * Threads start with the first jobs, and do not keep the program alive while they are idle.
 *
 * @throws Error if the worker has not been compiled.
 */
export function createDecoderPool(options: DecoderPoolOptions = {}): DecoderPool {
  const { workerCount = 2, timeoutMs = 60_000, heapMiB = 512 } = options;
  const { workerUrl = builtWorkerUrl() } = options;
  if (workerUrl.protocol === "file:" && !existsSync(workerUrl)) {
    throw new Error(`Cannot start the decoder: "${workerUrl.pathname}" is missing, run the build`);
  }
  const lanes: Lane[] = Array.from({ length: workerCount }, () => ({
    workerUrl,
    timeoutMs,
    heapMiB,
    clock: nodeClock,
  }));
  const idle = [...lanes];
  const waiting: ((lane: Lane) => void)[] = [];

  async function run(job: DecodeJob, onShare?: OnShare): Promise<JobReply<never>> {
    const lane = idle.pop() ?? (await new Promise<Lane>((resolve) => waiting.push(resolve)));
    try {
      return await runOn(lane, job, onShare);
    } finally {
      const next = waiting.shift();
      if (next === undefined) idle.push(lane);
      else next(lane);
    }
  }

  return {
    workerCount,
    decode: (path) => run({ task: "decode", path, toHz: 0 }),
    prepare: (path, toHz, onShare) => run({ task: "prepare", path, toHz }, onShare),
    close: async () => {
      for (const lane of lanes) lane.closed = true;
      await Promise.all(lanes.map((lane) => lane.worker?.terminate()));
    },
  };
}

/** Node 20 runs no TypeScript in a worker, so the sources use the compiled worker too. */
function builtWorkerUrl(): URL {
  const fromSource = import.meta.url.endsWith(".ts");
  const folder = fromSource ? "../../../../program/" : "./";
  return new URL(`${folder}decode-worker.node.js`, import.meta.url);
}

/** A slot for one worker; it outlives the worker. */
interface Lane {
  readonly workerUrl: URL;
  readonly timeoutMs: number;
  readonly heapMiB: number;
  readonly clock: Clock;
  worker?: Worker | undefined;
  closed?: boolean;
}

/**
 * A trap can come after its file was answered, when the decoder is freed. So a crash in a thread
 * that had worked before counts only if a fresh thread crashes too.
 */
async function runOn(lane: Lane, job: DecodeJob, onShare?: OnShare): Promise<JobReply<never>> {
  const fresh = lane.worker === undefined;
  const reply = await tryOn(lane, job, onShare);
  const { outcome } = reply;
  return outcome.code === "decoder-crashed" && !fresh ? tryOn(lane, job, onShare) : reply;
}

async function tryOn(lane: Lane, job: DecodeJob, onShare?: OnShare): Promise<JobReply<never>> {
  if (!lane.closed) {
    lane.worker ??= startWorker(lane);
    const reply = await askWorker(lane.worker, job, { ...lane, onShare });
    if (!(lane.closed && reply.outcome.code === "decoder-crashed")) return reply;
  }
  throw new Error("Cannot decode: the decoder was closed");
}

function startWorker(lane: Lane): Worker {
  // Some decoders print messages about damaged files, which the outcome states better. Their output
  // stays off the console by not being read: reading it would keep the process alive.
  const worker = new Worker(lane.workerUrl, {
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: lane.heapMiB },
  });
  // A thread may die between two jobs. Unhandled, its error would end the process.
  const leaveLane = (): void => {
    if (lane.worker === worker) lane.worker = undefined;
  };
  worker.on("error", leaveLane).on("exit", leaveLane);
  return worker;
}

/**
 * Gives one job to a worker thread that may crash, hang or run out of memory on it.
 *
 * The outcome is settled by an answer or by the thread's exit, not by its error event: the error of
 * a dying thread can overtake an answer sent before it, but by the exit all answers have arrived.
 */

import type { EventEmitter } from "node:events";
import { messageOf } from "../../../errors.ts";
import type { Clock } from "../../../host.ts";
import type { OnShare } from "../on-share.ts";
import type { DecodeJob, JobReply, ShareDone, SoundAhead } from "./decode-jobs.ts";
import { type DecodeFailure, decodeFailure } from "./decode-outcome.ts";

/** What is needed of a `Worker`. */
export interface AskedWorker extends EventEmitter {
  postMessage(job: DecodeJob): void;
  terminate(): Promise<unknown>;
  ref(): void;
  unref(): void;
}

export interface AskOptions {
  readonly clock: Clock;
  /** How long a file may take, besides the time that its sound lasts. */
  readonly timeoutMs: number;
  /** Called while a long file is decoded. */
  readonly onShare?: OnShare | undefined;
}

/**
 * Never rejects. After "decoder-crashed" and "decoder-timeout" the thread is gone; after an answer
 * it may still die.
 */
export function askWorker(
  worker: AskedWorker,
  job: DecodeJob,
  { clock, timeoutMs, onShare }: AskOptions,
): Promise<JobReply<never>> {
  return new Promise((resolve) => {
    let ending: DecodeFailure | undefined;
    let timer = new AbortController();
    allow(timeoutMs);
    worker.on("message", onMessage).on("messageerror", onError);
    worker.on("error", onError).on("exit", onExit);
    worker.ref();
    worker.postMessage(job);

    function onMessage(message: SoundAhead | ShareDone | JobReply<never>): void {
      if ("soundSeconds" in message) allow(timeoutMs + message.soundSeconds * 1000);
      else if ("share" in message) onShare?.(message.share);
      else settle(message);
    }
    function onError(error: unknown): void {
      endAs(decodeFailure("decoder-crashed", `the decoder crashed: ${messageOf(error)}`));
    }
    function onExit(): void {
      const silent = decodeFailure("decoder-crashed", "the decoder ended without an answer");
      settle({ bytes: 0, outcome: ending ?? silent });
    }
    function allow(ms: number): void {
      timer.abort();
      timer = new AbortController();
      clock.sleep(ms, timer.signal).then(
        () => {
          const seconds = Math.round(ms / 1000);
          endAs(decodeFailure("decoder-timeout", `decoding took longer than ${seconds} s`));
        },
        () => undefined,
      );
    }
    function endAs(outcome: DecodeFailure): void {
      ending ??= outcome;
      void worker.terminate();
    }
    function settle(reply: JobReply<never>): void {
      timer.abort();
      worker.off("message", onMessage).off("messageerror", onError);
      worker.off("error", onError).off("exit", onExit);
      worker.unref();
      resolve(reply);
    }
  });
}

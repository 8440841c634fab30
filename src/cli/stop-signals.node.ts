/** Turns SIGINT, SIGTERM and SIGHUP into an AbortSignal; a second signal exits at once. */

import { constants } from "node:os";
import { nodeClock } from "../host.node.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code of a program that Ctrl-C ended: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** The abort reason when the reader closes the output pipe; it is not printed. */
export const READER_GONE = "nobody reads the output";

/** True after SIGINT, SIGTERM or SIGHUP. */
export function isStoppedBySignal({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof Error && reason.message === READER_GONE);
}

export interface StopSignals {
  /** Aborts at the first signal, or when `stop` is called. */
  readonly signal: AbortSignal;
  stop(reason: string): void;
}

export interface StopOptions {
  /**
   * Signals within this many milliseconds of the first are ignored: a shell and a wrapper may both
   * send one, or a key may bounce.
   *
   * @default 0: a second signal exits at once
   */
  readonly endsWithinMs?: number;
}

/**
 * @param saves True if the command has something to save: it then ends by itself after the first
 * signal, and only the second one exits at once. Otherwise the first one does.
 */
export function listenForStop(saves: boolean, { endsWithinMs = 0 }: StopOptions = {}): StopSignals {
  const controller = new AbortController();
  let stoppedMs = Number.NEGATIVE_INFINITY;
  const stop = (reason: string): void => controller.abort(new DOMException(reason, "AbortError"));
  for (const name of SIGNALS) {
    const earlier = process.listeners(name);
    process.on(name, () => {
      if (nodeClock.nowMs() - stoppedMs < endsWithinMs) return;
      if (controller.signal.aborted) leaveAtOnce("SIGINT");
      stoppedMs = nodeClock.nowMs();
      stop(`stopped by ${name}`);
      if (!saves) leaveAtOnce(name);
    });
    // bin/etude.mjs has listened until now. Its listener is removed only after ours is added, or a
    // pending signal would be lost.
    for (const listener of earlier) process.off(name, listener);
  }
  return { signal: controller.signal, stop };
}

/**
 * Exits by the default action of the signal, which a shell reports as 128 and its number, 130 for
 * SIGINT. `process.exit` would first terminate the worker threads, and the native runtime aborts if
 * that happens during a step.
 */
function leaveAtOnce(name: (typeof SIGNALS)[number]): void {
  process.emit("exit", 128 + constants.signals[name]);
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

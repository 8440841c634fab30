/** Ctrl-C and its relatives -> an AbortSignal, and a way out for the impatient. */

import { constants } from "node:os";
import { nodeClock } from "../host.node.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Exit code of a program that Ctrl-C ended: 128 + SIGINT. */
export const INTERRUPTED = 130;

/** Why a command stops whose output was a pipe that somebody closed: nobody is there to be told. */
export const READER_GONE = "nobody reads the output";

/** True after Ctrl-C and its relatives. */
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
   * How soon the command ends after the first signal, in milliseconds: one that comes sooner asks for
   * nothing new. A shell may send it beside a program that passes it on, or a key may bounce.
   *
   * @default 0: a second signal leaves at once
   */
  readonly endsWithinMs?: number;
}

/**
 * @param saves The command ends by itself after the first signal, for it has something to save;
 *   only the second one leaves at once. Without, the first one does.
 */
export function listenForStop(saves: boolean, { endsWithinMs = 0 }: StopOptions = {}): StopSignals {
  const controller = new AbortController();
  let stoppedMs = Number.NEGATIVE_INFINITY;
  const stop = (reason: string): void => controller.abort(new DOMException(reason, "AbortError"));
  for (const name of SIGNALS) {
    const earlier = process.listeners(name);
    process.on(name, () => {
      if (nodeClock.nowMs() - stoppedMs < endsWithinMs) return;
      if (controller.signal.aborted) leaveAtOnce();
      stoppedMs = nodeClock.nowMs();
      stop(`stopped by ${name}`);
      if (!saves) process.exit(128 + constants.signals[name]);
    });
    // bin/etude.mjs has listened until now. Not before somebody else does: with the last listener
    // goes a signal that has come and was not told of yet.
    for (const listener of earlier) process.off(name, listener);
  }
  return { signal: controller.signal, stop };
}

/**
 * Ends by SIGINT's own effect, which a shell reports as INTERRUPTED. `process.exit` would take
 * the worker threads apart first, and the native runtime aborts when that happens in a step.
 */
function leaveAtOnce(): void {
  process.emit("exit", INTERRUPTED);
  process.removeAllListeners("SIGINT");
  process.kill(process.pid, "SIGINT");
}

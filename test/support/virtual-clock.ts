/** A clock that stands still until a test moves it on. */

import { setImmediate } from "node:timers/promises";
import type { Clock } from "../../src/host.ts";

export interface VirtualClock extends Clock {
  /** Lets so much time pass, and everybody who waits for a moment in it do what they do then. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

export function virtualClock(): VirtualClock {
  const sleepers = new Set<Sleeper>();
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    wallMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = (): void => {
          sleepers.delete(sleeper);
          reject(signal?.reason);
        };
        const wake = (): void => {
          signal?.removeEventListener("abort", abort);
          resolve();
        };
        const sleeper = { dueMs: nowMs + ms, wake };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", abort, { once: true });
      }),
    async advance(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        await setImmediate();
        const due = [...sleepers].filter(({ dueMs }) => dueMs <= endMs);
        const next = due.sort((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined) break;
        sleepers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.wake();
      }
      nowMs = endMs;
    },
  };
}

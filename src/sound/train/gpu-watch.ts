/**
 * Notices work of a GPU that never comes back: a driver that hangs gives no error, so only the time
 * tells. Whoever computes says when a piece of work begins and ends; whoever is beside it watches.
 */

import type { Clock } from "../../host.ts";

export interface GpuWatch {
  begun(): void;
  ended(): void;
  /** Nothing is watched any more. */
  close(): void;
}

/** Until so many pieces of work are known; the first ones compile, which may take minutes. */
const KNOWN_LEAST = 8;
const UNKNOWN_MS = 5 * 60_000;

const LEAST_MS = 60_000;
const TIMES_LONGEST = 20;
const REMEMBERED = 64;

/** The wait is made of so many, because a machine that sleeps must not be taken for a GPU that hangs. */
const NAPS = 10;

/**
 * @param onHang Called once, when a piece of work takes 20 times as long as the longest of the last
 *   ones did, and never before a minute. @param waitedMs How long that was.
 * @example
 * const watch = gpuWatch(clock, (waitedMs) => host.end());
 */
export function gpuWatch(clock: Clock, onHang: (waitedMs: number) => void): GpuWatch {
  let tookMs: number[] = [];
  let begunMs = 0;
  let waiting = new AbortController();
  const wait = async (patienceMs: number, { signal }: AbortController): Promise<void> => {
    for (let nap = 0; nap < NAPS; nap += 1) await clock.sleep(patienceMs / NAPS, signal);
    onHang(patienceMs);
  };
  return {
    begun: () => {
      waiting.abort();
      waiting = new AbortController();
      begunMs = clock.nowMs();
      // Rejects where the work ends before.
      wait(patienceAfter(tookMs), waiting).catch(() => undefined);
    },
    ended: () => {
      waiting.abort();
      tookMs = [...tookMs, clock.nowMs() - begunMs].slice(-REMEMBERED);
    },
    close: () => waiting.abort(),
  };
}

function patienceAfter(tookMs: readonly number[]): number {
  const least = tookMs.length < KNOWN_LEAST ? UNKNOWN_MS : LEAST_MS;
  return Math.max(least, TIMES_LONGEST * Math.max(0, ...tookMs));
}

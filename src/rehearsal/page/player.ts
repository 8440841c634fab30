/**
 * A clock that can be paused, with a speed that can change during a wait.
 *
 * Waits on this clock stop while it is paused. A change of speed shortens or lengthens the current
 * wait, so that a long wait at the old speed ends in time.
 */

import type { Clock } from "../../host.ts";
import { TIMER_MS_MAX } from "../engine/pace.ts";

export interface Player extends Pick<Clock, "nowMs" | "sleep"> {
  /** Waits are given for this speed: a run divides its pauses by it. */
  readonly speedFactor: number;
  readonly isPaused: boolean;
  /** How much has been played, in milliseconds of the run: time that was not held, times speed. */
  playedMs(): number;
  pause(): void;
  resume(): void;
  setSpeed(speedFactor: number): void;
}

export function openPlayer(clock: Pick<Clock, "nowMs" | "sleep">, speedFactor: number): Player {
  const waits = new Set<() => void>();
  let speed = speedFactor;
  let paused = false;
  /** Time that has passed without being held, until `changedMs`; the same in time of the run. */
  let goneMs = 0;
  let playedMs = 0;
  let changedMs = clock.nowMs();
  /** Of waits that became shorter than they were asked for. */
  let skippedMs = 0;

  const settle = (): void => {
    const nowMs = clock.nowMs();
    if (!paused) {
      goneMs += nowMs - changedMs;
      playedMs += (nowMs - changedMs) * speed;
    }
    changedMs = nowMs;
  };

  const change = (make: () => void): void => {
    settle();
    make();
    for (const wake of [...waits]) wake();
  };

  const nowMs = (): number => {
    settle();
    return goneMs + skippedMs;
  };

  return {
    nowMs,
    get speedFactor() {
      return speed;
    },
    get isPaused() {
      return paused;
    },
    playedMs() {
      settle();
      return playedMs;
    },
    pause: () => change(() => (paused = true)),
    resume: () => change(() => (paused = false)),
    setSpeed: (factor) => change(() => (speed = factor)),
    async sleep(ms, signal) {
      const endMs = nowMs() + ms;
      let leftMs = ms;
      for (;;) {
        const [fromMs, fromSpeed] = [goneMs, speed];
        // While it is held, only a change ends the wait.
        const waitMs = paused ? TIMER_MS_MAX : Math.min(leftMs, TIMER_MS_MAX);
        const isOver = await waitFor(waitMs, { clock, waits, signal });
        settle();
        if (isOver && !paused) break;
        leftMs = Math.max(0, leftMs - (goneMs - fromMs)) * (fromSpeed / speed);
      }
      skippedMs += Math.max(0, endMs - nowMs());
    },
  };
}

interface Waiting {
  readonly clock: Pick<Clock, "sleep">;
  readonly waits: Set<() => void>;
  readonly signal: AbortSignal | undefined;
}

/** @returns Whether the time is over; false where a change came first. */
async function waitFor(ms: number, { clock, waits, signal }: Waiting): Promise<boolean> {
  signal?.throwIfAborted();
  const over = new AbortController();
  const wake = (): void => over.abort();
  waits.add(wake);
  signal?.addEventListener("abort", wake, { once: true });
  try {
    await clock.sleep(ms, over.signal);
    return true;
  } catch (failure) {
    signal?.throwIfAborted();
    if (!over.signal.aborted) throw failure;
    return false;
  } finally {
    waits.delete(wake);
    signal?.removeEventListener("abort", wake);
  }
}

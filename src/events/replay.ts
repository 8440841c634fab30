/** Replays a saved run in its own time, or faster. */

import type { Clock } from "../host.ts";
import type { RunEvent } from "./events.ts";

export interface ReplayOptions {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  /** 2 plays twice as fast; Infinity does not wait at all. @default 1 */
  readonly speedFactor?: number;
  /** Longest pause, in milliseconds as shown. @default 2000 */
  readonly pauseMsMax?: number;
  /** Ends the replay at once, without a failure. */
  readonly signal?: AbortSignal;
}

/**
 * @returns The events unchanged, each at its time.
 * @throws RangeError if the speed factor is not above 0.
 */
export async function* replay(
  events: AsyncIterable<RunEvent>,
  { clock, speedFactor = 1, pauseMsMax = PAUSE_MS_MAX, signal }: ReplayOptions,
): AsyncGenerator<RunEvent> {
  if (!(speedFactor > 0)) {
    throw new RangeError(`Cannot replay: the speed factor is ${speedFactor}, it must be above 0`);
  }
  const startMs = clock.nowMs();
  const shownAt = shownTimes({ speedFactor, pauseMsMax });
  for await (const event of events) {
    const waitMs = startMs + shownAt(event) - clock.nowMs();
    if (waitMs > 0 && !(await slept(clock.sleep(waitMs, signal), signal))) return;
    if (signal?.aborted) return;
    yield event;
  }
}

/**
 * Computes when the events of a log are shown, in order.
 *
 * Each job has its own time, which continues from its previous event; a new run starts at the time
 * of the others. Events are never reordered.
 *
 * @returns Milliseconds since the show began.
 */
export function shownTimes({
  speedFactor = 1,
  pauseMsMax = PAUSE_MS_MAX,
}: Pick<ReplayOptions, "speedFactor" | "pauseMsMax">): (event: RunEvent) => number {
  const places = new Map<number | undefined, Place>();
  let reachedMs = 0;
  let shownMs = 0;
  return ({ atMs, job }) => {
    const before = places.get(job);
    const goesOn = before !== undefined && atMs >= before.atMs;
    const ownMs = goesOn ? before.ownMs + atMs - before.atMs : reachedMs;
    const passedMs = Math.max(0, ownMs - reachedMs);
    places.set(job, { atMs, ownMs });
    reachedMs += passedMs;
    shownMs += Math.min(pauseMsMax, passedMs / speedFactor);
    return shownMs;
  };
}

/** Position of a job in its run and in the log. */
interface Place {
  readonly atMs: number;
  readonly ownMs: number;
}

const PAUSE_MS_MAX = 2000;

/** False if the sleep was cut short by the signal. */
async function slept(sleep: Promise<void>, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    await sleep;
    return true;
  } catch (failure) {
    if (signal?.aborted) return false;
    throw failure;
  }
}

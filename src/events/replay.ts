/** A saved run told again, in its own time or faster. */

import type { Clock } from "../host.ts";
import type { RunEvent } from "./events.ts";

export interface ReplayOptions {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  /** 2 plays twice as fast; Infinity does not wait at all. @default 1 */
  readonly speedFactor?: number;
  /** No silence is played for longer than this, in milliseconds as shown. @default 2000 */
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
  { clock, speedFactor = 1, pauseMsMax = 2000, signal }: ReplayOptions,
): AsyncGenerator<RunEvent> {
  if (!(speedFactor > 0)) {
    throw new RangeError(`Cannot replay: the speed factor is ${speedFactor}, it must be above 0`);
  }
  let dueMs = clock.nowMs();
  let before: number | undefined;
  for await (const event of events) {
    dueMs += Math.min(pauseMsMax, Math.max(0, event.atMs - (before ?? event.atMs)) / speedFactor);
    before = event.atMs;
    const waitMs = dueMs - clock.nowMs();
    if (waitMs > 0 && !(await slept(clock.sleep(waitMs, signal), signal))) return;
    if (signal?.aborted) return;
    yield event;
  }
}

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

/** News become events: each gets its number and its time. */

import type { Clock } from "../host.ts";
import type { News, RunEvent } from "./events.ts";

/** Where a log stopped, so that a resumed run continues counting from there. */
export interface StampStart {
  readonly seq: number;
  readonly atMs: number;
}

/**
 * News as events: each gets its number, counted from 0, and its time in milliseconds since the run
 * began.
 *
 * @param start Where an earlier log of the same run stopped. @default the beginning
 * @example
 * for await (const event of stamp(news, nodeClock)) console.log(event.seq, event.type);
 */
export async function* stamp(
  news: AsyncIterable<News>,
  clock: Clock,
  start: StampStart = { seq: 0, atMs: 0 },
): AsyncGenerator<RunEvent> {
  const startedMs = clock.nowMs() - start.atMs;
  let seq = start.seq;
  for await (const item of news) {
    yield { ...item, seq, atMs: Math.round(clock.nowMs() - startedMs) };
    seq += 1;
  }
}

/** Regroups a stream of several jobs (`etude simulate --jobs`) into one job after the other. */

import type { RunEvent } from "./events.ts";

/**
 * The events of the first job are passed on as they arrive; those of the others are buffered until
 * the stream has ended. A stream without jobs is unchanged.
 */
export async function* jobAfterJob(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent> {
  const kept = new Map<number, RunEvent[]>();
  let first: number | undefined;
  for await (const event of events) {
    first ??= event.job;
    if (event.job === undefined || event.job === first) {
      yield event;
      continue;
    }
    const others = kept.get(event.job);
    if (others === undefined) kept.set(event.job, [event]);
    else others.push(event);
  }
  for (const job of [...kept.keys()].sort((a, b) => a - b)) yield* kept.get(job) ?? [];
}

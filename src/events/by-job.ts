/** A stream that several jobs wrote into (`etude simulate --jobs`) -> one job after the other. */

import type { RunEvent } from "./events.ts";

/**
 * The job that comes first is told as its events come; those of the others are kept until the
 * stream has ended. A stream without jobs comes back as it is.
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

/** Finds the jobs of a stream by reading ahead, before anything is shown. */

import type { Clock } from "../host.ts";
import type { RunEvent } from "./events.ts";

export interface JobsAhead {
  /** The jobs that were met, in ascending order; empty where events have none. */
  readonly jobs: readonly number[];
  /** The whole stream, including what was read ahead. Can be read once. */
  readonly events: AsyncIterable<RunEvent>;
  /** Every run whose start was met is simulated, and there is one. */
  readonly isSimulated: boolean;
  /** The stream has no more than was read ahead, so no other job can come. */
  readonly isWhole: boolean;
}

/** With `--instant-print-lines` a job may emit this many events before the next one starts. */
const EVENTS_MAX = 10_000;
/** For a stream that is still being written: reading ahead ends after this much silence. */
const SILENCE_MS_MAX = 1000;

/**
 * Jobs that run at the same time take turns (`etude simulate --jobs`), so all of them are known when
 * one has its second turn. Reading ahead also ends after 10 000 events, with the stream, and where it
 * is silent for a second; a stream without jobs is known by its first event. A job that was not met
 * may still come.
 *
 * A failure of the stream is thrown by `events`, where it belongs.
 */
export async function readAhead(
  stream: AsyncIterable<RunEvent>,
  { clock }: { readonly clock: Pick<Clock, "sleep"> },
): Promise<JobsAhead> {
  const source = stream[Symbol.asyncIterator]();
  const taken: Promise<IteratorResult<RunEvent>>[] = [];
  const jobs = new Set<number>();
  const sources = new Set<string>();
  const known = new AbortController();
  let silence: Promise<undefined> | undefined;
  let turn: number | undefined;
  let isWhole = false;
  const onEnd = (): void => {
    isWhole = true;
  };
  while (taken.length < EVENTS_MAX) {
    const next = source.next();
    taken.push(next);
    const event = await Promise.race([
      read(next, onEnd),
      ...(silence === undefined ? [] : [silence]),
    ]);
    if (event?.job === undefined) break;
    if (event.type === "run-started") sources.add(event.source);
    if (jobs.has(event.job) && event.job !== turn) break;
    jobs.add(event.job);
    turn = event.job;
    // There is no time limit for the first event.
    silence ??= silenceOf(() => taken.length, { clock, signal: known.signal });
  }
  known.abort();
  return {
    jobs: [...jobs].sort((a, b) => a - b),
    events: once(taken, source),
    isSimulated: sources.size === 1 && sources.has("simulated"),
    isWhole,
  };
}

async function* once(
  taken: readonly Promise<IteratorResult<RunEvent>>[],
  source: AsyncIterator<RunEvent>,
): AsyncGenerator<RunEvent> {
  try {
    for (const one of taken) {
      const { done, value } = await one;
      if (done) return;
      yield value;
    }
    for (let one = await source.next(); !one.done; one = await source.next()) yield one.value;
  } finally {
    await source.return?.();
  }
}

/** @returns undefined at the end, and for a failure. */
function read(
  next: Promise<IteratorResult<RunEvent>>,
  onEnd: () => void,
): Promise<RunEvent | undefined> {
  return next.then(
    ({ done, value }) => {
      if (!done) return value;
      onEnd();
      return undefined;
    },
    () => undefined,
  );
}

/** Resolves when the count has not grown for a while, or at the signal. */
async function silenceOf(
  count: () => number,
  { clock, signal }: { readonly clock: Pick<Clock, "sleep">; readonly signal: AbortSignal },
): Promise<undefined> {
  let before = 0;
  while (before !== count() && !signal.aborted) {
    before = count();
    await clock.sleep(SILENCE_MS_MAX, signal).catch(() => {});
  }
  return undefined;
}

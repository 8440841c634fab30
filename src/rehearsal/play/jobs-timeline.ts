/**
 * Runs several jobs on one simulated timeline: a job runs until it waits, then the job whose wait ends first continues.
 *
 * Time on the timeline is counted at speed 1 and does not depend on the computer, so the order in
 * which everything happens is the same every time, at any speed. Only the waits take real time.
 */

import type { Clock } from "../../host.ts";
import { BEHIND_MS_MAX, BREATH_EVERY_MS, TIMER_MS_MAX, WAIT_MS_MIN } from "../engine/pace.ts";

/** Time as a play sees it. Its waits end with the signal of the timeline. */
export interface PlayClock extends Pick<Clock, "nowMs" | "sleep"> {
  /** To be called between any two things that a play does: lets the rest of the program live. */
  breathe(): Promise<void>;
}

export interface PlayTools {
  readonly clock: PlayClock;
  /** Aborts also when another play has failed. */
  readonly signal: AbortSignal;
}

export interface TimelineOptions {
  readonly clock: Pick<Clock, "nowMs" | "sleep">;
  /** Milliseconds of the timeline in one that passes here. */
  readonly speedFactor: number;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly order: number;
  readonly dueMs: number;
  readonly goOn: () => void;
}

/**
 * @param plays Begin in this order, all at time 0.
 * @throws The failure of the first play that failed, when the others have ended.
 */
export async function playTogether(
  plays: readonly ((tools: PlayTools) => Promise<void>)[],
  options: TimelineOptions,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const time = realTime({ ...options, signal });
  const failures: unknown[] = [];
  const waiting = new Set<Waiting>();
  let nowMs = 0;
  let handBack = (): void => {};

  const waitsFor = (order: number, ms: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const goOn = (): void => (signal.aborted ? reject(signal.reason) : resolve());
      waiting.add({ order, dueMs: nowMs + ms, goOn });
      handBack();
    });

  const begin = async (order: number): Promise<void> => {
    const clock = {
      nowMs: () => nowMs,
      sleep: (ms: number) => waitsFor(order, Math.max(0, ms)),
      breathe: time.breathe,
    };
    try {
      await plays[order]?.({ clock, signal });
    } catch (failure) {
      failures.push(failure);
      failed.abort(failure);
    }
    handBack();
  };

  for (const order of plays.keys()) {
    waiting.add({ order, dueMs: 0, goOn: () => void begin(order) });
  }
  while (waiting.size > 0) {
    const next = earliest(waiting);
    nowMs = await time.pass(nowMs, next.dueMs);
    waiting.delete(next);
    const isBack = new Promise<void>((resolve) => {
      handBack = resolve;
    });
    next.goOn();
    await isBack;
  }
  if (failures.length > 0) throw failures[0];
}

function earliest(waiting: ReadonlySet<Waiting>): Waiting {
  return [...waiting].reduce((first, one) => {
    if (one.dueMs !== first.dueMs) return one.dueMs < first.dueMs ? one : first;
    return one.order < first.order ? one : first;
  });
}

/** The timeline in the time that passes here. */
function realTime({ clock, speedFactor, signal }: TimelineOptions) {
  let breathMs = clock.nowMs();
  /** Two moments that belong together; moved on where the play is late. */
  let anchor = { realMs: breathMs, atMs: 0 };

  const sleep = async (ms: number): Promise<void> => {
    // The signal only ends the wait; what it means is seen afterwards.
    await clock.sleep(Math.min(TIMER_MS_MAX, ms), signal).catch((failure: unknown) => {
      if (!signal.aborted) throw failure;
    });
    breathMs = clock.nowMs();
  };

  const breathe = async (): Promise<void> => {
    if (!signal.aborted && clock.nowMs() - breathMs >= BREATH_EVERY_MS) await sleep(0);
  };

  return {
    breathe,
    /** @returns Where the timeline is then: at `toMs`, or where the signal found it. */
    async pass(fromMs: number, toMs: number): Promise<number> {
      if (signal.aborted) return fromMs;
      const realMs = clock.nowMs();
      const leftMs = anchor.realMs + (toMs - anchor.atMs) / speedFactor - realMs;
      if (leftMs < -BEHIND_MS_MAX) anchor = { realMs: realMs - BEHIND_MS_MAX, atMs: toMs };
      if (leftMs < WAIT_MS_MIN) await breathe();
      else await sleep(leftMs);
      if (!signal.aborted) return toMs;
      const passedMs = (clock.nowMs() - anchor.realMs) * speedFactor;
      return Math.min(toMs, Math.max(fromMs, anchor.atMs + passedMs));
    },
  };
}

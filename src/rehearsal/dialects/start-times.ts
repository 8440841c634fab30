/**
 * Timestamps of lines that are emitted later: those of a start come all at once when it is over,
 * with stamps spread over its duration.
 */

import { around, drawsOf } from "./draws.ts";
import type { Facts, Spread } from "./facts.ts";

/** Writes lines of what began at `fromMs` and is over by now, with stamps of that time. */
export function during(
  facts: Facts,
  { fromMs, ...spread }: Spread & { readonly fromMs: number },
  write: () => string[],
): string[] {
  facts.spread = spread;
  const pauseMs = Math.min(
    around(drawsOf(facts, "pause", fromMs), 120, 0.6),
    spread.untilMs - fromMs,
  );
  const lines = at(facts, fromMs + Math.max(0, pauseMs), write);
  facts.spread = undefined;
  return lines;
}

/** Writes lines in one go, within a stretch of time that lines are spread over. */
export function together(facts: Facts, write: () => string[]): string[] {
  const { spread } = facts;
  facts.spread = undefined;
  const lines = write();
  facts.spread = spread;
  return lines;
}

/** Writes lines with the stamp of an earlier time. */
export function at<Lines>(facts: Facts, atMs: number, write: () => Lines): Lines {
  const nowMs = facts.atMs;
  facts.atMs = atMs;
  const lines = write();
  facts.atMs = nowMs;
  return lines;
}

export interface Start {
  /** Python has read its libraries. */
  readonly beginMs: number;
  readonly connectMs: number;
  readonly connectedMs: number;
}

/** Where the run does not say it. Assumed. */
const CONNECTING_MS = 2500;

/** When a start was that is over by now: all of its lines are written at once. */
export function startOf(facts: Facts): Start {
  const { atMs, rendezvousMs, connectedMs, connectingMs = CONNECTING_MS } = facts;
  const windowMs = atMs - rendezvousMs;
  // No event says when the ranks were connected.
  if (connectedMs < rendezvousMs)
    return startAt(facts, {
      afterMs: 0.3 * windowMs,
      lastsMs: Math.min(0.35 * windowMs, connectingMs),
    });
  // What is built after that takes its time too, and may be written only when it is over.
  const isOver = connectedMs < atMs;
  const leftMs = Math.max(0, connectedMs - rendezvousMs - connectingMs);
  if (isOver) return { ...startAt(facts, { afterMs: leftMs, lastsMs: 0 }), connectedMs };
  return startAt(facts, { afterMs: 0.7 * leftMs, lastsMs: connectingMs });
}

interface Connecting {
  /** Since the rendezvous. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

function startAt({ atMs, rendezvousMs }: Facts, { afterMs, lastsMs }: Connecting): Start {
  const connectMs = rendezvousMs + afterMs;
  return {
    beginMs: rendezvousMs + 0.55 * afterMs,
    connectMs,
    connectedMs: Math.min(atMs, connectMs + lastsMs),
  };
}

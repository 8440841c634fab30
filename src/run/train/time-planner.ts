/** How long a run will take, and how many epochs fit into the time it was given. */

import type { Clock } from "../../host.ts";
import type { Progress } from "./progress.ts";
import type { TrainPlan } from "./train.ts";

export interface TimePlanner {
  /** Steps and evaluation together. */
  epochTook(durationMs: number): void;
  /** Previews and checkpoints after an epoch; not every epoch has them. */
  besidesTook(durationMs: number): void;
  /** Until the last epoch is done. */
  etaMs(progress: Progress): number;
  /** As planned; where `minutes` were given, as many as fit. */
  epochsTotal(progress: Progress): number;
}

/** The last so many epochs say how long one takes; the first may have waited for caches. */
const EPOCHS_REMEMBERED = 7;

/** Share of the time left that previews, checkpoints and the model file may take. */
const RESERVED_SHARE = 0.03;

/** A plan is changed only if it is wrong by more than this. */
const TOLERANCE = 0.02;

/**
 * Growing lifts the learning rate again, so past the middle only a plan that would waste much of
 * the time grows, and near the end none does: there the rate must come to rest.
 */
const WASTE = 0.08;
const SETTLED_SHARE = { middle: 0.5, end: 0.85 } as const;

export function timePlanner(plan: TrainPlan, clock: Clock): TimePlanner {
  const durationsMs: number[] = [];
  let besidesMs = 0;
  let epochCount = 0;
  const { minutes, epochsAtMost } = plan.settings;
  const endMs = minutes === null ? Number.POSITIVE_INFINITY : plan.startedMs + minutes * 60_000;
  const epochMs = (): number => {
    const sorted = durationsMs.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    return median + besidesMs / Math.max(1, epochCount);
  };
  return {
    epochTook: (durationMs) => {
      durationsMs.push(durationMs);
      if (durationsMs.length > EPOCHS_REMEMBERED) durationsMs.shift();
      epochCount += 1;
    },
    besidesTook: (durationMs) => {
      besidesMs += durationMs;
    },
    etaMs: ({ epoch, epochsTotal }) => (epochsTotal - epoch) * epochMs(),
    epochsTotal: ({ epoch, epochsTotal }) => {
      if (minutes === null || epochMs() === 0) return epochsTotal;
      const leftMs = (endMs - clock.nowMs()) * (1 - RESERVED_SHARE);
      const fitting = Math.min(
        Math.max(epoch, epoch + Math.floor(leftMs / epochMs())),
        epochsAtMost ?? Number.POSITIVE_INFINITY,
      );
      const growth = fitting / Math.max(1, epochsTotal) - 1;
      return Math.abs(growth) <= TOLERANCE ||
        (growth > 0 && growth <= growthTolerated(epoch / epochsTotal))
        ? epochsTotal
        : fitting;
    },
  };
}

/** @param done Share of the run, 0 to 1. */
function growthTolerated(done: number): number {
  if (done <= SETTLED_SHARE.middle) return 0;
  return done <= SETTLED_SHARE.end ? WASTE : Number.POSITIVE_INFINITY;
}

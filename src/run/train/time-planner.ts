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

/** A plan is changed only if it is wrong by more than this, and not in the second half of a run. */
const TOLERANCE = 0.02;

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
      const wrong = Math.abs(fitting - epochsTotal) / Math.max(1, epochsTotal);
      const settled = epoch > epochsTotal / 2 && fitting >= epochsTotal;
      return wrong <= TOLERANCE || settled ? epochsTotal : fitting;
    },
  };
}

/** How long a run will take, and how many epochs fit into the time it was given. */

import type { Clock } from "../../host.ts";
import type { Progress } from "./progress.ts";
import type { TrainPlan } from "./train.ts";

/** What the time of a run goes into. An evaluation measures both sides, after an epoch. */
export type Work = "step" | "evaluation" | "previews" | "saving";

/**
 * Milliseconds that each usually takes here, as far as it is known. Plain JSON: a checkpoint holds
 * it, so that a resumed run need not guess.
 */
export type Pace = { readonly [W in Work]?: number };

export interface TimePlanner {
  took(work: Work, durationMs: number): void;
  readonly pace: Pace;
  /** Until the last epoch is done; 0 before anything was measured. */
  etaMs(progress: Progress): number;
  /** As planned; where `minutes` were given, as many as fit. */
  epochsTotal(progress: Progress): number;
}

/** At least this often a checkpoint is saved. */
export const SAVE_EVERY_MS = 10_000;

/** So many of the newest durations say how long one takes: what else a machine does changes. */
const REMEMBERED = 56;

/** Share of them that is left out at each end: a machine stumbles now and then. */
const TRIMMED_SHARE = 0.2;

/** Measuring a batch only goes forward through the model, which is a third of a step. */
const STEP_PER_MEASURED_BATCH = 3;

/** Share of the time left that the model file may take, and whatever is not foreseen. */
const RESERVED_SHARE = 0.03;

/** A plan is changed only if it is wrong by more than this. */
const TOLERANCE = 0.02;

/**
 * Growing lifts the learning rate again, so past the middle only a plan that would waste much of
 * the time grows, and near the end none does: there the rate must come to rest.
 */
const WASTE = 0.08;
const SETTLED_SHARE = { middle: 0.5, end: 0.85 } as const;

/** @param known From before a stop. */
export function timePlanner(plan: TrainPlan, clock: Clock, known: Pace = {}): TimePlanner {
  const { stepsPerEpoch, measuredBatches, settings } = plan;
  const { minutes, epochsAtMost } = settings;
  const endMs = minutes === null ? Number.POSITIVE_INFINITY : plan.startedMs + minutes * 60_000;
  const newest = new Map<Work, number[]>();
  const usualMs = (work: Work): number | undefined => usual(newest.get(work)) ?? known[work];
  const stepMs = (): number =>
    usualMs("step") ?? ((usualMs("evaluation") ?? 0) / measuredBatches) * STEP_PER_MEASURED_BATCH;
  /** What an epoch takes besides its steps. */
  const besidesMs = (): number => {
    const { epochsPerPreview, epochsPerCheckpoint } = settings;
    const saves = Math.max(share(epochsPerCheckpoint), (stepsPerEpoch * stepMs()) / SAVE_EVERY_MS);
    return (
      (usualMs("evaluation") ?? 0) +
      (usualMs("previews") ?? 0) * share(epochsPerPreview) +
      (usualMs("saving") ?? 0) * saves
    );
  };
  return {
    took: (work, durationMs) => {
      const before = newest.get(work) ?? [];
      newest.set(work, [...before, durationMs].slice(-REMEMBERED));
    },
    get pace() {
      const works = ["step", "evaluation", "previews", "saving"] as const;
      return Object.fromEntries(
        works.flatMap((work) => {
          const durationMs = usualMs(work);
          return durationMs === undefined ? [] : [[work, durationMs]];
        }),
      );
    },
    etaMs: ({ step, epoch, epochsTotal }) =>
      (epochsTotal * stepsPerEpoch - step) * stepMs() + (epochsTotal - epoch) * besidesMs(),
    epochsTotal: ({ step, epoch, epochsTotal }) => {
      if (minutes === null || stepMs() === 0) return epochsTotal;
      const leftMs = (endMs - clock.nowMs()) * (1 - RESERVED_SHARE);
      const spentMs = step * stepMs() + epoch * besidesMs();
      const begun = Math.max(1, Math.ceil(step / stepsPerEpoch));
      const epochMs = stepsPerEpoch * stepMs() + besidesMs();
      const fitting = Math.min(
        Math.max(begun, Math.floor((spentMs + leftMs) / epochMs)),
        epochsAtMost ?? Number.POSITIVE_INFINITY,
      );
      const growth = fitting / Math.max(1, epochsTotal) - 1;
      return Math.abs(growth) <= TOLERANCE ||
        (growth > 0 && growth <= growthTolerated(step / (epochsTotal * stepsPerEpoch)))
        ? epochsTotal
        : fitting;
    },
  };
}

/** The mean of the middle: of two the shorter, for the first one waits for caches and memory. */
function usual(durationsMs: readonly number[] | undefined): number | undefined {
  if (durationsMs === undefined) return undefined;
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const trimmed = Math.ceil(sorted.length * TRIMMED_SHARE);
  const middle = sorted.length > 2 * trimmed ? sorted.slice(trimmed, -trimmed) : sorted.slice(0, 1);
  return middle.reduce((sum, durationMs) => sum + durationMs, 0) / middle.length;
}

/** Of the epochs, how many have what comes every so many of them; 0 stands for never. */
function share(epochsBetween: number): number {
  return epochsBetween > 0 ? 1 / epochsBetween : 0;
}

/** @param done Share of the run, 0 to 1. */
function growthTolerated(done: number): number {
  if (done <= SETTLED_SHARE.middle) return 0;
  return done <= SETTLED_SHARE.end ? WASTE : Number.POSITIVE_INFINITY;
}

/** Estimates how long a run takes, and how many epochs fit into the given time. */

import type { Clock } from "../../host.ts";
import type { Pace, Work } from "./pace.ts";
import type { Progress } from "./progress.ts";
import type { TrainPlan } from "./train-plan.ts";

export interface TimePlanner {
  took(work: Work, durationMs: number): void;
  readonly pace: Pace;
  /** Until the last epoch is done; 0 before anything was measured. */
  etaMs(progress: Progress): number;
  /** True where a plan would be made up: it depends on the time of a step, which nobody has measured. */
  readonly isBlind: boolean;
  /** As planned; where `minutes` were given, as many as fit. */
  epochsTotal(progress: Progress): number;
  /** The same for who gives other minutes than were planned, even where all was done. */
  epochsThatFit(progress: Progress): number;
}

/** Longest time between checkpoints. */
export const SAVE_EVERY_MS = 10_000;

/** The estimate uses this many of the newest durations, because the load of a machine changes. */
const REMEMBERED = 56;

/** Share of them trimmed at each end, against outliers. */
const TRIMMED_SHARE = 0.2;

/** Of fewer than this many the first ones weigh too much: they wait for caches and memory. */
const MANY = 16;

/** Evaluating a batch is only a forward pass, a third of a step. */
const STEP_PER_MEASURED_BATCH = 3;

/** Share of the remaining time reserved for the model file and the unforeseen. */
const RESERVED_SHARE = 0.03;

/**
 * A plan is changed only if much is wrong with it: a longer one by this share of the whole, a shorter
 * one by this share of what is left, so that a run still ends in time.
 */
const TOLERANCE = 0.1;

/** A longer plan raises the learning rate again. From here on it must decay. */
const SETTLED_SHARE = 0.85;

/** @param known From before a stop. */
export function timePlanner(plan: TrainPlan, clock: Clock, known: Pace = {}): TimePlanner {
  const { stepsPerEpoch, measuredBatches, settings } = plan;
  const { minutes, epochsAtMost } = settings;
  const endMs = minutes === null ? Number.POSITIVE_INFINITY : plan.startedMs + minutes * 60_000;
  const newest = new Map<Work, number[]>();
  const usualMs = (work: Work): number | undefined => usual(newest.get(work)) ?? known[work];
  /** A few steps say less than those of another run on this machine. */
  const knownStepMs = (): number | undefined => {
    const count = newest.get("step")?.length ?? 0;
    const expected = known.step ?? plan.expectedStepMs;
    return count < MANY && expected !== undefined ? expected : usualMs("step");
  };
  const stepMs = (): number =>
    knownStepMs() ?? ((usualMs("evaluation") ?? 0) / measuredBatches) * STEP_PER_MEASURED_BATCH;
  /** The first one waits for caches and memory; a forward pass takes no longer than a step. */
  const evaluationMs = (): number => {
    const told = usualMs("evaluation") ?? 0;
    const isFirst = known.evaluation === undefined && newest.get("evaluation")?.length === 1;
    return isFirst ? Math.min(told, stepMs() * measuredBatches) : told;
  };
  /** What an epoch takes besides its steps. */
  const besidesMs = (): number => {
    const { epochsPerPreview, epochsPerCheckpoint } = settings;
    const saves = Math.max(share(epochsPerCheckpoint), (stepsPerEpoch * stepMs()) / SAVE_EVERY_MS);
    return (
      evaluationMs() +
      (usualMs("previews") ?? 0) * share(epochsPerPreview) +
      (usualMs("saving") ?? 0) * saves
    );
  };
  const epochsThatFit: TimePlanner["epochsThatFit"] = ({ step, epoch, epochsTotal }) => {
    if (minutes === null || stepMs() === 0) return epochsTotal;
    const leftMs = (endMs - clock.nowMs()) * (1 - RESERVED_SHARE);
    const spentMs = step * stepMs() + epoch * besidesMs();
    const begun = Math.max(1, Math.ceil(step / stepsPerEpoch));
    const epochMs = stepsPerEpoch * stepMs() + besidesMs();
    return Math.min(
      Math.max(begun, Math.floor((spentMs + leftMs) / epochMs)),
      epochsAtMost ?? Number.POSITIVE_INFINITY,
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
    epochsThatFit,
    get isBlind() {
      return minutes !== null && knownStepMs() === undefined;
    },
    epochsTotal: (progress) => {
      const { step, epoch, epochsTotal } = progress;
      const more = epochsThatFit(progress) - epochsTotal;
      const isSettled = step / (epochsTotal * stepsPerEpoch) > SETTLED_SHARE;
      const tolerated = more > 0 && isSettled ? Number.POSITIVE_INFINITY : TOLERANCE;
      const whole = more > 0 ? epochsTotal : epochsTotal - epoch;
      return Math.abs(more) <= tolerated * whole ? epochsTotal : epochsTotal + more;
    },
  };
}

/** Trimmed mean; of a few the mean of the shorter half. */
function usual(durationsMs: readonly number[] | undefined): number | undefined {
  if (durationsMs === undefined) return undefined;
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const trimmed = Math.ceil(sorted.length * TRIMMED_SHARE);
  const middle =
    sorted.length < MANY
      ? sorted.slice(0, Math.max(1, Math.floor(sorted.length / 2)))
      : sorted.slice(trimmed, -trimmed);
  return middle.reduce((sum, durationMs) => sum + durationMs, 0) / middle.length;
}

/** How many of the epochs have what happens every `every` epochs; 0 means never. */
function share(epochsBetween: number): number {
  return epochsBetween > 0 ? 1 / epochsBetween : 0;
}

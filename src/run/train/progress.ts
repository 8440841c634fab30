/**
 * How far a run has come: everything the loop must remember besides the model's numbers.
 * Plain JSON, so that a checkpoint can hold it.
 */

import * as v from "valibot";
import { count, fields, finite, numberWithin, type Shape, wholeNumber } from "../../checked.ts";
import type { Losses, Verdict } from "../../events/events.ts";
import type { Evaluation } from "./trainee.ts";

export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Epochs finished. */
  readonly epoch: number;
  /** Sums over the finished steps of the unfinished epoch. */
  readonly sums: Losses & { readonly count: number; readonly skipped: number };
  /** Validation reconstruction of every finished epoch. */
  readonly history: readonly number[];
  readonly best: { readonly epoch: number; readonly step: number; readonly value: number } | null;
  /** The last overfitting gap, for telling its warning once. */
  readonly warned: { readonly overfitting: boolean; readonly collapse: boolean };
  /** Time spent so far, stops left out. */
  readonly elapsedMs: number;
  /** The plan that is followed; `minutes` may change it. */
  readonly epochsTotal: number;
  /** Steps in a row that were skipped. */
  readonly skippedInRow: number;
}

/** As many as can be asked for, and more than a run by the clock gets through. */
export const EPOCHS_MAX = 1e9;

const losses = { total: finite, reconstruction: finite, kl: finite };

/** JSON has no word for a mean that is no finite number. */
const mean: Shape<number> = v.union([
  finite,
  v.pipe(
    v.null(),
    v.transform(() => Number.NaN),
  ),
]);

/** What a checkpoint may say: a run that goes on from anything else would go astray in silence. */
export const progressShape: Shape<Progress> = v.pipe(
  fields({
    step: count,
    epoch: count,
    sums: fields({ ...losses, count, skipped: count }),
    history: v.array(mean),
    best: v.nullable(fields({ epoch: count, step: count, value: finite })),
    warned: fields({ overfitting: v.boolean(), collapse: v.boolean() }),
    elapsedMs: numberWithin(0, Number.MAX_SAFE_INTEGER),
    epochsTotal: wholeNumber(1, EPOCHS_MAX),
    skippedInRow: count,
  }),
  v.check(
    ({ step, epoch, best }) => best === null || (best.step <= step && best.epoch <= epoch),
    "a best epoch that is done",
  ),
);

const noSums: Progress["sums"] = { total: 0, reconstruction: 0, kl: 0, count: 0, skipped: 0 };

export function progressAtStart(epochsTotal: number): Progress {
  return {
    step: 0,
    epoch: 0,
    sums: noSums,
    history: [],
    best: null,
    warned: { overfitting: false, collapse: false },
    elapsedMs: 0,
    epochsTotal,
    skippedInRow: 0,
  };
}

/** @param losses Absent when the step was skipped. */
export function afterStep(progress: Progress, losses: Losses | undefined): Progress {
  const { sums } = progress;
  return {
    ...progress,
    step: progress.step + 1,
    skippedInRow: losses === undefined ? progress.skippedInRow + 1 : 0,
    sums:
      losses === undefined
        ? { ...sums, skipped: sums.skipped + 1 }
        : {
            total: sums.total + losses.total,
            reconstruction: sums.reconstruction + losses.reconstruction,
            kl: sums.kl + losses.kl,
            count: sums.count + 1,
            skipped: sums.skipped,
          },
  };
}

export function afterEpoch(progress: Progress, evaluation: Evaluation): Progress {
  const value = evaluation.validation.reconstruction;
  const epoch = progress.epoch + 1;
  const best =
    Number.isFinite(value) && value < (progress.best?.value ?? Number.POSITIVE_INFINITY)
      ? { epoch, step: progress.step, value }
      : progress.best;
  return {
    ...progress,
    epoch,
    sums: noSums,
    history: [...progress.history, value],
    best,
    warned: {
      // Told again only if it was clearly better in between: gaps hover around their limit.
      overfitting: gapOf(evaluation) > GAP_LIMIT / (progress.warned.overfitting ? 2 : 1),
      collapse: evaluation.klDivergence < KL_DIVERGENCE_MIN,
    },
  };
}

/** Mean losses of the epoch's steps; zeros if all were skipped. */
export function meanLosses({ sums }: Progress): Losses {
  const count = Math.max(1, sums.count);
  return {
    total: sums.total / count,
    reconstruction: sums.reconstruction / count,
    kl: sums.kl / count,
  };
}

/** Above this the model knows its training files much better than the others. */
export const GAP_LIMIT = 0.2;

/** Below this sum over dimensions, in nats, the latents say nothing about the sound. */
const KL_DIVERGENCE_MIN = 0.5;

/** (validation - train) / train, both without dropout and augmentation; 0 if that means nothing. */
export function gapOf({ train, validation }: Evaluation): number {
  const gap = (validation.reconstruction - train.reconstruction) / train.reconstruction;
  return Number.isFinite(gap) && train.reconstruction > 0 ? gap : 0;
}

/** Share of the epochs so far in which a better one must lie for the run to count as improving. */
const PATIENCE_SHARE = 0.2;
const PATIENCE_EPOCHS_MIN = 3;

/** An improvement smaller than this is none that can be heard. */
const AUDIBLE_SHARE = 0.003;

/** @param progress After the epoch. */
export function verdictOf(
  progress: Progress,
  { gap, skipped }: { readonly gap: number; readonly skipped: number },
): Verdict {
  const { history, best } = progress;
  const last = history.at(-1) ?? Number.NaN;
  if (skipped > 0 || !Number.isFinite(last) || last > 2 * (best?.value ?? last)) return "unstable";
  const patience = Math.max(PATIENCE_EPOCHS_MIN, Math.round(history.length * PATIENCE_SHARE));
  const before = least(history.slice(0, -patience));
  const since = least(history.slice(-patience));
  if (since < before * (1 - AUDIBLE_SHARE)) return "improving";
  return gap > GAP_LIMIT && last > (best?.value ?? last) * (1 + AUDIBLE_SHARE)
    ? "overfitting"
    : "good enough";
}

/** A run may have more epochs than a call has room for arguments. */
function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

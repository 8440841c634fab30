/**
 * The progress of a run: all state of the loop besides the model and its data. Plain JSON, so that
 * a checkpoint can hold it.
 */

import * as v from "valibot";
import { count, fields, finite, numberWithin, type Shape, wholeNumber } from "../../checked.ts";
import type { Evaluation } from "./evaluation.ts";
import type { Pace } from "./pace.ts";

/** What the optimiser lowers, and the parts of it; `kl` unweighted, with free bits. */
export interface StepLosses {
  readonly total: number;
  readonly reconstruction: number;
  readonly kl: number;
}

export interface Progress {
  /** Steps done. */
  readonly step: number;
  /** Epochs finished. */
  readonly epoch: number;
  /** Sums over the finished steps of the unfinished epoch. */
  readonly sums: StepLosses & { readonly count: number; readonly skipped: number };
  /**
   * Reconstruction losses before the first step; of a run that an older version began, after the
   * first epoch that this one saw.
   */
  readonly start?: { readonly train: number; readonly validation: number };
  /**
   * Reconstruction losses on recordings that the model knew before the run: of the model before its
   * first step, and of the best so far.
   */
  readonly known?: { readonly start: number; readonly best: number };
  /** Validation reconstruction of every finished epoch. */
  readonly history: readonly number[];
  /** In epoch 0 for the model before its first step. */
  readonly best: { readonly epoch: number; readonly step: number; readonly value: number } | null;
  /** Warnings that hold for the last epoch, so that each is given once. */
  readonly warned: { readonly overfitting: boolean; readonly collapse: boolean };
  /** Time spent so far, pauses excluded. */
  readonly elapsedMs: number;
  /** The current plan; `minutes` may change it. */
  readonly epochsTotal: number;
  /** Steps in a row that were skipped. */
  readonly skippedInRow: number;
  /** Measured speed of this machine, for planning; it does not affect the model. */
  readonly pace?: Pace;
}

/** The most that can be requested, and more than a run with `minutes` reaches. */
export const EPOCHS_MAX = 1e9;

const losses = { total: finite, reconstruction: finite, kl: finite };

/** JSON cannot represent a mean that is not finite. */
const mean: Shape<number> = v.union([
  finite,
  v.pipe(
    v.null(),
    v.transform(() => Number.NaN),
  ),
]);

const durationMs = numberWithin(0, Number.MAX_SAFE_INTEGER);

/**
 * Validates the progress in a checkpoint: a run that continued from an invalid one would fail
 * silently.
 */
export const progressShape: Shape<Progress> = v.pipe(
  fields({
    step: count,
    epoch: count,
    start: v.exactOptional(fields({ train: mean, validation: mean })),
    known: v.exactOptional(fields({ start: mean, best: mean })),
    sums: fields({ ...losses, count, skipped: count }),
    history: v.array(mean),
    best: v.nullable(fields({ epoch: count, step: count, value: finite })),
    warned: fields({ overfitting: v.boolean(), collapse: v.boolean() }),
    elapsedMs: durationMs,
    epochsTotal: wholeNumber(1, EPOCHS_MAX),
    skippedInRow: count,
    pace: v.exactOptional(
      fields({
        step: v.exactOptional(durationMs),
        evaluation: v.exactOptional(durationMs),
        previews: v.exactOptional(durationMs),
        saving: v.exactOptional(durationMs),
      }),
    ),
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
export function afterStep(progress: Progress, losses: StepLosses | undefined): Progress {
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

/** The model before its first step is measured too: training must improve on it. */
export function afterStartMeasured(progress: Progress, evaluation: Evaluation): Progress {
  const measured = { ...progress, start: startOf(evaluation) };
  const best = betterOf(measured, evaluation);
  return { ...measured, best, ...knownAfter(progress, best, evaluation) };
}

export function afterEpoch(progress: Progress, evaluation: Evaluation): Progress {
  const { start = startOf(evaluation) } = progress;
  const measured = { ...progress, start, epoch: progress.epoch + 1 };
  const best = betterOf(measured, evaluation);
  return {
    ...measured,
    ...knownAfter(progress, best, evaluation),
    sums: noSums,
    history: [...progress.history, evaluation.validation.reconstruction],
    best,
    warned: {
      // Given again only after a clear improvement: gaps hover around the limit.
      overfitting:
        gapGrowthOf(measured, evaluation) > GAP_LIMIT / (progress.warned.overfitting ? 2 : 1),
      collapse: evaluation.klDivergence < KL_DIVERGENCE_MIN,
    },
  };
}

function knownAfter(
  before: Progress,
  best: Progress["best"],
  { known }: Evaluation,
): Pick<Progress, "known"> {
  if (known === undefined) return {};
  const now = known.reconstruction;
  const { start, best: last } = before.known ?? { start: now, best: now };
  return { known: { start, best: best === before.best ? last : now } };
}

function startOf({ train, validation }: Evaluation): NonNullable<Progress["start"]> {
  return { train: train.reconstruction, validation: validation.reconstruction };
}

function betterOf({ best, epoch, step }: Progress, { validation }: Evaluation): Progress["best"] {
  const value = validation.reconstruction;
  const better = Number.isFinite(value) && value < (best?.value ?? Number.POSITIVE_INFINITY);
  return better ? { epoch, step, value } : best;
}

/** Mean losses of the epoch's steps; zeros if all were skipped. */
export function meanLosses({ sums }: Progress): StepLosses {
  const count = Math.max(1, sums.count);
  return {
    total: sums.total / count,
    reconstruction: sums.reconstruction / count,
    kl: sums.kl / count,
  };
}

/** Above this growth of the gap the model is overfitting. */
export const GAP_LIMIT = 0.2;

/**
 * Below this sum over dimensions, in nats, the latents carry no information (posterior collapse).
 */
const KL_DIVERGENCE_MIN = 0.5;

/**
 * (validation - train) / train, both without dropout and augmentation; 0 where that is undefined.
 */
export function gapOf({ train, validation }: Evaluation): number {
  const gap = (validation.reconstruction - train.reconstruction) / train.reconstruction;
  return Number.isFinite(gap) && train.reconstruction > 0 ? gap : 0;
}

/**
 * Growth of validation / train since the start, as a share; 0 where that is undefined.
 *
 * The gap itself also reflects how hard the held-out files are. That part is there at the start and
 * cancels here: what remains is overfitting.
 */
export function gapGrowthOf({ start }: Progress, evaluation: Evaluation): number {
  if (start === undefined) return 0;
  const growth =
    ratio(evaluation.validation.reconstruction, evaluation.train.reconstruction) /
      ratio(start.validation, start.train) -
    1;
  return Number.isFinite(growth) ? growth : 0;
}

function ratio(validation: number, train: number): number {
  return train > 0 && validation > 0 ? validation / train : Number.NaN;
}

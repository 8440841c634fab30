/**
 * Classifies the course of a run's validation losses.
 *
 * Advice must not be refuted by the next ten epochs, so a verdict waits until the trend exceeds the
 * noise of the curve; until then it is "undecided".
 */

import type { Verdict } from "../../events/events.ts";

export interface Curve {
  /** Validation loss before the first step; absent where it was not measured. */
  readonly start?: number;
  /** Validation loss after each epoch, oldest first. */
  readonly history: readonly number[];
  /** How much the gap between validation and training has grown since the start, as a share. */
  readonly gapGrowth: number;
  /** Above this growth the model is overfitting. */
  readonly gapLimit: number;
  /** Steps of the last epoch that were skipped because of numbers that were not finite. */
  readonly skipped: number;
  /** The current learning rate as a share of its peak: a high one can still fall. */
  readonly learningRateShare: number;
}

/** Losses that differ by less sound alike. */
const AUDIBLE_SHARE = 0.003;

/** Improvement over the next ten epochs below which a run is good enough. */
const WORTHWHILE_SHARE = 0.005;

/**
 * The best epoch must be this far back, in epochs and as a share of those done, before the verdict
 * advises to stop.
 */
const PATIENCE_EPOCHS = 12;
const PATIENCE_SHARE = 0.2;

/** A run is improving if one of this many newest epochs is the best. */
const RECENT_EPOCHS = 3;
const RECENT_EPOCHS_MAX = 10;

/** Epochs that the trend is fitted to, and those that it predicts. */
const TREND_EPOCHS = 10;
const TREND_EPOCHS_MAX = 30;
const FORESIGHT_EPOCHS = 10;

/** Margin of the trend, in standard errors: errors of neighbouring epochs are correlated. */
const CAUTION = 4;

/** Above this multiple of the best, the last epoch has diverged. */
const BROKEN_RATIO = 2;

/** While the rate is higher, its fall may still lower a loss that has stopped falling. */
const SETTLED_LEARNING_RATE_SHARE = 0.2;

export function verdictOf(curve: Curve): Verdict {
  const { history, skipped, gapGrowth, gapLimit } = curve;
  const values = curve.start === undefined ? history : [curve.start, ...history];
  const last = history.at(-1) ?? Number.NaN;
  const best = least(values);
  if (skipped > 0 || !Number.isFinite(last) || last > BROKEN_RATIO * best) return "unstable";
  if (hasImproved(values)) return "improving";

  const { slope, slopeError, noise } = trendOf(history);
  const patience = Math.max(PATIENCE_EPOCHS, Math.round(PATIENCE_SHARE * history.length));
  const waited = values.length > patience && !improvedWithin(values, patience);
  const alike = best * (1 + AUDIBLE_SHARE + 2 * noise);
  const rises = slope > CAUTION * slopeError && staysAbove(alike, history);
  if (waited && rises && gapGrowth > gapLimit) return "overfitting";
  if (staysAbove(alike * (1 + WORTHWHILE_SHARE), history)) return "worse";
  const mostToCome = FORESIGHT_EPOCHS * (CAUTION * slopeError - slope);
  const settled = curve.learningRateShare <= SETTLED_LEARNING_RATE_SHARE;
  const rests = mostToCome <= WORTHWHILE_SHARE && least(history.slice(-RECENT_EPOCHS)) <= alike;
  return waited && rests && settled ? "good enough" : "undecided";
}

function hasImproved(values: readonly number[]): boolean {
  const recent = Math.round(PATIENCE_SHARE * values.length);
  return improvedWithin(values, Math.max(RECENT_EPOCHS, Math.min(RECENT_EPOCHS_MAX, recent)));
}

/**
 * Whether one of the newest values is audibly below all earlier ones. The first has no earlier
 * ones.
 */
function improvedWithin(values: readonly number[], count: number): boolean {
  const newest = Math.min(count, values.length - 1);
  if (newest === 0) return false;
  return least(values.slice(-newest)) < least(values.slice(0, -newest)) * (1 - AUDIBLE_SHARE);
}

/** Whether the newest epochs are all above `limit` and not falling. */
function staysAbove(limit: number, history: readonly number[]): boolean {
  const newest = history.slice(-RECENT_EPOCHS);
  const [first = 0] = newest;
  const last = newest.at(-1) ?? 0;
  return (
    newest.length === RECENT_EPOCHS &&
    newest.every((value) => value > limit) &&
    last >= first * (1 - AUDIBLE_SHARE)
  );
}

/** Shares of the loss: per epoch, and how far the values scatter around their trend. */
interface Trend {
  readonly slope: number;
  readonly slopeError: number;
  readonly noise: number;
}

/** A line through the logarithms of the newest losses, by least squares. */
function trendOf(history: readonly number[]): Trend {
  const length = Math.max(TREND_EPOCHS, Math.min(TREND_EPOCHS_MAX, Math.round(history.length / 3)));
  const logs = history.slice(-length).map((value) => Math.log(value));
  const count = logs.length;
  if (count < 3 || !logs.every(Number.isFinite)) return { slope: 0, slopeError: 1, noise: 0 };
  const centre = (count - 1) / 2;
  const mean = logs.reduce((sum, value) => sum + value, 0) / count;
  const spread = (count * (count * count - 1)) / 12;
  const slope = logs.reduce((sum, value, i) => sum + (i - centre) * value, 0) / spread;
  const squares = logs.reduce(
    (sum, value, i) => sum + (value - mean - slope * (i - centre)) ** 2,
    0,
  );
  const noise = Math.sqrt(squares / (count - 2));
  return { slope, slopeError: noise / Math.sqrt(spread), noise };
}

/** A run may have more epochs than a call may have arguments. */
function least(values: readonly number[]): number {
  return values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY);
}

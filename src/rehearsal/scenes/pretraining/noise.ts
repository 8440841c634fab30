/**
 * Noise of measured figures: step times, losses, gradient norms.
 *
 * Every draw belongs to a step and, where it belongs to machines, to the attempt as well: after a
 * restart the batches come again, but no step takes as long as it did and sums are added up in
 * another order. Functions of a seed without memory.
 */

import { fixedNormal, fixedShare, wander } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { exp, ln } from "../../engine/portable-math.ts";
import { NOISE_BATCH_TOKENS } from "../../laws/loss.ts";

/** A step of a run, and the start it belongs to, counted from 0. */
export interface StepPlace {
  readonly seed: number;
  readonly step: number;
  readonly attempt: number;
}

/** Makes the draws of two attempts as independent as those of two runs. */
const ATTEMPT_SEED = 7919;

export function attemptSeed(seed: number, attempt: number): number {
  return seed + ATTEMPT_SEED * attempt;
}

/** Collectives never take equally long, and what slows one step often slows the next. Assumed. */
export const STEP_SPREAD = 0.0065;
const STEP_MEMORY = 0.4;

/** Now and then something else wants the processor, the network or the file system. Assumed. */
const HICCUP = { chance: 1 / 180, least: 0.02, mean: 0.05 };
const DISTURBANCE = { chance: 1 / 4000, least: 0.15, mean: 0.4 };

/** Factor on the expected time of a step; its mean is 1.0005. */
export function stepTimeFactor({ seed, step, attempt }: StepPlace): number {
  const place = { seed: attemptSeed(seed, attempt), step };
  return (
    1 +
    STEP_SPREAD * remembering(place, PRETRAINING_DRAW.stepTime, STEP_MEMORY) +
    rare(place, PRETRAINING_DRAW.hiccup, HICCUP) +
    rare(place, PRETRAINING_DRAW.disturbance, DISTURBANCE)
  );
}

/** Neighbouring batches are alike: a part of the noise changes slowly. Assumed. */
const SLOW_STEPS = 40;
const SLOW_SHARE = 0.35;

/** Some batches are much harder or easier than others. Assumed. */
const ODD_BATCH = { chance: 0.015, times: 2 };

/** Standard deviation of this mixture. */
const MIXED_DEVIATION = 0.72;

/** Deviation of the loss of a step's batch, in units of its usual noise: 1 on average. */
export function batchNoise(seed: number, step: number): number {
  const odd =
    fixedShare(seed, step, PRETRAINING_DRAW.oddBatch) < ODD_BATCH.chance ? ODD_BATCH.times : 1;
  const slow = wander(seed + 1, PRETRAINING_DRAW.slowBatch, step / SLOW_STEPS);
  const whole =
    (1 - SLOW_SHARE) * odd * fixedNormal(seed, step, PRETRAINING_DRAW.batchLoss) +
    SLOW_SHARE * slow;
  return whole / MIXED_DEVIATION;
}

/** Steps of the plan, and the share of a batch that was planned for each. */
export type PlannedShares = readonly { readonly step: number; readonly share: number }[];

/** The same for a batch that holds what was planned for several. */
export function mixedBatchNoise(seed: number, shares: PlannedShares): number {
  let sum = 0;
  let squares = 0;
  for (const { step, share } of shares) {
    sum += share * batchNoise(seed, step);
    squares += share * share;
  }
  return sum / Math.sqrt(squares);
}

/**
 * Of the logarithm of a norm at `NOISE_BATCH_TOKENS`, and how much of it the next step has.
 * Assumed.
 */
const GRADIENT_SPREAD = 0.075;
const GRADIENT_MEMORY = 0.35;
/** A batch with a higher loss mostly has a larger gradient. Assumed. */
const GRADIENT_FROM_LOSS = 0.4;
const LARGE_GRADIENT = { chance: 1 / 150, least: 0.2, mean: 0.35 };

/** Logarithm of a step's gradient norm over its median. @param loss From `mixedBatchNoise` */
export function gradientNoise(
  seed: number,
  step: number,
  { loss, batchTokens }: { readonly loss: number; readonly batchTokens: number },
): number {
  const spread = gradientSpread(batchTokens);
  const own = Math.sqrt(1 - GRADIENT_FROM_LOSS * GRADIENT_FROM_LOSS);
  const usual =
    own * remembering({ seed, step }, PRETRAINING_DRAW.gradient, GRADIENT_MEMORY) +
    GRADIENT_FROM_LOSS * loss;
  return spread * usual + rare({ seed, step }, PRETRAINING_DRAW.largeGradient, LARGE_GRADIENT);
}

/** Deviation of that logarithm. */
export function gradientSpread(batchTokens: number): number {
  const times = Math.sqrt(Math.sqrt(NOISE_BATCH_TOKENS / batchTokens));
  return GRADIENT_SPREAD * Math.min(2.5, Math.max(0.5, times));
}

/** Factor on the expected time of something that takes seconds: log-normal. */
export function durationFactor(
  { seed, step, attempt }: StepPlace,
  which: number,
  spread: number,
): number {
  const place = { seed: attemptSeed(seed, attempt), step };
  const usual = exp(spread * fixedNormal(place.seed, step, which));
  return usual + rare(place, which + 1, { chance: 0.03, least: 0.2, mean: 0.5 });
}

interface Place {
  readonly seed: number;
  readonly step: number;
}

/** Weights of older steps are too small to be seen. */
const MEMORY_STEPS = 5;

/** Normal with deviation 1 whose neighbours are alike: a moving sum with geometric weights. */
function remembering({ seed, step }: Place, which: number, memory: number): number {
  let sum = 0;
  let squares = 0;
  for (let back = 0, weight = 1; back < MEMORY_STEPS; back += 1, weight *= memory) {
    sum += weight * fixedNormal(seed, step - back, which);
    squares += weight * weight;
  }
  return sum / Math.sqrt(squares);
}

interface Rare {
  readonly chance: number;
  readonly least: number;
  /** Of what comes on top of the least, which falls off exponentially. */
  readonly mean: number;
}

function rare({ seed, step }: Place, which: number, { chance, least, mean }: Rare): number {
  if (fixedShare(seed, step, which) >= chance) return 0;
  return least - mean * ln(1 - fixedShare(seed, step, which + 1000));
}

/**
 * How a run that was restarted departs from what it would have been.
 *
 * Sums are added up in another order, so the weights move apart: in the fifth or sixth digit of
 * the loss at first, by all that training forgives after some hundred steps. A checkpoint has the
 * departures of all starts before it, and whoever restores it begins from those.
 */

import { fixedNormal } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { attemptSeed } from "./noise.ts";

/** The how many-th start of the processes, counted from 0, and the step that it goes on from. */
export interface Start {
  readonly attempt: number;
  readonly step: number;
}

/** Relative deviations. */
export interface Drift {
  readonly loss: number;
  readonly gradient: number;
  /** Of the loss on what is held out: a mean over more, and over no noise of training. */
  readonly evaluation: number;
}

const FULL: Drift = { loss: 4e-4, gradient: 0.012, evaluation: 2e-4 };
const GROWING_STEPS = 300;
const FIRST_SHARE = 0.02;

const NONE: Drift = { loss: 0, gradient: 0, evaluation: 0 };

/** Of a step from what it would have been without any restart. @param starts Oldest first */
export function driftAt(seed: number, step: number, starts: readonly Start[]): Drift {
  return starts.reduce((before, start) => {
    if (start.attempt === 0) return NONE;
    const own = attemptSeed(seed, start.attempt);
    const grown = grownShare(step, start);
    const kept = Math.sqrt(1 - grown * grown);
    const mixed = (name: keyof Drift, which: number): number =>
      kept * before[name] + grown * FULL[name] * fixedNormal(own, step, which);
    return {
      loss: mixed("loss", PRETRAINING_DRAW.driftLoss),
      gradient: mixed("gradient", PRETRAINING_DRAW.driftGradient),
      evaluation: mixed("evaluation", PRETRAINING_DRAW.driftEvaluation),
    };
  }, NONE);
}

function grownShare(step: number, start: Start): number {
  return Math.min(1, FIRST_SHARE + (step - start.step) / GROWING_STEPS);
}

/** The starts that still tell at a step: what has departed wholly has forgotten where from. */
export function lastingStarts(starts: readonly Start[], step: number): readonly Start[] {
  const last = starts.findLastIndex((start) => grownShare(step, start) === 1);
  return last <= 0 ? starts : starts.slice(last);
}

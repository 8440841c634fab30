/**
 * How the losses of a restarted run differ from those of an undisturbed one.
 *
 * Sums are added up in another order, so the weights move apart: in the fifth or sixth digit of
 * the loss at first, by all that training forgives after some hundred steps. A checkpoint has the
 * departures of all starts before it, and a run that restores it begins from those.
 */

import { fixedNormal } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { attemptSeed } from "./noise.ts";

/** Number of the start, counted from 0, and the step it continues from. */
export interface Start {
  readonly attempt: number;
  readonly step: number;
}

export type Departing = "loss" | "gradient" | "evaluation";

/** What departs, by how much in the end (relative, assumed), and the draw of it. */
const DEPARTURES: Readonly<Record<Departing, { readonly full: number; readonly draw: number }>> = {
  loss: { full: 4e-4, draw: PRETRAINING_DRAW.driftLoss },
  gradient: { full: 0.012, draw: PRETRAINING_DRAW.driftGradient },
  // Of the loss on what is held out: a mean over more, and over no noise of training.
  evaluation: { full: 2e-4, draw: PRETRAINING_DRAW.driftEvaluation },
};

/** Steps in which a departure grows, and its share in the first of them. Assumed. */
const GROWING_STEPS = 300;
const FIRST_SHARE = 0.02;

export interface Restarted {
  readonly seed: number;
  /** Restarts before the step, oldest first. */
  readonly starts: readonly Start[];
}

/** Relative deviation of a figure of a step from what it would have been without any restart. */
export function driftAt(figure: Departing, step: number, { seed, starts }: Restarted): number {
  const { full, draw } = DEPARTURES[figure];
  return starts.reduce((before, start) => {
    if (start.attempt === 0) return 0;
    const grown = grownShare(step, start);
    const own = fixedNormal(attemptSeed(seed, start.attempt), step, draw);
    return Math.sqrt(1 - grown * grown) * before + grown * full * own;
  }, 0);
}

function grownShare(step: number, start: Start): number {
  return Math.min(1, FIRST_SHARE + (step - start.step) / GROWING_STEPS);
}

/** The restarts that still matter at a step; fully grown deviations replace older ones. */
export function lastingStarts(starts: readonly Start[], step: number): readonly Start[] {
  const last = starts.findLastIndex((start) => grownShare(step, start) === 1);
  return last <= 0 ? starts : starts.slice(last);
}

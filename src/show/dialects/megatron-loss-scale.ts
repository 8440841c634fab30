/**
 * The loss scale of a run in float16, as Megatron-LM's dynamic scaler moves it.
 *
 * It starts far too high, so that the first steps overflow one after the other and are skipped,
 * each but the first halving it. After a thousand good steps in a row it is doubled, for a try.
 *
 * Source: `core/optimizer/grad_scaler.py`, with the defaults of `training/arguments.py`. A run
 * does not tell where its gradients overflow: that is drawn here, for each step.
 */

import { uniform } from "../../random.ts";
import { around, drawsOf } from "./drawn.ts";
import type { Facts } from "./facts.ts";

/** Powers of two. */
const INITIAL = 32;
const LEAST = 0;
const WINDOW_STEPS = 1000;
const HYSTERESIS = 2;

export interface ScaledStep {
  readonly lossScale: number;
  /** A gradient overflowed, and the weights stayed as they were. */
  readonly isSkipped: boolean;
}

/** @returns What the scale is after a step; asked again, it is the same. */
export function lossScales(facts: Facts): (step: number) => ScaledStep {
  let done = 0;
  let scale = INITIAL;
  let goodSteps = 0;
  let patience = HYSTERESIS;
  let isSkipped = false;
  const advance = (): void => {
    done += 1;
    isSkipped = scale > overflowFrom(facts, done);
    if (isSkipped) {
      goodSteps = 0;
      patience -= 1;
      if (patience <= 0) scale = Math.max(LEAST, scale - 1);
      return;
    }
    goodSteps += 1;
    if (goodSteps < WINDOW_STEPS) return;
    goodSteps = 0;
    patience = HYSTERESIS;
    scale += 1;
  };
  return (step) => {
    // A restart goes back, and the scale with the checkpoint.
    if (step < done) {
      done = 0;
      scale = INITIAL;
      goodSteps = 0;
      patience = HYSTERESIS;
    }
    while (done < step) advance();
    return { lossScale: 2 ** scale, isSkipped };
  };
}

/** The power of two above which a gradient of this step overflows. */
function overflowFrom(facts: Facts, step: number): number {
  const usual = uniform(drawsOf(facts, "overflow"), 17.1, 20.4);
  return usual + Math.log2(around(drawsOf(facts, "overflow", step), 1, 0.08));
}

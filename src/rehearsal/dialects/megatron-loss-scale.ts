/**
 * The loss scale of a run in float16, as Megatron-LM's dynamic scaler moves it: down where the run
 * skips steps, up after a thousand good ones in a row.
 *
 * Source: `core/optimizer/grad_scaler.py`, with the defaults of `training/arguments.py` but for
 * where it starts. A run says which steps were skipped, and no step is skipped but those; so the
 * scale stops growing before it would make a gradient overflow, which is drawn once for each run.
 */

import { below } from "../../random.ts";
import { drawsOf } from "./draws.ts";
import type { Facts } from "./facts.ts";

/** Where scales begin, usually set lower than the default, 2^32, which skips a dozen steps. */
export const INITIAL_LOSS_SCALE = 65_536;

/** Powers of two: the largest scale of a run, from the first of them up to the last. */
const CEILINGS = [17, 21] as const;
const LEAST = 1;
const WINDOW_STEPS = 1000;
const HYSTERESIS = 2;

/** @returns The scale after the next step, which was skipped or not. */
export function lossScales(facts: Facts): (isSkipped: boolean) => number {
  let scale = INITIAL_LOSS_SCALE;
  let goodSteps = 0;
  let patience = HYSTERESIS;
  return (isSkipped) => {
    if (isSkipped) {
      goodSteps = 0;
      patience -= 1;
      if (patience <= 0) scale = Math.max(LEAST, scale / 2);
      return scale;
    }
    goodSteps += 1;
    if (goodSteps < WINDOW_STEPS) return scale;
    goodSteps = 0;
    patience = HYSTERESIS;
    scale = Math.min(ceiling(facts), scale * 2);
    return scale;
  };
}

function ceiling(facts: Facts): number {
  const [low, high] = CEILINGS;
  return 2 ** (low + below(drawsOf(facts, "loss-scale"), high - low + 1));
}

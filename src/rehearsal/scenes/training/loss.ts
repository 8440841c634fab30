/**
 * The loss of a short training: from guessing all tokens alike, exponentially, to a floor.
 *
 * Both ends hold whatever the length: a longer run falls more slowly, and still falls in its last
 * steps. The noise is a share of the loss that shrinks with it, and an untrained model finds all
 * batches equally hard.
 */

import { fixedShare } from "../../engine/chance.ts";
import { TRAINING_DRAW } from "../../engine/draws.ts";
import { exp, rounded } from "../../engine/portable-math.ts";
import type { IncidentScript } from "../../incidents/script.ts";
import type { Plan } from "../../plan/plan.ts";

/** What a run falls along: its ends, in nats, and how many steps it takes. */
export interface LossCourse {
  readonly startLoss: number;
  readonly floorLoss: number;
  readonly stepsTotal: number;
}

/** e to minus this is left of the way at the end: 0.002 a step, in a run of 2,000. */
const DECAY = 4;

/** Deviation of the loss of a batch at the beginning, as a share of it. Assumed. */
const NOISE_SHARE = 0.03;
/** The share of the first loss that has to be gone for the full noise. Assumed. */
const KNOWING_FROM = 0.02;

/** Of its tokens: nearly as good as models of that size get. Bigger ones get further. */
export function lossEnds(
  { parameters, setup }: Plan,
  seed: number,
): Omit<LossCourse, "stepsTotal"> {
  const billions = Math.min(500, Math.max(1, parameters / 1e9));
  const size = Math.log2(billions) / Math.log2(500);
  const share = (which: number) => fixedShare(seed, which, TRAINING_DRAW.loss);
  return {
    startLoss: rounded(Math.log(setup.shape.vocab) + 0.3 * share(1), 4),
    floorLoss: rounded(1.8 - 0.3 * size + 0.08 * share(2), 4),
  };
}

/** Of the model before the step, which is the one that finds it. */
export function expectedLoss(
  { startLoss, floorLoss, stepsTotal }: LossCourse,
  step: number,
): number {
  return floorLoss + (startLoss - floorLoss) * exp((-DECAY * (step - 1)) / stepsTotal);
}

/** Deviation of the loss of one batch, as a share of it. */
export function lossNoise(course: LossCourse, step: number): number {
  const share = expectedLoss(course, step) / course.startLoss;
  return NOISE_SHARE * share * Math.min(1, (1 - share) / KNOWING_FROM);
}

/** Where in an epoch a spike may begin: it is over long before what is measured at the end. */
const SPIKE_SHARES = [0.1, 0.85] as const;

/** One spike by chance, now and then two, as published runs have them. */
export function spikesOf(
  seed: number,
  { epochs, stepsPerEpoch }: { readonly epochs: number; readonly stepsPerEpoch: number },
): IncidentScript[] {
  const share = (place: number) => fixedShare(seed, place, TRAINING_DRAW.spike);
  const count = share(1) < 0.3 ? 2 : 1;
  const [from, to] = SPIKE_SHARES;
  return Array.from({ length: count }, (_, i) => {
    const epoch = (Math.floor(epochs * share(2)) + i) % epochs;
    const step = stepsPerEpoch * (epoch + from + (to - from) * share(3 + i));
    return { kind: "loss-spike", step: Math.round(step), byChance: true };
  });
}

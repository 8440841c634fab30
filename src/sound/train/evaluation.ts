/** Measures a model at the end of an epoch, on both sides of the split alike. */

import type { Examples } from "../model/conditions.ts";
import type { Learner } from "../model/learner.ts";
import type { MeasuredBatches } from "./training-data.ts";

export interface SideLosses {
  readonly reconstruction: number;
  readonly kl: number;
}

export interface Evaluation {
  readonly train: SideLosses;
  readonly validation: SideLosses;
  /** Of recordings that the model knew before the run; absent where there are none. */
  readonly known?: SideLosses;
  /** Of the validation side, summed over dimensions, in nats. */
  readonly klDivergence: number;
  readonly activeUnits: number;
  /** Dimensions of the latent space. */
  readonly dimensions: number;
}

/** A latent dimension is active above this KL divergence, in nats. */
const ACTIVE_NATS = 0.05;

/** @throws the signal's reason when it aborts between two batches. */
export async function evaluate(
  learner: Pick<Learner, "measure">,
  measured: MeasuredBatches,
  signal: AbortSignal,
): Promise<Evaluation> {
  const train = await measureAll(learner, measured.train, signal);
  const { klPerDimension, ...validation } = await measureAll(learner, measured.validation, signal);
  const [first] = measured.known;
  const known = first && (await measureAll(learner, measured.known, signal));
  return {
    ...(known && { known: { reconstruction: known.reconstruction, kl: known.kl } }),
    train: { reconstruction: train.reconstruction, kl: train.kl },
    validation,
    klDivergence: klPerDimension.reduce((sum, value) => sum + value, 0),
    activeUnits: klPerDimension.filter((value) => value > ACTIVE_NATS).length,
    dimensions: klPerDimension.length,
  };
}

async function measureAll(
  learner: Pick<Learner, "measure">,
  batches: readonly Examples[],
  signal: AbortSignal,
): Promise<SideLosses & { klPerDimension: Float32Array }> {
  let reconstruction = 0;
  let kl = 0;
  let perDimension: Float32Array | undefined;
  for (const examples of batches) {
    signal.throwIfAborted();
    const measured = await learner.measure(examples);
    reconstruction += measured.reconstruction / batches.length;
    kl += measured.kl / batches.length;
    const share = measured.klPerDimension.map((value) => value / batches.length);
    perDimension = perDimension?.map((value, i) => value + (share[i] ?? 0)) ?? share;
  }
  return { reconstruction, kl, klPerDimension: perDimension ?? new Float32Array(0) };
}

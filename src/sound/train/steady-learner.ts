/**
 * A learner on a GPU that loses nothing when the GPU fails: lost, out of memory, or plainly wrong.
 *
 * Every few steps the state is copied off the GPU; what was learned from since then is kept. After a
 * failure a learner on the processor takes those steps again, and goes on.
 */

import { messageOf } from "../../errors.ts";
import {
  type Batch,
  type Learner,
  type LearnerOptions,
  openLearner,
  type StepResult,
  type StepSettings,
} from "../model/learner.ts";
import type { Recipe } from "../model/recipe.ts";
import { copyOfState } from "../model/trained-state.ts";
import type { Runtime } from "../tensor/runtime.ts";

/** Steps between two copies: to take so many again on the processor takes a second or two. */
const STEPS_KEPT = 8;

export interface SteadyRuntimes {
  readonly gpu: Runtime;
  /** Where training goes on. */
  readonly processor: Runtime;
  /** Called once, after training has gone over. @param step The last that was done before. */
  onLost(failure: string, step: number): void;
}

interface KeptStep {
  readonly batch: Batch;
  readonly settings: StepSettings;
}

export async function openSteadyLearner(
  { gpu, processor, onLost }: SteadyRuntimes,
  recipe: Recipe,
  options: LearnerOptions,
): Promise<Learner> {
  let learner = await openLearner(gpu, recipe, options);
  let isOnGpu = true;
  let copy = copyOfState(await learner.state());
  let since: KeptStep[] = [];
  let lastStep = 0;

  const goOver = async (failure: unknown): Promise<void> => {
    isOnGpu = false;
    // What is left of a lost device may not even be released.
    await learner.release().catch(() => undefined);
    learner = await openLearner(processor, recipe, { ...options, state: copy });
    for (const { batch, settings } of since) await learner.step(batch, settings);
    since = [];
    onLost(messageOf(failure), lastStep);
  };
  /** Runs it on the current learner; again on the processor if the GPU fails. */
  const steadily = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isOnGpu) return work();
    try {
      return await work();
    } catch (failure) {
      await goOver(failure);
      return work();
    }
  };
  const keepStep = async (batch: Batch, settings: StepSettings): Promise<void> => {
    since.push({ batch: copyOfBatch(batch), settings });
    if (since.length < STEPS_KEPT) return;
    try {
      copy = await learner.state();
      since = [];
    } catch (failure) {
      await goOver(failure);
    }
  };

  return {
    layout: learner.layout,
    get device() {
      return learner.device;
    },
    step: async (batch, settings) => {
      const result = await steadily(async () => believable(await learner.step(batch, settings)));
      lastStep = settings.step;
      if (isOnGpu) await keepStep(batch, settings);
      return result;
    },
    measure: (examples) => steadily(() => learner.measure(examples)),
    state: () => steadily(() => learner.state()),
    release: () => learner.release(),
  };
}

/** A device that is gone may give zeros without a word: a step with finite losses says so itself. */
function believable(result: StepResult): StepResult {
  const { finite, total, gradientNorm } = result;
  const isContradiction = !finite && Number.isFinite(total) && Number.isFinite(gradientNorm);
  if (isContradiction) throw new Error("it gave numbers that cannot be");
  return result;
}

/** Its arrays are filled again for the next step. */
function copyOfBatch({ frames, conditions, noise, dropped }: Batch): Batch {
  return {
    frames: Float32Array.from(frames),
    conditions: Float32Array.from(conditions),
    noise: Float32Array.from(noise),
    dropped: Float32Array.from(dropped),
  };
}

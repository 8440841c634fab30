/** What a training is to do, as far as it is known before its first step. */

import type { TrainSettings } from "./settings.ts";

export interface TrainPlan {
  readonly settings: TrainSettings;
  readonly stepsPerEpoch: number;
  readonly audioSecondsPerStep: number;
  readonly parameterCount: number;
  /** Of both sides together. */
  readonly measuredBatches: number;
  /** When the run began, by the clock, as if it had never stopped: `minutes` counts from there. */
  readonly startedMs: number;
  /** The run goes on with other minutes than it had. */
  readonly hasOtherMinutes?: boolean;
  /** Of a step, as measured on this machine before; absent where it was not. */
  readonly expectedStepMs?: number | undefined;
}

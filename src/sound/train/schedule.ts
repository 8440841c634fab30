/** Schedules of the learning rate and the KL weight. Pure functions of the step. */

import type { StepSettings } from "../model/learner.ts";
import type { TrainSettings } from "./settings.ts";

/** Share of the highest learning rate that is left at the end. */
const LAST_SHARE = 0.02;

/**
 * Linear warm-up, then half a cosine down.
 *
 * @param step Counted from 1, up to `stepsTotal`.
 */
export function learningRateAt(settings: TrainSettings, step: number, stepsTotal: number): number {
  const { learningRate, warmUpSteps } = settings;
  const warmUp = Math.min(1, step / Math.max(1, Math.min(warmUpSteps, stepsTotal / 4)));
  const cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(1, (step - 1) / Math.max(1, stepsTotal))));
  return learningRate * warmUp * (LAST_SHARE + (1 - LAST_SHARE) * cosine);
}

/** Linear from 0 to `klWeight` over the first `klWarmUp` of the run; at once where that is 0. */
export function klWeightAt(settings: TrainSettings, step: number, stepsTotal: number): number {
  const warmUpSteps = settings.klWarmUp * stepsTotal;
  return warmUpSteps === 0
    ? settings.klWeight
    : settings.klWeight * Math.min(1, (step - 1) / warmUpSteps);
}

/** @param step Counted from 1, up to `stepsTotal`. */
export function stepSettingsAt(
  settings: TrainSettings,
  step: number,
  stepsTotal: number,
): StepSettings {
  return {
    step,
    learningRate: learningRateAt(settings, step, stepsTotal),
    klWeight: klWeightAt(settings, step, stepsTotal),
    weightDecay: settings.weightDecay,
    clipNorm: settings.clipNorm,
  };
}

/** Builds the news of the training loop about its plan, steps and epochs. */

import type { EpochDone, Losses, News } from "../../events/events.ts";
import type { Json } from "../../json.ts";
import type { StepResult, StepSettings } from "../model/learner.ts";
import type { Evaluation } from "./evaluation.ts";
import { forgottenNews } from "./going-on.ts";
import {
  GAP_LIMIT,
  gapGrowthOf,
  gapOf,
  meanLosses,
  type Progress,
  type StepLosses,
} from "./progress.ts";
import { stepSettingsAt } from "./schedule.ts";
import type { TrainPlan } from "./train-plan.ts";
import { verdictOf } from "./verdict.ts";

/** What goes into the sums of its epoch; undefined for a step that was skipped. */
export function lossesOf(result: StepResult): StepLosses | undefined {
  const { finite, total, reconstruction, kl } = result;
  return finite ? { total, reconstruction, kl } : undefined;
}

function newsOf({ total, reconstruction, kl }: StepLosses, klWeight: number): Losses {
  return { loss: total, vae: { reconstruction, kl, klWeight } };
}

/** @param etaMs What the steps to come will take; 0 if that is not known. */
export function planNews(plan: TrainPlan, { epochsTotal }: Progress, etaMs: number): News {
  const { stepsPerEpoch, settings, parameterCount, audioSecondsPerStep } = plan;
  return {
    type: "plan-made",
    epochsTotal,
    stepsPerEpoch,
    stepsTotal: epochsTotal * stepsPerEpoch,
    batchSize: settings.batchSize,
    parameterCount,
    audioSecondsPerStep,
    ...(etaMs > 0 && { expectedMs: etaMs }),
    configuration: { ...settings } as unknown as { readonly [key: string]: Json },
  };
}

export function stepNews(
  result: StepResult,
  { learningRate, klWeight, clipNorm }: StepSettings,
  about: { readonly plan: TrainPlan; readonly progress: Progress; readonly durationMs: number },
): News {
  const { plan, progress, durationMs } = about;
  const losses = lossesOf(result);
  return {
    type: "step-done",
    step: progress.step,
    epoch: progress.epoch + 1,
    ...(losses && newsOf(losses, klWeight)),
    learningRate,
    ...(Number.isFinite(result.gradientNorm) && { gradientNorm: result.gradientNorm }),
    clipped: result.gradientNorm > clipNorm,
    skipped: !result.finite,
    durationMs,
    audioSecondsPerSecond: plan.audioSecondsPerStep / (durationMs / 1000),
  };
}

interface EpochFacts {
  readonly plan: TrainPlan;
  /** Before the evaluation: holds the sums of the steps. */
  readonly before: Progress;
  readonly progress: Progress;
  readonly etaMs: number;
}

export function epochNews(evaluation: Evaluation, facts: EpochFacts): EpochDone {
  const { plan, before, progress, etaMs } = facts;
  const { settings, stepsPerEpoch } = plan;
  // Of the last step, which followed the previous plan.
  const last = stepSettingsAt(settings, before.step, before.epochsTotal * stepsPerEpoch);
  const { learningRate, klWeight } = last;
  const side = ({ reconstruction, kl }: Evaluation["train"]): Losses =>
    newsOf({ total: reconstruction + klWeight * kl, reconstruction, kl }, klWeight);
  const gapGrowth = gapGrowthOf(progress, evaluation);
  return {
    type: "epoch-done",
    epoch: progress.epoch,
    epochsTotal: progress.epochsTotal,
    step: progress.step,
    stepLosses: newsOf(meanLosses(before), klWeight),
    trainLosses: side(evaluation.train),
    validationLosses: side(evaluation.validation),
    overfittingGap: gapOf(evaluation),
    gapGrowth,
    latents: {
      klDivergence: evaluation.klDivergence,
      activeUnits: evaluation.activeUnits,
      dimensions: evaluation.dimensions,
    },
    best: progress.best?.epoch === progress.epoch,
    learningRate,
    verdict: verdictOf({
      ...(progress.start && { start: progress.start.validation }),
      history: progress.history,
      gapGrowth,
      gapLimit: GAP_LIMIT,
      skipped: before.sums.skipped,
      learningRateShare: learningRate / settings.learningRate,
    }),
    elapsedMs: progress.elapsedMs,
    etaMs,
  };
}

/** The baseline before training, where it was measured. */
export function* startNews({ start }: Progress): Generator<News> {
  if (start === undefined) return;
  const { train, validation } = start;
  if (!Number.isFinite(train) || !Number.isFinite(validation)) return;
  yield {
    type: "start-measured",
    trainTaskLoss: train,
    validationTaskLoss: validation,
  };
}

/** Given before the model is saved. */
export function* endNotices(progress: Progress): Generator<News> {
  yield* forgottenNews(progress);
  const { best, start, history } = progress;
  if (best?.epoch !== 0 || start === undefined || history.length === 0) return;
  yield {
    type: "notice",
    level: "warning",
    code: "nothing-learned",
    text: `training did not help: no epoch was better on the validation files than the model before its first step (${best.value.toPrecision(3)}), so that one is saved`,
    hint: "A lower --lr or more recordings may help.",
  };
}

/** Each warning once when its condition begins, not every epoch. */
export function* epochNotices(
  before: Progress,
  after: Progress,
  evaluation: Evaluation,
): Generator<News> {
  if (after.warned.overfitting && !before.warned.overfitting) {
    const percent = Math.round(100 * gapGrowthOf(after, evaluation));
    yield {
      type: "notice",
      level: "warning",
      code: "overfitting",
      text: `overfitting: the gap between training and validation files has grown by ${percent} % since the start (over ${100 * GAP_LIMIT} % is a lot)`,
      hint: "More recordings help most. The best epoch is kept.",
    };
  }
  if (after.warned.collapse && !before.warned.collapse) {
    yield {
      type: "notice",
      level: "warning",
      code: "posterior-collapse",
      text: `the latents carry almost no information about the sound (KL divergence ${evaluation.klDivergence.toFixed(2)} nats)`,
      hint: "Lower --kl-weight, or raise --kl-warmup.",
    };
  }
}

/**
 * The training loop. Reads top to bottom; everything it calls is passed in.
 *
 * Nothing in it depends on the time of day or on how fast it goes, but for `minutes`,
 * which plans by the clock. So the same seed gives the same numbers, and a run that was
 * stopped and resumed gives the numbers of one that never was.
 */

import type { EpochDone, Json, Losses, News, RunEnded } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import type { StepSettings } from "../../model/learner.ts";
import {
  afterEpoch,
  afterStep,
  GAP_LIMIT,
  gapOf,
  meanLosses,
  type Progress,
  verdictOf,
} from "./progress.ts";
import { klWeightAt, learningRateAt } from "./schedule.ts";
import type { TrainSettings } from "./settings.ts";
import { timePlanner } from "./time-planner.ts";
import type { Evaluation, Trainee, TraineeStep } from "./trainee.ts";

export type SaveReason = "interval" | "time" | "cancelled" | "finished";

export interface TrainTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Writes a checkpoint; the news of it. */
  save(progress: Progress, reason: SaveReason): Promise<News>;
  /** The average weights are the best so far; remembers them. */
  keepBest(progress: Progress): void;
  /** Makes sounds to listen to, and tells of each. */
  preview(progress: Progress): AsyncIterable<News>;
  /** Bytes that the process holds. */
  memoryBytes(): number;
}

export interface TrainPlan {
  readonly settings: TrainSettings;
  readonly stepsPerEpoch: number;
  readonly audioSecondsPerStep: number;
  readonly parameterCount: number;
  /** When the run began, by the clock, as if it had never stopped: `minutes` counts from there. */
  readonly startedMs: number;
}

/** At least this often a checkpoint is saved. */
const SAVE_EVERY_MS = 10_000;

/** So many steps without a finite loss, and there is no hope. */
const SKIPPED_IN_ROW_MAX = 100;

/** Yields the plan, steps, epochs, previews and checkpoints; returns how it ended. */
export async function* train(
  trainee: Trainee,
  plan: TrainPlan,
  tools: TrainTools & { readonly progress: Progress },
): AsyncGenerator<News, RunEnded> {
  const { clock, signal } = tools;
  const { settings, stepsPerEpoch } = plan;
  const planner = timePlanner(plan, clock);
  const since = clock.nowMs() - tools.progress.elapsedMs;
  const timed = (untimed: Progress): Progress => ({ ...untimed, elapsedMs: clock.nowMs() - since });
  let progress = tools.progress;
  let savedMs = clock.nowMs();

  yield planNews(plan, progress);
  if (progress.step === 0) yield await tools.save(progress, "interval");
  // Also in a resumed run: its stop may have cut these short.
  if (progress.step === progress.epoch * stepsPerEpoch) yield* previewed(progress, plan, tools);
  while (progress.epoch < progress.epochsTotal) {
    if (progress.step === progress.epoch * stepsPerEpoch) trainee.startEpoch();
    const epochStartedMs = clock.nowMs();
    let dataMs = 0;
    while (progress.step < (progress.epoch + 1) * stepsPerEpoch) {
      if (signal.aborted) return yield* cancelled(timed(progress), tools);
      const startedMs = clock.nowMs();
      const given = settingsOf(plan, progress);
      const result = await trainee.step(given);
      const durationMs = clock.nowMs() - startedMs;
      progress = afterStep(progress, lossesOf(result));
      dataMs += result.dataMs;
      yield stepNews(result, given, { plan, progress, durationMs });
      if (progress.skippedInRow >= SKIPPED_IN_ROW_MAX) return hopeless(timed(progress));
      if (clock.nowMs() - savedMs > SAVE_EVERY_MS) {
        yield await tools.save(timed(progress), "time");
        savedMs = clock.nowMs();
      }
    }

    const evaluation = await unlessAborted(() => trainee.evaluate(signal), signal);
    if (evaluation === undefined) return yield* cancelled(timed(progress), tools);
    const before = progress;
    progress = timed(afterEpoch(progress, evaluation));
    if (progress.best?.epoch === progress.epoch) tools.keepBest(progress);
    const epochEndedMs = clock.nowMs();
    planner.epochTook(epochEndedMs - epochStartedMs);
    const epochsTotal = planner.epochsTotal(progress);
    if (epochsTotal !== progress.epochsTotal) {
      progress = { ...progress, epochsTotal };
      yield planNews(plan, progress);
    }
    yield epochNews(evaluation, {
      plan,
      before,
      progress,
      etaMs: planner.etaMs(progress),
      trainee,
    });
    yield {
      type: "device-status",
      memoryBytes: tools.memoryBytes(),
      dataShare: dataMs / (clock.nowMs() - epochStartedMs),
    };
    yield* warnings(before, progress, evaluation);
    yield* previewed(progress, plan, tools);
    if (endsEarly(progress, settings)) break;
    if (isDue(progress.epoch, settings.epochsPerCheckpoint)) {
      yield await tools.save(timed(progress), "interval");
      savedMs = clock.nowMs();
    }
    planner.besidesTook(clock.nowMs() - epochEndedMs);
  }
  yield await tools.save(timed(progress), "finished");
  return finished(timed(progress), settings);
}

/** A stop does not wait for sounds. */
async function* previewed(
  progress: Progress,
  { settings }: TrainPlan,
  { preview, signal }: TrainTools,
): AsyncGenerator<News> {
  if (signal.aborted || !isDue(progress.epoch, settings.epochsPerPreview)) return;
  try {
    yield* preview(progress);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function* cancelled(progress: Progress, tools: TrainTools): AsyncGenerator<News, RunEnded> {
  yield await tools.save(progress, "cancelled");
  const { step, elapsedMs } = progress;
  return { type: "run-ended", outcome: "cancelled", step, elapsedMs };
}

function finished(progress: Progress, settings: TrainSettings): RunEnded {
  const { step, elapsedMs } = progress;
  return {
    type: "run-ended",
    outcome: "finished",
    step,
    elapsedMs,
    ...(endsEarly(progress, settings) && {
      reason: `stopped early: no better for ${settings.earlyStopEpochs} epochs`,
    }),
  };
}

function hopeless({ step, elapsedMs }: Progress): RunEnded {
  const reason = `the loss was not a finite number for ${SKIPPED_IN_ROW_MAX} steps in a row`;
  return { type: "run-ended", outcome: "failed", step, elapsedMs, reason };
}

function endsEarly({ epoch, best }: Progress, { earlyStopEpochs }: TrainSettings): boolean {
  return earlyStopEpochs !== null && epoch - (best?.epoch ?? 0) >= earlyStopEpochs;
}

function isDue(epoch: number, epochsBetween: number): boolean {
  return epochsBetween > 0 && epoch % epochsBetween === 0;
}

async function unlessAborted<T>(
  work: () => Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

function settingsOf({ settings, stepsPerEpoch }: TrainPlan, progress: Progress): StepSettings {
  const step = progress.step + 1;
  const stepsTotal = progress.epochsTotal * stepsPerEpoch;
  return {
    step,
    learningRate: learningRateAt(settings, step, stepsTotal),
    klWeight: klWeightAt(settings, step, stepsTotal),
    weightDecay: settings.weightDecay,
    clipNorm: settings.clipNorm,
  };
}

function lossesOf({ finite, total, reconstruction, kl }: TraineeStep): Losses | undefined {
  return finite ? { total, reconstruction, kl } : undefined;
}

function planNews(plan: TrainPlan, { epochsTotal }: Progress): News {
  const { stepsPerEpoch, settings, parameterCount, audioSecondsPerStep } = plan;
  return {
    type: "plan-made",
    epochsTotal,
    stepsPerEpoch,
    stepsTotal: epochsTotal * stepsPerEpoch,
    batchSize: settings.batchSize,
    parameterCount,
    audioSecondsPerStep,
    configuration: { ...settings } as unknown as { readonly [key: string]: Json },
  };
}

function stepNews(
  result: TraineeStep,
  { learningRate, klWeight, clipNorm }: StepSettings,
  about: { readonly plan: TrainPlan; readonly progress: Progress; readonly durationMs: number },
): News {
  const { plan, progress, durationMs } = about;
  const losses = lossesOf(result);
  return {
    type: "step-done",
    step: progress.step,
    epoch: progress.epoch + 1,
    ...(losses && { losses }),
    klWeight,
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
  readonly trainee: Trainee;
}

function epochNews(evaluation: Evaluation, facts: EpochFacts): EpochDone {
  const { plan, before, progress, etaMs, trainee } = facts;
  const { learningRate, klWeight } = settingsOf(plan, { ...progress, step: progress.step - 1 });
  const side = ({ reconstruction, kl }: Evaluation["train"]): Losses => ({
    total: reconstruction + klWeight * kl,
    reconstruction,
    kl,
  });
  const overfittingGap = gapOf(evaluation);
  return {
    type: "epoch-done",
    epoch: progress.epoch,
    epochsTotal: progress.epochsTotal,
    step: progress.step,
    stepLosses: meanLosses(before),
    trainLosses: side(evaluation.train),
    validationLosses: side(evaluation.validation),
    overfittingGap,
    klDivergence: evaluation.klDivergence,
    activeUnits: evaluation.activeUnits,
    latentDimensions: trainee.latentSize,
    best: progress.best?.epoch === progress.epoch,
    learningRate,
    klWeight,
    verdict: verdictOf(progress, { gap: overfittingGap, skipped: before.sums.skipped }),
    elapsedMs: progress.elapsedMs,
    etaMs,
  };
}

/** Each warning once when it begins, not every epoch that it lasts. */
function* warnings(before: Progress, after: Progress, evaluation: Evaluation): Generator<News> {
  if (after.warned.overfitting && !before.warned.overfitting) {
    const percent = Math.round(100 * gapOf(evaluation));
    yield {
      type: "notice",
      level: "warning",
      code: "overfitting",
      text: `the model knows its training files ${percent} % better than those it is checked with (over ${100 * GAP_LIMIT} % is a lot)`,
      hint: "More recordings help most; the best epoch is kept in any case.",
    };
  }
  if (after.warned.collapse && !before.warned.collapse) {
    yield {
      type: "notice",
      level: "warning",
      code: "posterior-collapse",
      text: `the latents hardly say anything about the sound (KL divergence ${evaluation.klDivergence.toFixed(2)} nats)`,
      hint: "Lower --kl-weight, or raise --kl-warmup.",
    };
  }
}

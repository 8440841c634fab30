/**
 * The training loop. Reads top to bottom: data gives a batch, the learner takes a step with it,
 * both sides are measured after each epoch; what is written is passed in as tools.
 *
 * Nothing in it depends on time or speed, except for `minutes`, which plans by the clock. So the
 * same seed gives the same numbers, and a resumed run repeats those of an uninterrupted one.
 */

import type { News, RunEnded } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import type { Learner } from "../model/learner.ts";
import { type Evaluation, evaluate } from "./evaluation.ts";
import type { Work } from "./pace.ts";
import { afterEpoch, afterStartMeasured, afterStep, type Progress } from "./progress.ts";
import { stepSettingsAt } from "./schedule.ts";
import type { TrainSettings } from "./settings.ts";
import { SAVE_EVERY_MS, type TimePlanner, timePlanner } from "./time-planner.ts";
import {
  endNotices,
  epochNews,
  epochNotices,
  lossesOf,
  planNews,
  startNews,
  stepNews,
} from "./train-news.ts";
import type { TrainPlan } from "./train-plan.ts";
import type { TrainingData } from "./training-data.ts";

/** What is trained, and from what. */
export interface Trained {
  readonly learner: Pick<Learner, "step" | "measure">;
  readonly data: TrainingData;
  /** What became known of the device since the last call. @default nothing ever does */
  takeNews?(): readonly News[];
}

export type SaveReason = "interval" | "time" | "cancelled" | "finished";

export interface TrainTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Writes a checkpoint; the news of it. */
  save(progress: Progress, reason: SaveReason): Promise<News>;
  /** The average weights are the best so far; remembers them. */
  keepBest(progress: Progress): Promise<void>;
  /** Renders previews, with news of each. */
  preview(progress: Progress): AsyncIterable<News>;
  /** Bytes that the process holds. */
  memoryBytes(): number;
}

/** A run by the clock plans by so many steps where no other run was known: the first wait for caches. */
const STEPS_BEFORE_PLAN = 3;

/** After this many steps in a row without a finite loss the run fails. */
const SKIPPED_IN_ROW_MAX = 100;

interface Loop extends Trained {
  readonly plan: TrainPlan;
  readonly tools: TrainTools;
  readonly planner: TimePlanner;
  /** With the current time. */
  timed(): Progress;
  /** Notes what the time since the last call went into. */
  spentOn(work: Work): void;
  progress: Progress;
  savedMs: number;
  /** Steps since the loop was opened. */
  stepsHere: number;
  isPlanTold: boolean;
  /** Share of the epoch's steps that their data took. */
  dataShare: number;
}

/** Yields the plan, steps, epochs, previews and checkpoints; returns how it ended. */
export async function* train(
  trained: Trained,
  plan: TrainPlan,
  tools: TrainTools & { readonly progress: Progress },
): AsyncGenerator<News, RunEnded> {
  const loop = openLoop(trained, plan, tools);
  let ended = yield* begun(loop);
  while (ended === undefined && loop.progress.epoch < loop.progress.epochsTotal) {
    ended = (yield* stepsOfEpoch(loop)) ?? (yield* endOfEpoch(loop));
  }
  if (ended !== undefined) return ended;
  yield* endNotices(loop.progress);
  yield await saved(loop, "finished");
  return finished(loop.timed(), plan.settings);
}

function openLoop(
  trained: Trained,
  plan: TrainPlan,
  tools: TrainTools & { readonly progress: Progress },
): Loop {
  const { clock, progress } = tools;
  const planner = timePlanner(plan, clock, progress.pace);
  const openedMs = clock.nowMs();
  let lapMs = openedMs;
  const loop: Loop = {
    ...trained,
    ...{ plan, tools, planner, progress },
    savedMs: openedMs,
    stepsHere: 0,
    isPlanTold: false,
    dataShare: 0,
    timed: () => {
      const elapsedMs = progress.elapsedMs + clock.nowMs() - openedMs;
      return { ...loop.progress, elapsedMs, pace: planner.pace };
    },
    spentOn: (work) => {
      const nowMs = clock.nowMs();
      planner.took(work, nowMs - lapMs);
      lapMs = nowMs;
    },
  };
  return loop;
}

/** The work before the first step of a run, or before the next one of a resumed run. */
async function* begun(loop: Loop): AsyncGenerator<News, RunEnded | undefined> {
  const { plan, tools, planner } = loop;
  const isNew = loop.progress.step === 0 && loop.progress.start === undefined;
  if (isNew) {
    const evaluation = await evaluated(loop);
    if (evaluation === undefined) return yield* cancelled(loop);
    loop.spentOn("evaluation");
    loop.progress = afterStartMeasured(loop.progress, evaluation);
    if (loop.progress.best !== null) await tools.keepBest(loop.progress);
  }
  const epochsTotal = plan.hasOtherMinutes
    ? planner.epochsThatFit(loop.progress)
    : planner.epochsTotal(loop.progress);
  loop.progress = { ...loop.progress, epochsTotal };
  if (!planner.isBlind) yield planned(loop);
  if (isNew) {
    yield* startNews(loop.progress);
    yield await saved(loop, "interval");
  }
  // Also in a resumed run, which may have stopped before these.
  if (isBetweenEpochs(loop)) yield* previewed(loop);
  return undefined;
}

async function* stepsOfEpoch(loop: Loop): AsyncGenerator<News, RunEnded | undefined> {
  const { learner, data, plan, tools, takeNews = () => [] } = loop;
  const { clock, signal } = tools;
  const startedMs = clock.nowMs();
  let dataMs = 0;
  while (loop.progress.step < (loop.progress.epoch + 1) * plan.stepsPerEpoch) {
    if (signal.aborted) return yield* cancelled(loop);
    // Only when needed: a checkpoint between two epochs must not hold the deck of the next.
    if (isBetweenEpochs(loop)) data.startEpoch();
    const stepStartedMs = clock.nowMs();
    const { step, epochsTotal } = loop.progress;
    const given = stepSettingsAt(plan.settings, step + 1, epochsTotal * plan.stepsPerEpoch);
    const batch = data.nextBatch();
    dataMs += clock.nowMs() - stepStartedMs;
    const result = await learner.step(batch, given);
    yield* takeNews();
    const durationMs = clock.nowMs() - stepStartedMs;
    loop.progress = afterStep(loop.progress, lossesOf(result));
    yield stepNews(result, given, { plan, progress: loop.progress, durationMs });
    loop.spentOn("step");
    if (loop.progress.skippedInRow >= SKIPPED_IN_ROW_MAX) return hopeless(loop.timed());
    loop.stepsHere += 1;
    if (loop.stepsHere === STEPS_BEFORE_PLAN && !loop.isPlanTold) yield* replanned(loop);
    if (clock.nowMs() - loop.savedMs > SAVE_EVERY_MS) yield await saved(loop, "time");
  }
  loop.dataShare = dataMs / Math.max(1, clock.nowMs() - startedMs);
  return undefined;
}

async function* endOfEpoch(loop: Loop): AsyncGenerator<News, RunEnded | undefined> {
  const { plan, tools, planner } = loop;
  const evaluation = await evaluated(loop);
  if (evaluation === undefined) return yield* cancelled(loop);
  loop.spentOn("evaluation");
  const before = loop.progress;
  loop.progress = afterEpoch(before, evaluation);
  if (loop.progress.best?.epoch === loop.progress.epoch) await tools.keepBest(loop.progress);
  yield* replanned(loop);
  const progress = loop.timed();
  const etaMs = planner.etaMs(progress);
  yield epochNews(evaluation, { plan, before, progress, etaMs });
  yield { type: "device-status", memoryBytes: tools.memoryBytes(), dataShare: loop.dataShare };
  yield* epochNotices(before, progress, evaluation);
  yield* previewed(loop);
  if (isDue(progress.epoch, plan.settings.epochsPerCheckpoint) && !isOver(progress)) {
    yield await saved(loop, "interval");
  }
  return undefined;
}

/** The plan, sent if it changed: by the clock, or because the run ends early. */
function* replanned(loop: Loop): Generator<News> {
  const { progress, plan, planner } = loop;
  const epochsTotal = endsEarly(progress, plan.settings)
    ? progress.epoch
    : planner.epochsTotal(progress);
  if (loop.isPlanTold && epochsTotal === progress.epochsTotal) return;
  loop.progress = { ...progress, epochsTotal };
  yield planned(loop);
}

function planned(loop: Loop): News {
  const { plan, planner, progress } = loop;
  loop.isPlanTold = true;
  return planNews(plan, progress, planner.etaMs(progress));
}

/** A stop does not wait for previews. The last epoch always has them. */
async function* previewed({ progress, plan, tools, spentOn }: Loop): AsyncGenerator<News> {
  const { epochsPerPreview } = plan.settings;
  const due = isDue(progress.epoch, epochsPerPreview) || (epochsPerPreview > 0 && isOver(progress));
  if (tools.signal.aborted || !due) return;
  try {
    yield* tools.preview(progress);
    spentOn("previews");
  } catch (error) {
    if (!tools.signal.aborted) throw error;
  }
}

async function saved(loop: Loop, reason: SaveReason): Promise<News> {
  const news = await loop.tools.save(loop.timed(), reason);
  loop.savedMs = loop.tools.clock.nowMs();
  loop.spentOn("saving");
  return news;
}

async function* cancelled(loop: Loop): AsyncGenerator<News, RunEnded> {
  yield await saved(loop, "cancelled");
  const { step, elapsedMs } = loop.timed();
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

function isBetweenEpochs({ progress, plan }: Loop): boolean {
  return progress.step === progress.epoch * plan.stepsPerEpoch;
}

function isOver({ epoch, epochsTotal }: Progress): boolean {
  return epoch >= epochsTotal;
}

function endsEarly({ epoch, best }: Progress, { earlyStopEpochs }: TrainSettings): boolean {
  return earlyStopEpochs !== null && epoch - (best?.epoch ?? 0) >= earlyStopEpochs;
}

function isDue(epoch: number, epochsBetween: number): boolean {
  return epochsBetween > 0 && epoch % epochsBetween === 0;
}

/** Undefined if the run is stopped meanwhile. */
async function evaluated({ learner, data, tools }: Loop): Promise<Evaluation | undefined> {
  const { signal } = tools;
  try {
    return await evaluate(learner, data.measured, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

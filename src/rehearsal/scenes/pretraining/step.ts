/** One optimiser step of a simulated pretraining, and what belongs to it: saving, validation. */

import type { EvaluationDone } from "../../../events/cluster.ts";
import type { StepDone, TextStep } from "../../../events/events.ts";
import { fixedNormal, fixedShare } from "../../engine/chance.ts";
import { PRETRAINING_DRAW } from "../../engine/draws.ts";
import { exp, rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { warmthAt } from "../../engine/wall-clock.ts";
import type { Active } from "../../incidents/active-incident.ts";
import type { StepEffects } from "../../incidents/step-effects.ts";
import { messagesOf, type StepScatter, stepSigns, writingSigns } from "../../incidents/symptoms.ts";
import { overTruth } from "../../incidents/watch.ts";
import { asRate, shareOfPeak } from "../../laws/learning-rate.ts";
import { accuracyAt, type LossLaw } from "../../laws/loss.ts";
import { tokensPerStep } from "../../plan/setup.ts";
import { CLIP_NORM } from "../opening.ts";
import { driftAt } from "./drift.ts";
import { elapse, seen } from "./elapse.ts";
import { growAfterSaving, returnedNodes } from "./elastic.ts";
import {
  durationFactor,
  gradientNoise,
  gradientSpread,
  mixedBatchNoise,
  STEP_SPREAD,
  type StepPlace,
  stepTimeFactor,
} from "./noise.ts";
import {
  consumedSamples,
  isReduced,
  type PretrainingRun,
  placeOf,
  post,
  progressOf,
  worldSizeOf,
} from "./pretraining-run.ts";

/**
 * The first step of a start fills allocators, connects every pair of ranks that talks and opens
 * files; where kernels are compiled, it waits for the compiler. A restart finds most of what was
 * compiled in a cache. Assumed.
 */
const WARM_UP_SECONDS = [5, 20] as const;
const COMPILE_SECONDS = [20, 90] as const;
const CACHED_SHARE = 0.3;

/** In the afternoon the air is warmer and clocks are lower. Assumed. */
const DAY_SHARE = 0.006;

/**
 * How much the times of things that take seconds differ, as deviations of their logarithms.
 * Assumed.
 */
const SNAPSHOT_SPREAD = 0.12;
const WRITE_SPREAD = 0.15;
const EVALUATION_SPREAD = 0.02;
/** The first evaluation opens its data. Assumed. */
const FIRST_EVALUATION_TIMES = 1.25;

/** A checkpoint before a planned stop: begun early, as writing has a tail. Assumed. */
const LAST_CHANCE_TIMES = 2;
const LAST_CHANCE_MS = 120_000;

const RECENT_LOSSES = 20;

/** @returns The incident that stopped the run in this step; undefined where the step is done. */
export function* oneStep(run: PretrainingRun): Generator<SceneItem, Active | undefined> {
  const step = run.step + 1;
  const fromMs = run.nowMs;
  const plainMs = plainStepMs(run, step);
  const begun = run.incidents.begin(step, fromMs, fromMs + plainMs);
  const effects = run.incidents.effects(step);
  const exactMs = plainMs * effects.slowdown + effects.stallMs;
  // Stamps of a log have milliseconds, timers of a step more digits.
  const durationMs = rounded(Math.max(1, exactMs), 3);
  const untilMs = Math.round(fromMs + durationMs);
  for (const incident of begun) begin(run, incident);

  // While a rank hangs no step completes, however long the hang goes unnoticed.
  const hanging = run.incidents.active.find(({ course }) => course.stop?.hangs === true);
  const stop = hanging ?? run.incidents.stopBy(untilMs);
  if (stop?.stopMs !== undefined) {
    if (hanging !== undefined) yield* elapse(run, Math.max(fromMs, hanging.onsetMs), "training");
    yield* elapse(run, stop.stopMs, hanging === undefined ? "training" : "hanging");
    return stop;
  }

  if (effects.stallMs > 0) {
    const stalledMs = begun.find(({ course }) => course.stallSeconds)?.onsetMs ?? fromMs;
    yield* elapse(run, stalledMs, "training");
    yield* elapse(run, Math.min(untilMs, stalledMs + effects.stallMs), "stalled");
  }
  yield* elapse(run, untilMs, "training");
  yield* stepSeen(run, { step, plainMs, effects });
  yield { atMs: run.nowMs, news: done(run, { step, durationMs, effects }) };
  if (isReduced(run)) yield* returnedNodes(run);
  for (const over of run.watch.forget(run.incidents.over(step + 1, run.nowMs)))
    yield { atMs: run.nowMs, truth: overTruth(over, run.nowMs, step) };
  // Small batches make quick steps: as many more of them pass in between.
  const { globalBatchSequences } = run.plan.setup;
  const times = Math.round(globalBatchSequences / run.batch.at(step).sequences);
  const { stepsPerCheckpoint, stepsPerEvaluation } = run.rhythm;
  // Weights that are NaN are not worth saving.
  const isWhole = !effects.skipped || run.plan.setup.precision === "fp16";
  const isDue = step % (stepsPerCheckpoint * times) === 0 && step < run.stepsTotal;
  const isSaved = (isDue || isLastChance(run, durationMs)) && isWhole;
  if (isSaved) yield* save(run);
  if (step % (stepsPerEvaluation * times) === 0 || step === run.stepsTotal) yield* evaluate(run);
  if (isSaved) yield* growAfterSaving(run);
  return undefined;
}

/** Whether a stop was announced that leaves no time for another step before saving. */
function isLastChance(run: PretrainingRun, stepMs: number): boolean {
  const { incidents, jobSize, saved, pending, nowMs } = run;
  const coming = incidents.active.find(({ course }) => course.stop?.announced === true);
  if (coming?.stopMs === undefined || pending !== undefined) return false;
  const newest = saved[0]?.step ?? 0;
  const neededMs = LAST_CHANCE_TIMES * (jobSize.snapshotMs + jobSize.writeMs);
  const leftMs = coming.stopMs - nowMs - stepMs;
  return newest < coming.onsetStep && leftMs < Math.max(neededMs, LAST_CHANCE_MS);
}

/** Schedules the messages of an incident and watches for its first sign. */
function begin(run: PretrainingRun, incident: Active): void {
  const place = placeOf(run, incident);
  post(run, ...messagesOf(incident, place));
  run.watch.add(incident, place);
}

type StepBefore = Omit<StepParts, "durationMs"> & { readonly plainMs: number };

/** Ground truth of incidents that the next step shows. */
function stepSeen(run: PretrainingRun, before: StepBefore): Generator<SceneItem> {
  const { step, plainMs, effects } = before;
  const effectsWithout = (incident: Active) => run.incidents.effects(step, incident);
  return seen(run, ({ incident, evidence }) => {
    const scatter = scatterOf(run, step);
    return stepSigns(incident, { plainMs, effects, effectsWithout, scatter }, evidence);
  });
}

/** How much the figures of the next step scatter. */
function scatterOf({ law, jobSize, sequence, learned }: PretrainingRun, step: number): StepScatter {
  const batchTokens = jobSize.at(step).sequences * sequence;
  const loss = law.loss(learned);
  return {
    duration: STEP_SPREAD,
    gradientNorm: gradientSpread(batchTokens),
    loss: loss * knowing(law, loss) * law.noiseShare(batchTokens),
  };
}

function plainStepMs(run: PretrainingRun, step: number): number {
  const { seed, jobSize, stepsSinceStart, nowMs } = run;
  const day = 1 + DAY_SHARE * warmthAt(seed, nowMs);
  const first = stepsSinceStart === 0 ? firstStepMs(run) : 0;
  return jobSize.at(step).stepMs * stepTimeFactor(placeIn(run, step)) * day + first;
}

/** What the first step of a start takes on top of an ordinary one. */
function firstStepMs({ seed, restarts, plan }: PretrainingRun): number {
  const between = ([low, high]: readonly [number, number], which: number) =>
    low + (high - low) * fixedShare(seed, restarts, which);
  const cached = restarts === 0 ? 1 : CACHED_SHARE;
  const compiling = plan.setup.compiled
    ? cached * between(COMPILE_SECONDS, PRETRAINING_DRAW.compileTime)
    : 0;
  return 1000 * (between(WARM_UP_SECONDS, PRETRAINING_DRAW.warmUpTime) + compiling);
}

function placeIn({ seed, restarts }: PretrainingRun, step: number): StepPlace {
  return { seed, step, attempt: restarts };
}

interface StepParts {
  readonly step: number;
  readonly durationMs: number;
  readonly effects: StepEffects;
}

function done(run: PretrainingRun, { step, durationMs, effects }: StepParts): StepDone {
  const { seed, law, described } = run;
  const { sequences } = run.jobSize.at(step);
  const batchTokens = sequences * run.sequence;
  const rateShare = shareOfPeak(described.schedule, step);
  const decayShare = step <= described.schedule.warmupSteps ? 1 : rateShare;
  const before = { ...run.learned, decayShare };
  run.step = step;
  run.stepsSinceStart += 1;
  run.usefulMs += durationMs;
  run.learned = {
    tokens: before.tokens + batchTokens,
    ratedTokens: before.ratedTokens + batchTokens * rateShare,
    rateSum: before.rateSum + described.schedule.peak * rateShare,
    decayShare,
  };
  // The loss of a step is that of the model before it, on the sequences that come next.
  const sequencesBefore = consumedSamples(run, before);
  const planned = run.batch.plannedFor(sequencesBefore, sequencesBefore + sequences);
  const batch = mixedBatchNoise(seed, planned);
  const expected = law.loss(before);
  const noise =
    knowing(law, expected) * (law.noiseShare(batchTokens) * batch + driftAt("loss", step, run));
  const loss = rounded(Math.max(0.01, expected * (1 + noise) + effects.lossAdded), 6);
  const scatter = gradientNoise(seed, step, { loss: batch, batchTokens });
  const raised = scatter + driftAt("gradient", step, run) + effects.gradientRaised;
  const gradientNorm = rounded(law.gradientNorm(before) * exp(raised), 4);
  const learningRate = asRate(described.schedule.peak * rateShare);
  const text = textOf(run, durationMs);
  // Written out, also the text: an object that begins with a spread costs more than all its
  // figures.
  const done = {
    type: "step-done",
    step,
    epoch: 1,
    learningRate,
    loss,
    gradientNorm,
    clipped: gradientNorm > CLIP_NORM,
    skipped: false,
    durationMs,
    text: {
      perplexity: rounded(exp(Math.min(loss, LOSS_MAX)), 6),
      tokens: text.tokens,
      consumedSamples: text.consumedSamples,
      consumedTokens: text.consumedTokens,
      tokensPerSecond: text.tokensPerSecond,
      tflopsPerGpu: text.tflopsPerGpu,
      mfu: text.mfu,
    },
  } as const;
  if (effects.skipped) return skippedStep(done, text);
  run.recentLosses.push(loss);
  if (run.recentLosses.length > RECENT_LOSSES) run.recentLosses.shift();
  return done;
}

/** A step whose loss and gradient are NaN. */
function skippedStep(
  { loss: _, gradientNorm: _norm, ...rest }: StepDone,
  text: TextStep,
): StepDone {
  return { ...rest, clipped: false, skipped: true, text };
}

/** An untrained model finds all batches equally hard. */
function knowing({ start }: LossLaw, loss: number): number {
  return Math.min(1, UNKNOWING_NOISE + (start - loss) / (KNOWING_FROM * start));
}

/**
 * Share of the usual noise at the first loss, and the share of that loss that is gone when the noise
 * is whole. Assumed.
 */
const UNKNOWING_NOISE = 0.04;
const KNOWING_FROM = 0.25;

/** Larger losses would overflow the perplexity. */
const LOSS_MAX = 60;

function textOf(run: PretrainingRun, durationMs: number): TextStep {
  const { jobSize, sequence, peakFlopsPerGpu, plan, step, learned } = run;
  const tokens = jobSize.at(step).sequences * sequence;
  const flops = Math.round(plan.flopsPerToken) * tokens;
  const flopsPerGpu = (flops / worldSizeOf(jobSize) / durationMs) * 1000;
  return {
    tokens,
    consumedSamples: consumedSamples(run, learned),
    consumedTokens: learned.tokens,
    tokensPerSecond: rounded((tokens * 1000) / durationMs, 1),
    tflopsPerGpu: rounded(flopsPerGpu / 1e12, 2),
    mfu: rounded(flopsPerGpu / peakFlopsPerGpu, 4),
  };
}

/**
 * Training stands still while the state is copied; it is written while training goes on, unless the
 * stack waits for it.
 */
function* save(run: PretrainingRun): Generator<SceneItem> {
  const { snapshotMs, writeMs: usualMs } = run.jobSize;
  const { pending } = run;
  if (pending !== undefined) {
    const metric = "message.checkpoint-overlap";
    yield* seen(run, ({ incident }) => writingSigns(incident, pending, metric));
    const news = { type: "cluster-message", level: "warning", source: "storage" } as const;
    yield {
      atMs: run.nowMs,
      news: { ...news, code: "checkpoint-overlap", values: { step: pending.step } },
    };
    return;
  }
  const place = placeIn(run, run.step);
  const stallMs = Math.round(
    snapshotMs * durationFactor(place, PRETRAINING_DRAW.snapshotTime, SNAPSHOT_SPREAD),
  );
  yield* elapse(run, run.nowMs + stallMs, "saving");
  const spread = durationFactor(place, PRETRAINING_DRAW.writeTime, WRITE_SPREAD);
  const writeMs = Math.round(usualMs * spread * run.incidents.slowWriting());
  const startedMs = run.nowMs;
  const doneMs = startedMs + writeMs;
  run.pending = { ...progressOf(run), startedMs, doneMs };
  if (!run.savesWhileTraining) yield* elapse(run, doneMs, "saving");
}

function* evaluate(run: PretrainingRun): Generator<SceneItem> {
  const { rhythm, law, learned, seed, step, jobSize } = run;
  const isFirst = run.bestLoss === Number.POSITIVE_INFINITY;
  const times = durationFactor(
    placeIn(run, step),
    PRETRAINING_DRAW.evaluationTime,
    EVALUATION_SPREAD,
  );
  const evaluationMs = Math.round(
    jobSize.evaluationMs * times * (isFirst ? FIRST_EVALUATION_TIMES : 1),
  );
  yield* elapse(run, run.nowMs + evaluationMs, "validating");
  const gap =
    0.012 * fixedNormal(seed, 2, PRETRAINING_DRAW.evaluationOffset) +
    0.0012 * fixedNormal(seed, step, PRETRAINING_DRAW.evaluationLoss);
  const added = gap + run.incidents.damage(step);
  const loss = rounded(law.loss(learned) * (1 + driftAt("evaluation", step, run)) + added, 6);
  const best = loss < run.bestLoss;
  run.bestLoss = Math.min(run.bestLoss, loss);
  run.sinceBest = best ? 0 : run.sinceBest + 1;
  const mean =
    run.recentLosses.reduce((sum, one) => sum + one, 0) / Math.max(1, run.recentLosses.length);
  const news: EvaluationDone = {
    type: "evaluation-done",
    step,
    epoch: 1,
    batches: rhythm.evaluationBatches,
    loss,
    perplexity: rounded(exp(loss), 6),
    accuracy: rounded(accuracyAt(loss), 4),
    trainLoss: rounded(mean, 6),
    best,
    sinceBest: run.sinceBest,
    tokensPerSecond: rounded(
      (rhythm.evaluationBatches * tokensPerStep(jobSize.plan.setup) * 1000) / evaluationMs,
      1,
    ),
    durationMs: evaluationMs,
  };
  yield { atMs: run.nowMs, news };
}

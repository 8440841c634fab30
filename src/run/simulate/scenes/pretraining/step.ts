/** One optimiser step of a simulated pretraining, and what belongs to it: saving, validation. */

import type { EvaluationDone } from "../../../../events/cluster.ts";
import type { StepDone, TextStep } from "../../../../events/events.ts";
import { fixedNormal } from "../../engine/chance.ts";
import { exp, rounded, sineOfTurns } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active, StepEffects } from "../../incidents/active.ts";
import { beganTruth, messagesOf, overTruth, seenAt } from "../../incidents/signs.ts";
import { shareOfPeak } from "../../laws/learning-rate.ts";
import { accuracyAt } from "../../laws/loss.ts";
import { CLIP_NORM } from "../opening.ts";
import { meanwhile } from "./meanwhile.ts";
import { type PretrainingRun, placeOf, post, progressOf } from "./run.ts";

/** The first step compiles, fills allocators and opens files. */
const FIRST_STEP_TIMES = 12;
const WARM_STEP_TIMES = 3;

/** Step times differ by this share from each other; collectives never take equally long. */
const JITTER_SHARE = 0.008;
/** At mid-day the air is warmer and clocks are lower. */
const DAY_SHARE = 0.006;
const DAY_MS = 86_400_000;

/** Neighbouring batches are alike: a part of the noise lasts for some steps. */
const SLOW_NOISE_STEPS = 40;
const SLOW_NOISE_SHARE = 0.35;

const GRADIENT_NOISE = 0.09;
const RECENT_LOSSES = 20;

/** @returns The incident that stopped the run in this step; undefined where the step is done. */
export function* oneStep(run: PretrainingRun): Generator<SceneItem, Active | undefined> {
  const step = run.step + 1;
  const fromMs = run.nowMs;
  const plainMs = plainStepMs(run, step);
  const begun = run.incidents.begin(step, fromMs, fromMs + plainMs);
  const effects = run.incidents.effects(step);
  const durationMs = Math.max(1, Math.round(plainMs * effects.slowdown) + effects.stallMs);
  const untilMs = fromMs + durationMs;
  for (const incident of begun) yield* beginning(run, incident, untilMs);

  // While somebody hangs, no step gets done, however long it takes until that is found out.
  const hanging = run.incidents.active.find(({ course }) => course.stop?.hangs === true);
  const stop = hanging ?? run.incidents.stopBy(untilMs);
  if (stop?.stopMs !== undefined) {
    if (hanging !== undefined) yield* meanwhile(run, Math.max(fromMs, hanging.onsetMs), "training");
    yield* meanwhile(run, stop.stopMs, hanging === undefined ? "training" : "hanging");
    return stop;
  }

  if (effects.stallMs > 0) {
    const stalledMs = begun.find(({ course }) => course.stallSeconds)?.onsetMs ?? fromMs;
    yield* meanwhile(run, stalledMs, "training");
    yield* meanwhile(run, Math.min(untilMs, stalledMs + effects.stallMs), "stalled");
  }
  yield* meanwhile(run, untilMs, "training");
  yield { atMs: run.nowMs, news: done(run, { step, durationMs, effects }) };
  for (const over of run.incidents.over(step + 1, run.nowMs))
    yield { atMs: run.nowMs, truth: overTruth(over, run.nowMs, step) };
  // Small batches make quick steps: as many more of them pass in between.
  const times = Math.round(run.batchTokens / run.sequence / run.batch.at(step).sequences);
  const { stepsPerCheckpoint, stepsPerEvaluation } = run.rhythm;
  if (step % (stepsPerCheckpoint * times) === 0 && step < run.stepsTotal) yield* save(run);
  if (step % (stepsPerEvaluation * times) === 0 || step === run.stepsTotal) yield* evaluate(run);
  return undefined;
}

/** Tells the truth about an incident, and posts what will be read of it. */
function* beginning(
  run: PretrainingRun,
  incident: Active,
  stepEndMs: number,
): Generator<SceneItem> {
  const place = placeOf(run, incident);
  post(run, ...messagesOf(incident, place));
  // What only a restart brings to light is told then.
  if (incident.course.stop?.restart !== undefined) return;
  yield { atMs: run.nowMs, truth: beganTruth(incident, place, seenAt(incident, stepEndMs)) };
}

function plainStepMs(
  { seed, batch, stepsSinceStart, nowMs }: PretrainingRun,
  step: number,
): number {
  const jitter = 1 + JITTER_SHARE * fixedNormal(seed, step, 31 + (stepsSinceStart & 1));
  const day = 1 + DAY_SHARE * sineOfTurns(nowMs / DAY_MS);
  const first = stepsSinceStart === 0 ? (step === 1 ? FIRST_STEP_TIMES : WARM_STEP_TIMES) : 1;
  return batch.at(step).stepMs * jitter * day * first;
}

interface StepParts {
  readonly step: number;
  readonly durationMs: number;
  readonly effects: StepEffects;
}

function done(run: PretrainingRun, { step, durationMs, effects }: StepParts): StepDone {
  const { seed, law, described } = run;
  const batchTokens = run.batch.at(step).sequences * run.sequence;
  const rateShare = shareOfPeak(described.schedule, step);
  const before = { ...run.learned, rateShare };
  run.step = step;
  run.stepsSinceStart += 1;
  run.usefulMs += durationMs;
  run.learned = {
    tokens: before.tokens + batchTokens,
    ratedTokens: before.ratedTokens + batchTokens * rateShare,
    rateSum: before.rateSum + described.schedule.peak * rateShare,
    rateShare,
  };
  // The loss of a step is that of the model before it. Noise belongs to the batch: a step that is
  // done again after a restart gives nearly the same.
  const slow = fixedNormal(seed + 1, Math.floor(step / SLOW_NOISE_STEPS));
  const batch = (1 - SLOW_NOISE_SHARE) * fixedNormal(seed, step, 32) + SLOW_NOISE_SHARE * slow;
  const expected = law.loss(before);
  const loss = rounded(
    Math.max(0.01, expected * (1 + law.noiseShare(batchTokens) * batch) + effects.lossAdded),
    6,
  );
  const raised = GRADIENT_NOISE * fixedNormal(seed, step, 33) + effects.gradientRaised;
  const gradientNorm = rounded(law.gradientNorm(before) * exp(raised), 4);
  const learningRate = rounded(described.schedule.peak * rateShare, 12);
  const base = { type: "step-done", step, epoch: 1, klWeight: 0, learningRate } as const;
  const text = textOf(run, durationMs);
  if (effects.skipped) return { ...base, clipped: false, skipped: true, durationMs, text };
  run.recentLosses.push(loss);
  if (run.recentLosses.length > RECENT_LOSSES) run.recentLosses.shift();
  return {
    type: "step-done",
    step,
    epoch: 1,
    losses: { total: loss, reconstruction: loss, kl: 0 },
    klWeight: 0,
    learningRate,
    gradientNorm,
    clipped: gradientNorm > CLIP_NORM,
    skipped: false,
    durationMs,
    text: { perplexity: rounded(exp(Math.min(loss, LOSS_MAX)), 3), ...text },
  };
}

/** e to more than this would not be a number that anybody can read. */
const LOSS_MAX = 60;

function textOf(run: PretrainingRun, durationMs: number): TextStep {
  const { batch, sequence, peakFlopsPerGpu, plan, step } = run;
  const tokens = batch.at(step).sequences * sequence;
  const flops = Math.round(plan.flopsPerToken) * tokens;
  const flopsPerGpu = (flops / plan.setup.gpuCount / durationMs) * 1000;
  return {
    tokens,
    consumedSamples: batch.consumed(step),
    consumedTokens: batch.consumed(step) * sequence,
    tokensPerSecond: rounded((tokens * 1000) / durationMs, 1),
    tflopsPerGpu: rounded(flopsPerGpu / 1e12, 2),
    mfu: rounded(flopsPerGpu / peakFlopsPerGpu, 4),
  };
}

/** Training stands still while the state is copied; it is written while training goes on. */
function* save(run: PretrainingRun): Generator<SceneItem> {
  const { rhythm } = run;
  if (run.pending !== undefined) {
    const news = { type: "cluster-message", level: "warning", source: "storage" } as const;
    yield {
      atMs: run.nowMs,
      news: { ...news, code: "checkpoint-overlap", values: { step: run.pending.step } },
    };
    return;
  }
  yield* meanwhile(run, run.nowMs + rhythm.snapshotMs, "saving");
  const spread = exp(0.15 * fixedNormal(run.seed, run.step, 34));
  const writeMs = Math.round(rhythm.writeMs * spread * run.incidents.slowWriting());
  run.pending = { ...progressOf(run), startedMs: run.nowMs, doneMs: run.nowMs + writeMs };
}

function* evaluate(run: PretrainingRun): Generator<SceneItem> {
  const { rhythm, law, learned, seed, step, batchTokens } = run;
  yield* meanwhile(run, run.nowMs + rhythm.evaluationMs, "validating");
  const gap = 0.012 * fixedNormal(seed, 2, 22) + 0.0012 * fixedNormal(seed, step, 35);
  const loss = rounded(law.loss(learned) + gap, 6);
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
    perplexity: rounded(exp(loss), 3),
    accuracy: rounded(accuracyAt(loss), 4),
    trainLoss: rounded(mean, 6),
    best,
    sinceBest: run.sinceBest,
    tokensPerSecond: rounded(
      (rhythm.evaluationBatches * batchTokens * 1000) / rhythm.evaluationMs,
      1,
    ),
    durationMs: rhythm.evaluationMs,
  };
  yield { atMs: run.nowMs, news };
}

/** One optimiser step of a simulated pretraining, and what belongs to it: saving, validation. */

import type { EvaluationDone } from "../../../../events/cluster.ts";
import type { StepDone, TextStep } from "../../../../events/events.ts";
import { fixedNormal } from "../../engine/chance.ts";
import { exp, rounded, sineOfTurns } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { type Active, messagesOf, type StepEffects } from "../../incidents/active.ts";
import type { IncidentBegan } from "../../incidents/truth.ts";
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

  yield* meanwhile(run, untilMs, effects.stallMs > durationMs / 2 ? "stalled" : "training");
  yield { atMs: run.nowMs, news: done(run, { step, durationMs, effects }) };
  for (const { id } of run.incidents.over(step + 1, run.nowMs)) {
    const truth = { type: "incident-over", id, atMs: run.nowMs, step, lostSteps: 0 } as const;
    yield { atMs: run.nowMs, truth: { ...truth, downtimeMs: 0 } };
  }
  if (step % run.rhythm.stepsPerCheckpoint === 0 && step < run.stepsTotal) yield* save(run);
  if (step % run.rhythm.stepsPerEvaluation === 0 || step === run.stepsTotal) yield* evaluate(run);
  return undefined;
}

/** Tells the truth about an incident, and posts what will be read of it. */
function* beginning(
  run: PretrainingRun,
  incident: Active,
  stepEndMs: number,
): Generator<SceneItem> {
  post(run, ...messagesOf(incident, placeOf(run, incident)));
  // What only a restart brings to light is told then.
  if (incident.course.stop?.restart !== undefined) return;
  const { kind, onsetMs } = incident;
  const isInStep = kind.metric.startsWith("step.");
  const seenAtMs = isInStep ? stepEndMs : onsetMs + (kind.course.hiddenSeconds ?? 0) * 1000;
  yield { atMs: run.nowMs, truth: beganTruth(run, incident, seenAtMs) };
}

export function beganTruth(run: PretrainingRun, incident: Active, seenAtMs: number): IncidentBegan {
  const { kind } = incident;
  return {
    type: "incident-began",
    id: incident.id,
    kind: incident.name,
    scripted: incident.scripted,
    step: incident.onsetStep,
    atMs: incident.onsetMs,
    seenAtMs: Math.max(seenAtMs, incident.onsetMs),
    metric: kind.metric,
    alsoIn: kind.alsoIn,
    ...placeOf(run, incident),
    fatal: kind.course.stop !== undefined,
    action: kind.action,
  };
}

function plainStepMs(
  { seed, stepMs, stepsSinceStart, nowMs }: PretrainingRun,
  step: number,
): number {
  const jitter = 1 + JITTER_SHARE * fixedNormal(seed, step, 31 + (stepsSinceStart & 1));
  const day = 1 + DAY_SHARE * sineOfTurns(nowMs / DAY_MS);
  const first = stepsSinceStart === 0 ? (step === 1 ? FIRST_STEP_TIMES : WARM_STEP_TIMES) : 1;
  return stepMs * jitter * day * first;
}

interface StepParts {
  readonly step: number;
  readonly durationMs: number;
  readonly effects: StepEffects;
}

function done(run: PretrainingRun, { step, durationMs, effects }: StepParts): StepDone {
  const { seed, law, described, batchTokens } = run;
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
    Math.max(0.01, expected * (1 + law.noiseShare * batch) + effects.lossAdded),
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
  const { batchTokens, batchSequences, flopsPerStep, peakFlopsPerGpu, plan, step } = run;
  const flopsPerGpu = (flopsPerStep / plan.setup.gpuCount / durationMs) * 1000;
  return {
    tokens: batchTokens,
    consumedSamples: step * batchSequences,
    consumedTokens: step * batchTokens,
    tokensPerSecond: rounded((batchTokens * 1000) / durationMs, 1),
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

/** An epoch: its steps, the validation after it, and the checkpoint where it got better. */

import type { ClusterStatus, EvaluationDone } from "../../../events/cluster.ts";
import type { StepDone, TextStep } from "../../../events/events.ts";
import { below } from "../../../random.ts";
import type { Moment } from "../../cluster/machines.ts";
import { fixedNormal, fixedShare, normal, pick } from "../../engine/chance.ts";
import { TRAINING_DRAW } from "../../engine/draws.ts";
import { exp, rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import type { Active } from "../../incidents/active-incident.ts";
import type { StepEffects } from "../../incidents/step-effects.ts";
import {
  illnesses,
  messageSigns,
  messagesOf,
  statusSigns,
  stepSigns,
  writingSigns,
} from "../../incidents/symptoms.ts";
import { type Hidden, overTruth } from "../../incidents/watch.ts";
import { learningRateAt } from "../../laws/learning-rate.ts";
import { accuracyAt } from "../../laws/loss.ts";
import { WEIGHT_BYTES } from "../../plan/memory.ts";
import { writeRate } from "../../plan/plan.ts";
import { nodeCount } from "../../plan/setup.ts";
import { CLIP_NORM } from "../opening.ts";
import { after, between, says } from "../timed-news.ts";
import { expectedLoss, lossNoise } from "./loss.ts";
import { EPOCHS, type TrainingRun } from "./training-run.ts";
import { stepWarning, validationWarning } from "./warnings.ts";

/** How long a step and a batch are shown at speed 1, in milliseconds. */
const STEP_SHOWN_MS = [30, 80] as const;
const VALIDATION_SHOWN_MS = [80, 150] as const;

// Chances and times of this scene are assumed.
/** Deviations where nothing is wrong: relative ones, and of the norm's logarithm. */
const DURATION_SPREAD = 0.012;
const GRADIENT_SPREAD = 0.18;
/** Now and then a batch is hard: the gradient is long, and clipped. */
const HARD_BATCH_CHANCE = 0.002;
const STEPS_PER_STATUS = 10;
const COLLECTIVE_CHANCE = 0.02;
const STEP_WARNING_CHANCE = 0.005;
const WARNING_CHANCE = 0.35;
const SAVING_UPDATES = 100;
/** Validation passes only forward, so it is faster by about the backward pass. */
const VALIDATION_TIMES = 2.7;

export function* epochOf(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const text = `Epoch ${epoch} of ${EPOCHS}`;
  yield after(run, 0, { type: "phase-started", phase: "training", text });
  run.epochLosses = [];
  run.epochNormMax = 0;
  run.epochLossRiseMax = 0;
  for (let i = 1; i <= run.stepsPerEpoch; i += 1) {
    yield* oneStep(run, epoch);
    if (i % STEPS_PER_STATUS === 0) yield* statusItems(run);
    yield* remarks(run);
  }
  yield* validation(run, epoch);
}

/** A step, with what goes wrong in it. */
function* oneStep(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const { incidents, stepMs, nowMs: fromMs } = run;
  const step = run.step + 1;
  const plainMs =
    stepMs * (1 + DURATION_SPREAD * fixedNormal(run.seed, step, TRAINING_DRAW.stepTime));
  const begun = incidents.begin(step, fromMs, fromMs + plainMs);
  const effects = incidents.effects(step);
  const durationMs = rounded(Math.max(1, plainMs * effects.slowdown + effects.stallMs), 3);
  const untilMs = Math.round(fromMs + durationMs);
  for (const incident of begun) begin(run, incident);
  const load = incidents.load(untilMs);
  run.machines.advance(fromMs + effects.stallMs, "stalled", load);
  yield* messagesUntil(run, untilMs);
  run.nowMs = untilMs;
  run.machines.advance(run.nowMs, "training", load);
  const effectsWithout = (incident: Active) => incidents.effects(step, incident);
  const loss = lossNoise(run, step) * expectedLoss(run, step);
  const scatter = { duration: DURATION_SPREAD, gradientNorm: GRADIENT_SPREAD, loss };
  const seenStep = { plainMs, effects, effectsWithout, scatter };
  yield* seen(run, ({ incident, evidence }) => stepSigns(incident, seenStep, evidence));
  yield stepItem(run, { step, epoch, durationMs, effects });
  for (const over of run.watch.forget(incidents.over(step + 1, run.nowMs)))
    yield { atMs: run.nowMs, shownMs: 0, truth: overTruth(over, run.nowMs, step) };
}

/** Schedules the messages of an incident and watches for its first sign. */
function begin(run: TrainingRun, incident: Active): void {
  const { node, gpu } = incident;
  const rank = (node ?? 0) * run.described.cluster.gpusPerNode + (gpu ?? 0);
  const place = node === undefined ? {} : { node, ...(gpu !== undefined && { gpu }), rank };
  run.messages = [...run.messages, ...messagesOf(incident, place)].sort((a, b) => a.atMs - b.atMs);
  run.watch.add(incident, place);
}

/** Ground truth of incidents that the next event shows for the first time. */
function* seen(
  { watch, nowMs }: TrainingRun,
  signsOf: (one: Hidden) => readonly string[],
): Generator<SceneItem> {
  for (const truth of watch.see(nowMs, signsOf)) yield { atMs: nowMs, shownMs: 0, truth };
}

function* messagesUntil(run: TrainingRun, untilMs: number): Generator<SceneItem> {
  for (let next = run.messages[0]; next !== undefined; next = run.messages[0]) {
    if (next.atMs > untilMs) return;
    run.messages = run.messages.slice(1);
    run.nowMs = Math.max(run.nowMs, next.atMs);
    const { news } = next;
    yield* seen(run, ({ place }) => messageSigns(place, news));
    yield { atMs: run.nowMs, shownMs: 0, news };
  }
}

interface StepParts {
  readonly step: number;
  readonly epoch: number;
  readonly durationMs: number;
  readonly effects: StepEffects;
}

function stepItem(run: TrainingRun, { step, epoch, durationMs, effects }: StepParts): SceneItem {
  const { seed, plan, described, batchTokens } = run;
  run.step = step;
  run.trainMs += durationMs;
  const isHard = fixedShare(seed, step, TRAINING_DRAW.hardBatch) < HARD_BATCH_CHANCE;
  const expected = expectedLoss(run, step);
  const noise =
    lossNoise(run, step) * (fixedNormal(seed, step, TRAINING_DRAW.batchLoss) + (isHard ? 3 : 0));
  const loss = rounded(expected * (1 + noise) + effects.lossAdded, 6);
  const usual = 0.45 + 1.3 * exp(-step / 300);
  const norm =
    usual *
    exp(
      GRADIENT_SPREAD * fixedNormal(seed, step, TRAINING_DRAW.gradient) + effects.gradientRaised,
    ) *
    (isHard ? 6 + 8 * fixedShare(seed, step, TRAINING_DRAW.hardGradient) : 1);
  const gradientNorm = rounded(norm, 4);
  const shownMs = between(run, STEP_SHOWN_MS[0], STEP_SHOWN_MS[1]);
  const flopsPerGpu = ((run.flopsPerStep / plan.setup.gpuCount) * 1000) / durationMs;
  const learningRate = learningRateAt(described.schedule, step);
  const base = { type: "step-done", step, epoch, learningRate } as const;
  const text: TextStep = {
    tokens: batchTokens,
    consumedSamples: step * described.recipe.globalBatchSequences,
    consumedTokens: step * batchTokens,
    tokensPerSecond: rounded((batchTokens * 1000) / durationMs, 1),
    tflopsPerGpu: rounded(flopsPerGpu / 1e12, 2),
    mfu: rounded(flopsPerGpu / run.peakFlopsPerGpu, 4),
  };
  if (effects.skipped) {
    const news: StepDone = { ...base, clipped: false, skipped: true, durationMs, text };
    return { atMs: run.nowMs, shownMs, news };
  }
  run.lastLoss = loss;
  run.epochLosses.push(loss);
  run.epochNormMax = Math.max(run.epochNormMax, gradientNorm);
  run.epochLossRiseMax = Math.max(run.epochLossRiseMax, noise, effects.lossAdded / expected);
  const news: StepDone = {
    ...base,
    loss,
    gradientNorm,
    clipped: gradientNorm > CLIP_NORM,
    skipped: false,
    durationMs,
    text: { perplexity: rounded(exp(loss), 6), ...text },
  };
  return { atMs: run.nowMs, shownMs, news };
}

function* statusItems(run: TrainingRun): Generator<SceneItem> {
  const { machines, plan, nowMs, incidents } = run;
  const troubles = incidents.troubles(nowMs);
  const load = incidents.load(nowMs);
  const moment = { atMs: nowMs, state: "training", troubles, load } as const;
  const ill = illnesses(incidents.since(nowMs), nowMs);
  const nodesAt = (when: Moment) => run.reportedNodes.map((slot) => machines.node(slot, when));
  const energyJoules = Math.round(machines.energyJoules);
  const passedMs = Math.max(1, nowMs - run.statusMs);
  const watts = ((energyJoules - run.statusEnergyJoules) * 1000) / passedMs;
  run.statusMs = nowMs;
  run.statusEnergyJoules = energyJoules;
  const news: ClusterStatus = {
    type: "cluster-status",
    step: run.step,
    state: "training",
    nodesHealthy: nodeCount(plan.setup) - new Set(ill.map(({ node }) => node)).size,
    spareNodes: run.described.cluster.spareNodes,
    ...machines.means(moment),
    powerWatts: rounded(watts, 1),
    energyJoules,
    goodput: rounded(Math.min(1, run.trainMs / Math.max(1, nowMs)), 4),
    nodes: nodesAt(moment),
    memoryBytesTotal: plan.setup.gpu.memoryGb * 1e9,
  };
  const nodesWithout = (one: Active) => {
    const without = { troubles: incidents.troubles(nowMs, one), load: incidents.load(nowMs, one) };
    return nodesAt({ ...moment, ...without });
  };
  const status = { atMs: nowMs, news, passedMs, ill, nodesWithout };
  yield* seen(run, ({ incident }) => statusSigns(incident, status));
  yield { atMs: nowMs, shownMs: 0, news };
}

/** Occasional messages between steps. */
function* remarks(run: TrainingRun): Generator<SceneItem> {
  const { random, described } = run;
  if (random.next() < COLLECTIVE_CHANCE) {
    const code = pick(random, ["allreduce", "allreduce", "allreduce", "broadcast", "barrier"]);
    const ms = rounded(
      2 + 1.5 * Math.sqrt(described.cluster.nodeCount) * random.next() + 6 * random.next(),
      2,
    );
    yield after(run, 0, says({ level: "info", source: "nccl", code, values: { ms } }));
  }
  if (random.next() < STEP_WARNING_CHANCE) yield after(run, 0, stepWarning(run));
}

function* validation(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const { random } = run;
  const text = `Validating after epoch ${epoch} of ${EPOCHS}`;
  yield after(run, 0, { type: "phase-started", phase: "validating", text });
  const batches = 80 + below(random, 70);
  const startedMs = run.nowMs;
  const trainLoss = rounded(mean(run.epochLosses.slice(-100)), 6);
  const base = trainLoss * (1 + between(run, 0.055, 0.145));
  const tokensPerSecond = rounded((VALIDATION_TIMES * run.batchTokens * 1000) / run.stepMs, 1);
  let sum = 0;
  for (let done = 1; done <= batches; done += 1) {
    sum += base * (1 + 0.02 * Math.max(-2.5, Math.min(2.5, normal(random))));
    run.nowMs += Math.max(1, Math.round(run.stepMs / VALIDATION_TIMES));
    yield {
      atMs: run.nowMs,
      shownMs: between(run, VALIDATION_SHOWN_MS[0], VALIDATION_SHOWN_MS[1]),
      news: { type: "phase-progress", phase: "validating", done, total: batches, tokensPerSecond },
    };
    run.machines.advance(run.nowMs, "validating", run.incidents.load(run.nowMs));
    yield* messagesUntil(run, run.nowMs);
  }
  const loss = rounded(sum / batches, 6);
  const best = loss < run.bestLoss;
  run.sinceBest = best ? 0 : run.sinceBest + 1;
  run.bestLoss = Math.min(run.bestLoss, loss);
  const news: EvaluationDone = {
    type: "evaluation-done",
    step: run.step,
    epoch,
    batches,
    loss,
    perplexity: rounded(exp(loss), 6),
    accuracy: rounded(accuracyAt(loss), 4),
    trainLoss,
    best,
    sinceBest: run.sinceBest,
    tokensPerSecond,
    durationMs: run.nowMs - startedMs,
  };
  yield after(run, 0, news);
  if (random.next() < WARNING_CHANCE) yield after(run, 20, validationWarning(run, news));
  if (best) yield* checkpoint(run, epoch);
}

function* checkpoint(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const path = `./checkpoints/model-step-${run.step}.safetensors`;
  const text = `Saving ${path}`;
  yield after(run, 0, { type: "phase-started", phase: "saving", text });
  const startedMs = run.nowMs;
  const bytes = run.plan.parameters * WEIGHT_BYTES;
  const seconds = (bytes / writeRate(run.plan.setup)) * run.incidents.slowWriting();
  for (let done = 1; done <= SAVING_UPDATES; done += 1) {
    // Its simulated time is that of the storage, whatever the bar takes on the screen.
    run.nowMs = startedMs + Math.max(done, Math.round((seconds * 1000 * done) / SAVING_UPDATES));
    const news = { type: "phase-progress", phase: "saving", done, total: SAVING_UPDATES } as const;
    yield { atMs: run.nowMs, shownMs: between(run, 30, 80), news };
  }
  run.machines.advance(run.nowMs, "saving");
  const writing = { startedMs, doneMs: run.nowMs };
  yield* seen(run, ({ incident }) =>
    writingSigns(incident, writing, "checkpoint-saved.durationMs"),
  );
  yield after(run, 0, {
    type: "checkpoint-saved",
    step: run.step,
    epoch,
    path,
    bytes,
    durationMs: run.nowMs - startedMs,
    reason: "best",
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

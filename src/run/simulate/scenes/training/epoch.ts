/** An epoch: its steps, the validation after it, and the checkpoint where it got better. */

import type { ClusterMessage, EvaluationDone } from "../../../../events/cluster.ts";
import type { StepDone } from "../../../../events/events.ts";
import { below } from "../../../../random.ts";
import { nodesShown } from "../../cluster/machines.ts";
import { fixedNormal, fixedShare, normal, pick } from "../../engine/chance.ts";
import { exp, rounded } from "../../engine/portable-math.ts";
import type { SceneItem } from "../../engine/scene.ts";
import { shareOfPeak } from "../../laws/learning-rate.ts";
import { accuracyAt } from "../../laws/loss.ts";
import { nodeCount } from "../../plan/setup.ts";
import { WEIGHT_BYTES } from "../export.ts";
import { CLIP_NORM } from "../opening.ts";
import { after, between, EPOCHS, says, type TrainingRun } from "./run.ts";

/** How long a step and a batch are shown at speed 1, in milliseconds. */
const STEP_SHOWN_MS = [30, 80] as const;
const VALIDATION_SHOWN_MS = [80, 150] as const;

const DECAY_PER_STEP = 0.002;
const NOISE_SHARE = 0.03;
/** Now and then a batch is hard: the gradient is long, and clipped. */
const HARD_BATCH_CHANCE = 0.002;
const STEPS_PER_STATUS = 10;
const NODES_SHOWN = 8;
const COLLECTIVE_CHANCE = 0.02;
const MEMORY_WARNING_CHANCE = 0.005;
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
    yield stepItem(run, epoch);
    if (i % STEPS_PER_STATUS === 0) yield statusItem(run, "training");
    yield* remarks(run);
  }
  yield* validation(run, epoch);
}

function stepItem(run: TrainingRun, epoch: number): SceneItem {
  const { seed, plan, described, batchTokens } = run;
  const step = run.step + 1;
  const durationMs = Math.max(
    1,
    Math.round(run.stepMs * (1 + 0.012 * fixedNormal(seed, step, 51))),
  );
  run.step = step;
  run.nowMs += durationMs;
  run.trainMs += durationMs;
  run.machines.advance(run.nowMs, "training");
  const isHard = fixedShare(seed, step, 52) < HARD_BATCH_CHANCE;
  const expected = run.floorLoss + (run.startLoss - run.floorLoss) * exp(-DECAY_PER_STEP * step);
  const noise = NOISE_SHARE * fixedNormal(seed, step, 53) + (isHard ? 0.08 : 0);
  const loss = rounded(expected * (1 + noise), 6);
  const usual = 0.45 + 1.3 * exp(-step / 300);
  const norm =
    usual *
    exp(0.18 * fixedNormal(seed, step, 54)) *
    (isHard ? 6 + 8 * fixedShare(seed, step, 55) : 1);
  const gradientNorm = rounded(norm, 4);
  run.lastLoss = loss;
  run.epochLosses.push(loss);
  run.epochNormMax = Math.max(run.epochNormMax, gradientNorm);
  run.epochLossRiseMax = Math.max(run.epochLossRiseMax, noise);
  const flopsPerGpu = ((run.flopsPerStep / plan.setup.gpuCount) * 1000) / durationMs;
  const news: StepDone = {
    type: "step-done",
    step,
    epoch,
    losses: { total: loss, reconstruction: loss, kl: 0 },
    klWeight: 0,
    learningRate: rounded(described.schedule.peak * shareOfPeak(described.schedule, step), 12),
    gradientNorm,
    clipped: gradientNorm > CLIP_NORM,
    skipped: false,
    durationMs,
    text: {
      perplexity: rounded(exp(loss), 3),
      tokens: batchTokens,
      consumedSamples: step * described.recipe.globalBatchSequences,
      consumedTokens: step * batchTokens,
      tokensPerSecond: rounded((batchTokens * 1000) / durationMs, 1),
      tflopsPerGpu: rounded(flopsPerGpu / 1e12, 2),
      mfu: rounded(flopsPerGpu / run.peakFlopsPerGpu, 4),
    },
  };
  return { atMs: run.nowMs, shownMs: between(run, STEP_SHOWN_MS[0], STEP_SHOWN_MS[1]), news };
}

function statusItem(run: TrainingRun, state: "training" | "validating"): SceneItem {
  const { machines, plan, nowMs } = run;
  const moment = { atMs: nowMs, state, troubles: [] };
  const energyJoules = Math.round(machines.energyJoules);
  const passedMs = Math.max(1, nowMs - run.statusMs);
  const watts = ((energyJoules - run.statusEnergyJoules) * 1000) / passedMs;
  run.statusMs = nowMs;
  run.statusEnergyJoules = energyJoules;
  return {
    atMs: nowMs,
    shownMs: 0,
    news: {
      type: "cluster-status",
      step: run.step,
      state,
      nodesHealthy: nodeCount(plan.setup),
      spareNodes: run.described.cluster.spareNodes,
      ...machines.means(moment),
      powerWatts: rounded(watts, 1),
      energyJoules,
      goodput: rounded(Math.min(1, run.trainMs / Math.max(1, nowMs)), 4),
      nodes: nodesShown(plan.setup, [], NODES_SHOWN).map((node) => machines.node(node, moment)),
      memoryBytesTotal: plan.setup.gpu.memoryGb * 1e9,
    },
  };
}

/** What is said between steps, now and then. */
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
  if (random.next() < MEMORY_WARNING_CHANCE) {
    const { gpuCount, gpusPerNode, plannedMemoryBytes, memoryBytesPerGpu } = described.cluster;
    const rank = below(random, gpuCount);
    const values = {
      share: rounded(Math.min(0.99, (plannedMemoryBytes / memoryBytesPerGpu) * 1.02), 3),
    };
    const place = { node: Math.floor(rank / gpusPerNode), gpu: rank % gpusPerNode, rank };
    yield after(
      run,
      0,
      says({ level: "warning", source: "framework", code: "memory-high", ...place, values }),
    );
  }
}

function* validation(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const { random } = run;
  const text = `Validating after epoch ${epoch} of ${EPOCHS}`;
  yield after(run, 0, { type: "phase-started", phase: "validating", text });
  const batches = 80 + below(random, 70);
  const startedMs = run.nowMs;
  const trainLoss = rounded(mean(run.epochLosses.slice(-100)), 6);
  const base = trainLoss * (1 + between(run, 0.055, 0.145));
  let sum = 0;
  for (let done = 1; done <= batches; done += 1) {
    sum += base * (1 + 0.02 * Math.max(-2.5, Math.min(2.5, normal(random))));
    run.nowMs += Math.max(1, Math.round(run.stepMs / VALIDATION_TIMES));
    yield {
      atMs: run.nowMs,
      shownMs: between(run, VALIDATION_SHOWN_MS[0], VALIDATION_SHOWN_MS[1]),
      news: { type: "phase-progress", phase: "validating", done, total: batches },
    };
    run.machines.advance(run.nowMs, "validating");
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
    perplexity: rounded(exp(loss), 3),
    accuracy: rounded(accuracyAt(loss), 4),
    trainLoss,
    best,
    sinceBest: run.sinceBest,
    tokensPerSecond: rounded((VALIDATION_TIMES * run.batchTokens * 1000) / run.stepMs, 1),
    durationMs: run.nowMs - startedMs,
  };
  yield after(run, 0, news);
  if (random.next() < WARNING_CHANCE) yield after(run, 20, warning(run, news));
  if (best) yield* checkpoint(run, epoch);
}

/** One of those that can be true now. */
function warning(run: TrainingRun, { loss, trainLoss }: EvaluationDone): ClusterMessage {
  const { random, described } = run;
  const framework = { level: "warning", source: "framework" } as const;
  const layer = 1 + below(random, described.model.layers - 1);
  const memory = described.cluster.plannedMemoryBytes / described.cluster.memoryBytesPerGpu;
  const possible: ClusterMessage[] = [
    says({
      ...framework,
      code: "attention-logits",
      values: { layer, logit: rounded(between(run, 45, 80), 1) },
    }),
    says({
      ...framework,
      code: "validation-gap",
      values: { share: rounded(loss / trainLoss - 1, 3) },
    }),
    says({ ...framework, code: "loader-slow", values: { ms: rounded(between(run, 12, 90), 1) } }),
    says({
      ...framework,
      code: "norm-drift",
      values: { layer, share: rounded(between(run, 0.1, 0.3), 3) },
    }),
  ];
  if (run.epochNormMax > CLIP_NORM) {
    possible.push(
      says({ ...framework, code: "gradient-clipped", values: { norm: run.epochNormMax } }),
    );
  }
  if (run.epochLossRiseMax > 0.08) {
    possible.push(
      says({
        ...framework,
        code: "loss-spike",
        values: { share: rounded(run.epochLossRiseMax, 3) },
      }),
    );
  }
  if (memory > 0.8)
    possible.push(
      says({ ...framework, code: "memory-pressure", values: { share: rounded(memory, 3) } }),
    );
  return pick(random, possible);
}

function* checkpoint(run: TrainingRun, epoch: number): Generator<SceneItem> {
  const path = `./checkpoints/model-step-${run.step}.safetensors`;
  const text = `Saving ${path}`;
  yield after(run, 0, { type: "phase-started", phase: "saving", text });
  const startedMs = run.nowMs;
  for (let done = 1; done <= SAVING_UPDATES; done += 1) {
    const news = { type: "phase-progress", phase: "saving", done, total: SAVING_UPDATES } as const;
    yield after(run, between(run, 30, 80), news);
  }
  run.machines.advance(run.nowMs, "saving");
  yield after(run, 0, {
    type: "checkpoint-saved",
    step: run.step,
    epoch,
    path,
    bytes: run.plan.parameters * WEIGHT_BYTES,
    durationMs: run.nowMs - startedMs,
    reason: "best",
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/**
 * Reinforcement learning after pretraining, by groups of responses (GRPO): write, check, score,
 * learn. Rewards rise and flatten, responses grow, the entropy falls, the policy drifts from its
 * reference, and most of the time goes into writing.
 */

import type { StepDone } from "../../events/events.ts";
import { fixedNormal } from "../engine/chance.ts";
import { REINFORCEMENT_DRAW } from "../engine/draws.ts";
import { exp, rounded } from "../engine/portable-math.ts";
import type { Scene, SceneItem } from "../engine/scene.ts";
import { asRate } from "../laws/learning-rate.ts";
import { CHECKPOINT_BYTES_PER_PARAMETER } from "../plan/checkpoint.ts";
import { WEIGHT_BYTES } from "../plan/memory.ts";
import { nodeCount } from "../plan/setup.ts";
import {
  companionsOf,
  NODE_STORAGE_BYTES_PER_MS,
  outputPath,
  SHARD_BYTES_MAX,
  shardsOf,
} from "./export.ts";
import { statusNews } from "./machine-room.ts";
import { newRlRun, type RlRun } from "./rl-run.ts";
import { after, between, says } from "./timed-news.ts";

// Times and shares of this scene are assumed.
const KL_WEIGHT = 0.001;
const STEP_SHOWN_MS = [180, 320] as const;
/** Of the memory's speed, when many responses are written at once. */
const WRITING_EFFICIENCY = 0.55;
/** Responses that a GPU writes at the same time. */
const CONCURRENT = 64;
/** The longest response of a batch keeps the others waiting. */
const TAIL_TIMES = 1.5;
const LEARNING_EFFICIENCY = 0.33;
const CHECKING_MS = 2500;
const STEPS_PER_STATUS = 5;
const STEPS_PER_BENCHMARK = 20;
const STEPS_PER_CHECKPOINT = 50;
const REWARDS_KEPT = 20;
/** While responses are written the arithmetic waits for the memory. */
const WRITING_LOAD = { times: 1, busy: 0.7 } as const;

export const rlPostTraining: Scene = {
  name: "rl_post_training",
  summary: "reinforcement learning on checkable problems: responses, rewards, drift",
  takes: ["model", "gpus"],
  incidents: [],
  start(options) {
    return { isEven: false, items: story(newRlRun(options)) };
  },
};

function* story(run: RlRun): Generator<SceneItem> {
  yield* starting(run);
  while (run.step < run.stepsTotal) {
    yield* oneStep(run);
    if (run.step % STEPS_PER_BENCHMARK === 0) yield benchmark(run);
    if (run.step % STEPS_PER_CHECKPOINT === 0 || run.step === run.stepsTotal) yield checkpoint(run);
  }
  yield* finishing(run);
}

function* starting(run: RlRun): Generator<SceneItem> {
  const { model, recipe, cluster, stepsTotal } = run;
  yield after(run, 0, run.started);
  yield after(run, 200, {
    type: "phase-started",
    phase: "preparing",
    text: `Loading ${model.name}`,
  });
  yield after(run, 300, model);
  const seconds = rounded((model.parameters * WEIGHT_BYTES) / NODE_STORAGE_BYTES_PER_MS / 1000, 1);
  run.nowMs += Math.round(seconds * 1000);
  const framework = { level: "info", source: "framework" } as const;
  yield after(run, 900, says({ ...framework, code: "weights-loaded", values: { seconds } }));
  const tokenizer = { name: model.tokenizer, vocabulary: model.vocabulary };
  yield after(run, 250, says({ ...framework, code: "tokenizer-ready", values: tokenizer }));
  yield after(run, 300, cluster);
  yield after(run, 250, run.dataset);
  // Responses grow: what is planned with is their length halfway.
  const usual = responseTokensAt(run, Math.round(stepsTotal / 2));
  const { writingMs, learningMs } = durationsOf(run, usual);
  const stepMs = writingMs + CHECKING_MS + learningMs;
  const tokens = recipe.globalBatchSequences * usual;
  const planned = {
    stepMs: Math.round(stepMs),
    tokensPerSecond: Math.round((tokens * 1000) / stepMs),
    mfu: rounded(mfuOf(run, tokens, stepMs), 4),
    goodput: 1,
    days: rounded((stepMs * stepsTotal) / 86_400_000, 6),
  };
  yield after(run, 250, { ...recipe, planned });
  const plan = { epochsTotal: 1, stepsPerEpoch: stepsTotal, stepsTotal };
  const batchSize = recipe.globalBatchSequences;
  yield after(run, 300, {
    type: "plan-made",
    ...plan,
    batchSize,
    parameterCount: model.parameters,
  });
  yield benchmark(run);
}

/** 0 at the start, near 1 at the end. */
function learned({ step, stepsTotal }: RlRun): number {
  return 1 - exp((-3.2 * step) / stepsTotal);
}

function responseTokensAt({ seed, limitTokens, stepsTotal }: RlRun, step: number): number {
  const grown = 1 + 1.5 * (1 - exp((-2 * step) / stepsTotal));
  const noise = 1 + 0.03 * fixedNormal(seed, step, REINFORCEMENT_DRAW.responseTokens);
  return Math.round(limitTokens * 0.14 * grown * noise);
}

function* oneStep(run: RlRun): Generator<SceneItem> {
  const { seed, prompts, group, recipe } = run;
  const step = run.step + 1;
  const responseTokens = responseTokensAt(run, step);
  const { writingMs, learningMs } = durationsOf(run, responseTokens);
  const noise = 1 + 0.02 * fixedNormal(seed, step, REINFORCEMENT_DRAW.writingTime);
  const generationMs = Math.round(writingMs * noise);
  const text = `Writing ${prompts} x ${group} responses`;
  yield { atMs: run.nowMs, shownMs: 0, news: { type: "phase-started", phase: "generating", text } };
  const startedMs = run.nowMs;
  run.nowMs += generationMs;
  run.machines.advance(run.nowMs, "training", WRITING_LOAD);
  run.nowMs += CHECKING_MS;
  run.machines.advance(run.nowMs, "stalled");
  const learning = { type: "phase-started", phase: "training", text: "Learning" } as const;
  yield { atMs: run.nowMs, shownMs: 0, news: learning };
  run.nowMs += Math.round(learningMs * noise);
  const durationMs = run.nowMs - startedMs;
  run.usefulMs += durationMs;
  run.step = step;
  const tokens = recipe.globalBatchSequences * responseTokens;
  run.consumedTokens += tokens;
  yield {
    atMs: run.nowMs,
    shownMs: between(run, STEP_SHOWN_MS[0], STEP_SHOWN_MS[1]),
    news: stepNews(run, { tokens, responseTokens, durationMs, generationMs }),
  };
  const doing = { step, state: "training", spareNodes: run.cluster.spareNodes } as const;
  if (step % STEPS_PER_STATUS === 0)
    yield { atMs: run.nowMs, shownMs: 0, news: statusNews(run, doing) };
  const cut = rounded(0.012 + 0.08 * (responseTokens / run.limitTokens) ** 2, 3);
  if (step % 60 === 0) {
    const values = { share: cut, tokens: run.limitTokens };
    yield after(
      run,
      0,
      says({ level: "warning", source: "framework", code: "responses-long", values }),
    );
  }
}

interface Written {
  readonly tokens: number;
  readonly responseTokens: number;
  readonly durationMs: number;
  readonly generationMs: number;
}

function stepNews(run: RlRun, { tokens, durationMs, ...written }: Written): StepDone {
  const { seed, step, recipe, startReward, prompts, group } = run;
  const far = learned(run);
  // Of so many answers, right or wrong, the mean scatters like a coin's.
  const mean = startReward + (0.93 - startReward) * 0.62 * far;
  const spread = Math.sqrt((mean * (1 - mean)) / prompts);
  const reward = rounded(
    Math.min(1, Math.max(0, mean + spread * fixedNormal(seed, step, REINFORCEMENT_DRAW.reward))),
    4,
  );
  const kl = rounded(
    (0.0004 + 0.05 * far * far) *
      exp(0.15 * fixedNormal(seed, step, REINFORCEMENT_DRAW.divergence)),
    6,
  );
  const policyLoss = rounded(
    0.004 * fixedNormal(seed, step, REINFORCEMENT_DRAW.policyLoss) + 0.002,
    6,
  );
  const gradientNorm = rounded(
    (0.09 + 0.12 * (1 - far)) * exp(0.2 * fixedNormal(seed, step, REINFORCEMENT_DRAW.gradient)),
    4,
  );
  const total = rounded(policyLoss + KL_WEIGHT * kl, 6);
  run.lastLoss = total;
  run.rewards = [...run.rewards, reward].slice(-REWARDS_KEPT);
  const warm = Math.min(1, step / recipe.warmupSteps);
  return {
    type: "step-done",
    step,
    epoch: 1,
    loss: total,
    learningRate: asRate(recipe.peakLearningRate * warm),
    gradientNorm,
    clipped: gradientNorm > recipe.clipNorm,
    skipped: false,
    durationMs,
    text: {
      tokens,
      consumedSamples: step * prompts * group,
      consumedTokens: run.consumedTokens,
      tokensPerSecond: rounded((tokens * 1000) / durationMs, 1),
      tflopsPerGpu: rounded((run.tokenFlops * tokens) / durationMs / run.cluster.gpuCount / 1e9, 2),
      mfu: rounded(mfuOf(run, tokens, durationMs), 4),
    },
    policy: {
      policyLoss,
      kl,
      klWeight: KL_WEIGHT,
      reward,
      entropy: rounded(
        (0.62 - 0.36 * far) * (1 + 0.03 * fixedNormal(seed, step, REINFORCEMENT_DRAW.entropy)),
        4,
      ),
      clippedShare: rounded(
        0.006 * exp(0.3 * fixedNormal(seed, step, REINFORCEMENT_DRAW.clipped)),
        5,
      ),
      ...written,
    },
  };
}

/** Writing is bound by the memory: all weights are read for each token of the batch. */
function durationsOf(
  { gpu, model, recipe, cluster, tokenFlops, peakFlopsPerGpu }: RlRun,
  responseTokens: number,
) {
  const { gpuCount } = cluster;
  const bytesPerMs = gpu.memoryTbPerSecond * 1e9 * WRITING_EFFICIENCY;
  // A model that is too big for one GPU is read by several, each its part.
  const tokenMs = (model.parameters * WEIGHT_BYTES) / bytesPerMs;
  const tokens = recipe.globalBatchSequences * responseTokens;
  const rounds = tokens / (gpuCount * CONCURRENT);
  const writingMs = rounds * tokenMs * TAIL_TIMES;
  const learningMs =
    (tokens * tokenFlops * 1000) / (gpuCount * peakFlopsPerGpu * LEARNING_EFFICIENCY);
  return { writingMs, learningMs };
}

function mfuOf(
  { tokenFlops, cluster, peakFlopsPerGpu }: RlRun,
  tokens: number,
  ms: number,
): number {
  return (tokens * tokenFlops * 1000) / (ms * cluster.gpuCount * peakFlopsPerGpu);
}

function benchmark(run: RlRun): SceneItem {
  const share = Math.min(0.98, run.startReward * 0.8 + 0.34 * learned(run));
  const noisy = share + 0.012 * fixedNormal(run.seed, run.step, REINFORCEMENT_DRAW.accuracy);
  run.nowMs += 45_000;
  run.machines.advance(run.nowMs, "validating", WRITING_LOAD);
  const problems = 500;
  const solved = Math.round(Math.max(0.01, noisy) * problems) / problems;
  const values = { name: "held-out problems", share: solved, problems };
  return after(run, 500, says({ level: "info", source: "framework", code: "benchmark", values }));
}

function checkpoint(run: RlRun): SceneItem {
  const bytes = CHECKPOINT_BYTES_PER_PARAMETER * run.model.parameters;
  const rate = NODE_STORAGE_BYTES_PER_MS * nodeCount(run.job.setup);
  const durationMs = Math.max(1, Math.round(bytes / rate));
  run.nowMs += durationMs;
  run.machines.advance(run.nowMs, "saving");
  const path = `checkpoints/${run.model.name.toLowerCase()}-grpo-${run.seed}/step-${String(run.step).padStart(6, "0")}`;
  const reason = run.step === run.stepsTotal ? "finished" : "interval";
  const saved = { step: run.step, epoch: 1, path, bytes, durationMs, reason } as const;
  return { atMs: run.nowMs, shownMs: 400, news: { type: "checkpoint-saved", ...saved } };
}

function* finishing(run: RlRun): Generator<SceneItem> {
  const { model, job } = run;
  const text = "Exporting the weights";
  yield after(run, 300, { type: "phase-started", phase: "exporting", text });
  const bytes = model.parameters * WEIGHT_BYTES;
  const shards = shardsOf(model.parameters, Math.ceil(bytes / SHARD_BYTES_MAX));
  for (const shard of shards) {
    run.nowMs += Math.round(shard.bytes / NODE_STORAGE_BYTES_PER_MS);
    const news = {
      type: "file-written",
      kind: "shard",
      path: shard.name,
      bytes: shard.bytes,
    } as const;
    yield after(run, 300, news);
  }
  for (const file of companionsOf(model.vocabulary, shards.length, model.layers))
    yield after(run, between(run, 50, 150), file);
  run.machines.advance(run.nowMs, "down");
  const elapsedMs = run.nowMs;
  yield after(run, 0, {
    type: "run-summarised",
    elapsedMs,
    epochs: 1,
    steps: run.step,
    loss: run.lastLoss,
    bestLoss: run.lastLoss,
    reward: rounded(run.rewards.reduce((sum, one) => sum + one, 0) / run.rewards.length, 4),
    utilisation: 0.985,
    memoryBytesPeak: Math.floor(job.memoryBytes),
    path: outputPath(`${model.name} GRPO`),
    bytes,
    tokens: run.consumedTokens,
    energyJoules: Math.round(run.machines.energyJoules),
    goodput: rounded(run.usefulMs / elapsedMs, 4),
    interruptions: 0,
  });
  yield after(run, 0, { type: "run-ended", outcome: "finished", step: run.step, elapsedMs });
}

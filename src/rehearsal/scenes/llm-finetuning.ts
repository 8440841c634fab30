/**
 * Supervised fine-tuning with adapters: a frozen model, a few per mille of its size to train, some
 * hundred steps over a few thousand examples, and the loss that falls at once and then hardly.
 */

import type { EvaluationDone } from "../../events/cluster.ts";
import type { StepDone } from "../../events/events.ts";
import { fixedNormal } from "../engine/chance.ts";
import { FINETUNING_DRAW } from "../engine/draws.ts";
import { exp, rounded } from "../engine/portable-math.ts";
import type { Scene, SceneItem } from "../engine/scene.ts";
import { learningRateAt } from "../laws/learning-rate.ts";
import { accuracyAt } from "../laws/loss.ts";
import { FORWARD_SHARE } from "../plan/flops.ts";
import { WEIGHT_BYTES } from "../plan/memory.ts";
import { NODE_STORAGE_BYTES_PER_MS, outputPath } from "./export.ts";
import { type Finetuning, newFinetuning } from "./finetuning/finetuning-run.ts";
import { statusNews } from "./machine-room.ts";
import { CLIP_NORM } from "./opening.ts";
import { after, between, says } from "./timed-news.ts";

const SHOWN_MS_MAX = 60_000;
const STEP_SHOWN_MS = [25, 70] as const;
const LOADING_PARTS = 40;
const STEPS_PER_STATUS = 10;
const EVALUATIONS_PER_EPOCH = 2;
const EVALUATION_BATCHES = 40;
/** Of answers in a chat, in nats: of a published base model, and after its fine-tuning. Assumed. */
const START_LOSS = 1.46;
const FLOOR_LOSS = 0.93;
/** Steps until the model answers in the form of the examples. Assumed. */
const FORM_STEPS = 28;
/** Drop of the training loss, in nats, when examples are seen again. Assumed. */
const SEEN_AGAIN = 0.055;

export const llmFinetuning: Scene = {
  name: "llm_finetuning",
  summary: "supervised fine-tuning of a published model with LoRA on one node",
  takes: ["dialect", "model", "gpus"],
  incidents: [],
  start(options) {
    return { isEven: false, items: story(newFinetuning(options)) };
  },
};

function* story(run: Finetuning): Generator<SceneItem> {
  yield* starting(run);
  const every = Math.max(1, Math.floor(run.stepsPerEpoch / EVALUATIONS_PER_EPOCH));
  for (let epoch = 1; epoch <= run.epochs; epoch += 1) {
    yield training(run, epoch);
    for (let i = 1; i <= run.stepsPerEpoch; i += 1) {
      yield stepItem(run, epoch);
      if (run.step % STEPS_PER_STATUS === 0) yield sample(run);
      const isLast = i === run.stepsPerEpoch;
      if (isLast || (i % every === 0 && run.stepsPerEpoch - i >= every / 2)) {
        yield* evaluation(run, epoch);
        if (!isLast) yield training(run, epoch);
      }
    }
  }
  yield* finishing(run);
}

function training(run: Finetuning, epoch: number): SceneItem {
  const text = `Epoch ${epoch} of ${run.epochs}`;
  return after(run, 0, { type: "phase-started", phase: "training", text });
}

function* starting(run: Finetuning): Generator<SceneItem> {
  const { model, recipe, adapters, rank, epochs, stepsPerEpoch } = run;
  yield after(run, 0, run.started);
  yield after(run, 200, {
    type: "phase-started",
    phase: "preparing",
    text: `Loading ${model.name}`,
  });
  yield after(run, 200, model);
  const eachMs = (model.parameters * WEIGHT_BYTES) / NODE_STORAGE_BYTES_PER_MS / LOADING_PARTS;
  for (let done = 1; done <= LOADING_PARTS; done += 1) {
    run.nowMs += Math.round(eachMs);
    const news = {
      type: "phase-progress",
      phase: "preparing",
      done,
      total: LOADING_PARTS,
    } as const;
    yield { atMs: run.nowMs, shownMs: between(run, 30, 90), news };
  }
  const framework = { level: "info", source: "framework" } as const;
  const tokenizer = { name: model.tokenizer, vocabulary: model.vocabulary };
  yield after(run, 250, says({ ...framework, code: "tokenizer-ready", values: tokenizer }));
  const share = rounded(adapters / model.parameters, 6);
  const values = { rank, alpha: 2 * rank, parameters: adapters, share };
  yield after(run, 300, says({ ...framework, code: "adapters-ready", values }));
  yield after(run, 200, run.dataset);
  yield after(run, 200, run.cluster);
  yield after(run, 200, recipe);
  const stepsTotal = epochs * stepsPerEpoch;
  const plan = { epochsTotal: epochs, stepsPerEpoch, stepsTotal, parameterCount: adapters };
  const tokensTotal = stepsTotal * run.batchTokens;
  yield after(run, 300, {
    type: "plan-made",
    ...plan,
    batchSize: recipe.globalBatchSequences,
    tokensTotal,
  });
}

/** Without noise. @param unseen The loss on examples that are not learned from. */
function expectedLoss(run: Finetuning, unseen: boolean): number {
  const { step, model, stepsPerEpoch, seed } = run;
  const size = Math.min(1, Math.max(0, (model.parameters - 1e9) / 7e10));
  const floor = FLOOR_LOSS - 0.14 * size + 0.06 * fixedNormal(seed, 1, FINETUNING_DRAW.floor);
  const form = (START_LOSS - FLOOR_LOSS) * exp(-step / FORM_STEPS);
  const slow = 0.09 * exp(-step / 600);
  const epochsBefore = Math.floor(Math.max(0, step - 1) / stepsPerEpoch);
  const again = unseen ? 0.012 * epochsBefore * epochsBefore : -SEEN_AGAIN * epochsBefore;
  return floor + form + slow + again;
}

function stepItem(run: Finetuning, epoch: number): SceneItem {
  const { seed, batchTokens, recipe, schedule, peakFlopsPerGpu, cluster } = run;
  run.step += 1;
  const { step } = run;
  const first = step === 1 ? 6 : 1;
  const times = first * (1 + 0.02 * fixedNormal(seed, step, FINETUNING_DRAW.stepTime));
  const durationMs = rounded(Math.max(1, run.stepMs * times), 3);
  run.nowMs = Math.round(run.nowMs + durationMs);
  run.usefulMs += durationMs;
  run.machines.advance(run.nowMs, "training");
  const noise =
    0.045 *
    Math.sqrt(64 / recipe.globalBatchSequences) *
    fixedNormal(seed, step, FINETUNING_DRAW.batchLoss);
  const loss = rounded(Math.max(0.05, expectedLoss(run, false) * (1 + noise)), 6);
  const norm =
    (0.32 + 0.9 * exp(-step / 40)) * exp(0.22 * fixedNormal(seed, step, FINETUNING_DRAW.gradient));
  const gradientNorm = rounded(norm, 4);
  run.lastLoss = loss;
  run.recentLosses = [...run.recentLosses, loss].slice(-50);
  const flopsPerGpu = (recipe.flopsPerToken * batchTokens * 1000) / durationMs / cluster.gpuCount;
  const news: StepDone = {
    type: "step-done",
    step,
    epoch,
    loss,
    learningRate: learningRateAt(schedule, step),
    gradientNorm,
    clipped: gradientNorm > CLIP_NORM,
    skipped: false,
    durationMs,
    text: {
      perplexity: rounded(exp(loss), 6),
      tokens: batchTokens,
      consumedSamples: step * recipe.globalBatchSequences,
      consumedTokens: step * batchTokens,
      tokensPerSecond: rounded((batchTokens * 1000) / durationMs, 1),
      tflopsPerGpu: rounded(flopsPerGpu / 1e12, 2),
      mfu: rounded(flopsPerGpu / peakFlopsPerGpu, 4),
    },
  };
  const fits = Math.min(1, SHOWN_MS_MAX / (schedule.stepsTotal * STEP_SHOWN_MS[0]));
  return {
    atMs: run.nowMs,
    shownMs: between(run, STEP_SHOWN_MS[0], STEP_SHOWN_MS[1]) * fits,
    news,
  };
}

function sample(run: Finetuning): SceneItem {
  const doing = { step: run.step, state: "training", spareNodes: 0 } as const;
  return { atMs: run.nowMs, shownMs: 0, news: statusNews(run, doing) };
}

function* evaluation(run: Finetuning, epoch: number): Generator<SceneItem> {
  const { step, stepMs, batchTokens, seed } = run;
  const startedMs = run.nowMs;
  yield after(run, 0, {
    type: "phase-started",
    phase: "validating",
    text: `Validating after step ${step}`,
  });
  for (let done = 1; done <= EVALUATION_BATCHES; done += 1) {
    run.nowMs += Math.max(1, Math.round(stepMs * FORWARD_SHARE));
    const news = {
      type: "phase-progress",
      phase: "validating",
      done,
      total: EVALUATION_BATCHES,
    } as const;
    yield { atMs: run.nowMs, shownMs: between(run, 20, 50), news };
  }
  run.machines.advance(run.nowMs, "validating");
  const loss = rounded(
    expectedLoss(run, true) *
      (1.03 + 0.004 * fixedNormal(seed, step, FINETUNING_DRAW.evaluationLoss)),
    6,
  );
  const best = loss < run.bestLoss;
  run.sinceBest = best ? 0 : run.sinceBest + 1;
  run.bestLoss = Math.min(run.bestLoss, loss);
  const trainLoss = run.recentLosses.reduce((sum, one) => sum + one, 0) / run.recentLosses.length;
  const durationMs = run.nowMs - startedMs;
  const news: EvaluationDone = {
    type: "evaluation-done",
    step,
    epoch,
    batches: EVALUATION_BATCHES,
    loss,
    perplexity: rounded(exp(loss), 6),
    accuracy: rounded(accuracyAt(loss), 4),
    trainLoss: rounded(trainLoss, 6),
    best,
    sinceBest: run.sinceBest,
    tokensPerSecond: rounded((EVALUATION_BATCHES * batchTokens * 1000) / durationMs, 1),
    durationMs,
  };
  yield after(run, 0, news);
  if (best) yield* checkpoint(run, epoch);
}

function* checkpoint(run: Finetuning, epoch: number): Generator<SceneItem> {
  const bytes = run.adapters * WEIGHT_BYTES;
  const durationMs = Math.max(1, Math.round(bytes / NODE_STORAGE_BYTES_PER_MS));
  run.nowMs += durationMs;
  run.machines.advance(run.nowMs, "saving");
  const path = `${folderOf(run)}checkpoint-${run.step}/adapter_model.safetensors`;
  const saved = { step: run.step, epoch, path, bytes, durationMs, reason: "best" } as const;
  yield { atMs: run.nowMs, shownMs: 400, news: { type: "checkpoint-saved", ...saved } };
}

function* finishing(run: Finetuning): Generator<SceneItem> {
  const { adapters, model, job } = run;
  const text = "Writing the adapters";
  yield after(run, 300, { type: "phase-started", phase: "exporting", text });
  const bytes = adapters * WEIGHT_BYTES;
  const files: readonly (readonly [string, number])[] = [
    ["adapter_config.json", 812],
    ["tokenizer.json", Math.round(model.vocabulary * 71.4)],
    ["tokenizer_config.json", 50_500],
  ];
  const shard = {
    type: "file-written",
    kind: "shard",
    path: "adapter_model.safetensors",
    bytes,
  } as const;
  yield after(run, 400, shard);
  for (const [path, size] of files)
    yield after(run, between(run, 50, 150), {
      type: "file-written",
      kind: "companion",
      path,
      bytes: size,
    });
  run.machines.advance(run.nowMs, "down");
  const elapsedMs = run.nowMs;
  yield after(run, 0, {
    type: "run-summarised",
    elapsedMs,
    epochs: run.epochs,
    steps: run.step,
    loss: run.lastLoss,
    perplexity: rounded(exp(run.lastLoss), 6),
    bestLoss: run.bestLoss,
    utilisation: 0.985,
    memoryBytesPeak: Math.floor(job.memoryBytes),
    path: folderOf(run),
    bytes,
    tokens: run.step * run.batchTokens,
    energyJoules: Math.round(run.machines.energyJoules),
    goodput: rounded(run.usefulMs / elapsedMs, 4),
    interruptions: 0,
  });
  yield after(run, 0, { type: "run-ended", outcome: "finished", step: run.step, elapsedMs });
}

function folderOf({ model }: Finetuning): string {
  return outputPath(`${model.name}-lora`).replace("final/", "");
}

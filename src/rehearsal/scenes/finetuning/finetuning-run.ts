/** One fine-tuning on one node: the model, its adapters, the examples, and how fast it goes. */

import { UserError } from "../../../errors.ts";
import type {
  ClusterDescribed,
  DatasetDescribed,
  ModelDescribed,
  RecipeDescribed,
} from "../../../events/cluster.ts";
import type { RunStarted } from "../../../events/events.ts";
import { below, type Random } from "../../../random.ts";
import { type Architecture, countParameters } from "../../catalog/architecture.ts";
import { pick, streamOf } from "../../engine/chance.ts";
import { rounded } from "../../engine/portable-math.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import type { Schedule } from "../../laws/learning-rate.ts";
import { flopsPerToken } from "../../plan/flops.ts";
import { type Choice, drawFitting } from "../draw-fitting.ts";
import { type MachineRoom, machineRoom } from "../machine-room.ts";
import { CLIP_NORM, clusterNews, describedModel, type Split, startedNews } from "../opening.ts";

/** Collections of examples: name, examples, tokens of one on average. Sizes are rounded. */
const EXAMPLES: readonly (readonly [string, number, number])[] = [
  ["Alpaca-cleaned", 51_760, 190],
  ["Dolly-15k", 15_011, 260],
  ["MetaMathQA", 395_000, 310],
  ["No Robots", 9_500, 390],
  ["OpenHermes-2.5", 1_001_551, 420],
  ["SlimOrca", 517_982, 440],
  ["Tulu-3-SFT", 939_343, 690],
  ["UltraChat-200k", 207_865, 1180],
];

const GPUS = ["A100-80", "H100", "H200", "B200", "MI300X"];
const GPU_COUNTS = [1, 2, 4, 8];
const RANKS = [8, 16, 32, 64];
const BATCHES = [32, 64, 128];
// Assumed, as people report what they chose: lengths, rates and shares of this scene.
const EPOCHS_MAX = 3;
const STEPS_MIN = 120;
const STEPS_MAX = 4000;
const WARMUP_SHARE = 0.03;
const PEAK_RATE = 2e-4;
/** Share of the peak rate that work on a frozen model reaches. */
const EFFICIENCY = 0.46;
/** The forward pass is done again in the backward pass: 4/3 of what counts is 2 + 2 + 2. */
const RECOMPUTE_TIMES = 1.5;
/** Driver context, buffers and what is not in use. */
const OVERHEAD_BYTES = 5e9;
const FILL_LIMIT = 0.92;
const PARAMETERS_MIN = 5e8;

export interface Finetuning extends MachineRoom {
  readonly seed: number;
  readonly random: Random;
  readonly started: RunStarted;
  readonly model: ModelDescribed;
  readonly dataset: DatasetDescribed;
  readonly cluster: ClusterDescribed;
  readonly recipe: RecipeDescribed;
  readonly schedule: Schedule;
  readonly rank: number;
  /** Parameters of all adapters, which alone are trained and saved. */
  readonly adapters: number;
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  readonly batchTokens: number;
  readonly stepMs: number;
  readonly peakFlopsPerGpu: number;
  step: number;
  lastLoss: number;
  bestLoss: number;
  sinceBest: number;
  recentLosses: number[];
}

/**
 * Numbers of the adapters on every linear layer: a matrix from a to b numbers gets two, of
 * rank x a and b x rank (Hu et al. 2021).
 */
export function adapterCount(shape: Architecture, rank: number): number {
  const { layers, hidden, heads, kvHeads, headDim, ffn } = shape;
  const query = hidden + heads * headDim;
  const keyAndValue = 2 * (hidden + kvHeads * headDim);
  const output = heads * headDim + hidden;
  const feedForward = (shape.gatedMlp ? 3 : 2) * (hidden + ffn);
  return layers * rank * (query + keyAndValue + output + feedForward);
}

export function newFinetuning(options: SceneOptions): Finetuning {
  const { seed } = options;
  const choice = streamOf(seed, "choice");
  const chosen = chooseFitting(choice, options);
  const { model, gpu, gpuCount, rank, sequence, memoryBytes } = chosen;
  const [name, examples, exampleTokens] = pick(choice, EXAMPLES);
  const sequences = Math.floor((examples * exampleTokens) / sequence);
  const fitting = BATCHES.filter((batch) => sequences / batch >= STEPS_MIN / EPOCHS_MAX);
  const batch = fitting.length === 0 ? (BATCHES[0] ?? 1) : pick(choice, fitting);
  const stepsPerEpoch = Math.min(STEPS_MAX, Math.max(20, Math.floor(sequences / batch)));
  const epochsWanted = 1 + below(choice, EPOCHS_MAX);
  const epochs = Math.max(1, Math.min(epochsWanted, Math.floor(STEPS_MAX / stepsPerEpoch)));
  const work = workOf(chosen, batch);
  const one = { tensorParallel: 1, pipelineParallel: 1, contextParallel: 1, expertParallel: 1 };
  const sharding = gpuCount > 1 ? "full" : "none";
  const setup: Split = { gpu, gpuCount, ...one, dataParallel: gpuCount, sharding };
  const cluster = clusterNews(choice, setup, memoryBytes);
  const stepsTotal = epochs * stepsPerEpoch;
  const warmupSteps = Math.max(1, Math.round(stepsTotal * WARMUP_SHARE));
  const schedule: Schedule = { kind: "cosine", peak: PEAK_RATE, warmupSteps, stepsTotal };
  const samples = stepsPerEpoch * batch;
  const tokens = samples * sequence;
  const gpus = `${gpu.name}:${gpuCount}`;
  return {
    ...machineRoom({ setup, mfu: work.mfu, memoryBytes }, seed),
    ...work,
    seed,
    random: streamOf(seed, "story"),
    started: startedNews(options, {
      title: `${model.name} LoRA on ${gpuCount} ${gpu.name}`,
      device: `${gpuCount} × ${gpu.driverName}`,
      configuration: { scene: "llm_finetuning", model: model.name, gpus, rank },
    }),
    model: describedModel(model, countsOf(model.shape)),
    dataset: { type: "dataset-described", name, samples, tokens, sequenceTokens: sequence },
    cluster: { ...cluster, spareNodes: 0, network: gpuCount > 1 ? "within the node" : "none" },
    recipe: recipeOf(chosen, { ...work, batch, schedule }),
    schedule,
    rank,
    epochs,
    stepsPerEpoch,
    step: 0,
    lastLoss: 0,
    bestLoss: Number.POSITIVE_INFINITY,
    sinceBest: 0,
    recentLosses: [],
  };
}

type Work = Pick<Finetuning, "adapters" | "batchTokens" | "stepMs" | "peakFlopsPerGpu"> & {
  readonly mfu: number;
  readonly tokenFlops: number;
};

/** What a step computes, and how long that takes. */
function workOf({ model, gpu, gpuCount, rank, sequence }: Chosen, batch: number): Work {
  const adapters = adapterCount(model.shape, rank);
  // Forward and the gradients of activations; those of frozen weights are not needed.
  const tokenFlops = Math.round((2 / 3) * flopsPerToken(model.shape, sequence) + 6 * adapters);
  const peakFlopsPerGpu = (gpu.peakTflops.bf16 ?? gpu.peakTflops.fp16 ?? 0) * 1e12;
  const batchTokens = batch * sequence;
  const useful = tokenFlops * batchTokens;
  const rate = gpuCount * peakFlopsPerGpu;
  const stepMs = rounded((useful * RECOMPUTE_TIMES * 1000) / (rate * EFFICIENCY), 3);
  const mfu = rounded((useful * 1000) / (stepMs * rate), 6);
  return { adapters, batchTokens, stepMs, peakFlopsPerGpu, mfu, tokenFlops };
}

interface RecipeParts extends Work {
  readonly batch: number;
  readonly schedule: Schedule;
}

function recipeOf({ microBatch, gpuCount }: Chosen, parts: RecipeParts): RecipeDescribed {
  const { batch, schedule, stepMs, batchTokens, mfu, tokenFlops } = parts;
  return {
    type: "recipe-described",
    precision: "bf16",
    globalBatchSequences: batch,
    microBatch,
    accumulation: batch / microBatch / gpuCount,
    schedule: "cosine",
    peakLearningRate: schedule.peak,
    warmupSteps: schedule.warmupSteps,
    clipNorm: CLIP_NORM,
    flopsPerToken: tokenFlops,
    mfuConvention: "causal",
    planned: {
      stepMs: Math.round(stepMs),
      tokensPerSecond: Math.round((batchTokens * 1000) / stepMs),
      mfu: rounded(mfu, 4),
      goodput: 1,
      days: rounded((schedule.stepsTotal * stepMs) / 86_400_000, 6),
    },
  };
}

function countsOf(shape: Architecture) {
  const { total, active } = countParameters(shape);
  return { parameters: total, activeParameters: active };
}

interface Chosen extends Choice {
  readonly rank: number;
  readonly sequence: number;
  readonly microBatch: number;
  readonly memoryBytes: number;
}

/**
 * A dense model that fits: frozen weights are split between the GPUs, activations are not.
 *
 * @throws UserError "does-not-fit" where what was asked for never does.
 */
function chooseFitting(random: Random, options: SceneOptions): Chosen {
  const { wanted } = options;
  return drawFitting(random, options, {
    parametersMin: PARAMETERS_MIN,
    parametersMax: Number.POSITIVE_INFINITY,
    contextTokensMin: 2048,
    gpus: GPUS,
    gpuCounts: GPU_COUNTS,
    fitted({ model, gpu, gpuCount }) {
      const rank = pick(random, RANKS);
      const sequence = Math.min(model.contextTokens, 4096);
      const microBatch = pick(random, [1, 2, 4]);
      const memoryBytes = memoryOf(model.shape, { gpuCount, rank, tokens: microBatch * sequence });
      if (memoryBytes >= FILL_LIMIT * gpu.memoryGb * 1e9 || !isPowerOfTwo(gpuCount))
        return undefined;
      return { model, gpu, gpuCount, rank, sequence, microBatch, memoryBytes };
    },
    failure: () =>
      new UserError({
        code: "does-not-fit",
        message: `Cannot fine-tune ${wanted.modelName ?? "a model"} on ${wanted.gpuCount ?? GPU_COUNTS.at(-1)} ${wanted.gpu?.name ?? "GPUs"}: found no way to fit it, need 1, 2, 4 or 8 GPUs with room for it`,
        hint: "Take a smaller model or more GPUs, or leave --model and --gpus out.",
        exitCode: 2,
      }),
  });
}

/** So that the batch can be split between them. */
function isPowerOfTwo(count: number): boolean {
  return [1, 2, 4, 8].includes(count);
}

function memoryOf(
  shape: Architecture,
  {
    gpuCount,
    rank,
    tokens,
  }: { readonly gpuCount: number; readonly rank: number; readonly tokens: number },
): number {
  const { layers, hidden, vocab } = shape;
  const weights = (2 * countParameters(shape).total) / gpuCount;
  const states = (16 * adapterCount(shape, rank)) / gpuCount;
  // One activation a layer is kept, one layer is open at a time, and the logits are float32.
  const activations = tokens * (2 * hidden * layers + 34 * hidden + 8 * vocab);
  return Math.round(weights + states + activations + OVERHEAD_BYTES);
}

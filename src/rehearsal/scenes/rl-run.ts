/** One run of reinforcement learning on problems whose answers a program can check. */

import { UserError } from "../../errors.ts";
import type {
  ClusterDescribed,
  DatasetDescribed,
  ModelDescribed,
  RecipeDescribed,
} from "../../events/cluster.ts";
import type { RunStarted } from "../../events/events.ts";
import { below, type Random } from "../../random.ts";
import { countParameters } from "../catalog/architecture.ts";
import type { Gpu } from "../catalog/gpus.ts";
import { pick, streamOf } from "../engine/chance.ts";
import { rounded } from "../engine/portable-math.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { flopsPerToken } from "../plan/flops.ts";
import { type Choice, drawFitting } from "./draw-fitting.ts";
import { type MachineRoom, machineRoom } from "./machine-room.ts";
import { clusterNews, describedModel, type Split, startedNews } from "./opening.ts";

/** Problems: name, how many, share that a model solves before. Counts are rounded. */
const PROBLEMS: readonly (readonly [string, number, number])[] = [
  ["Big-Math", 251_000, 0.34],
  ["DAPO-Math-17k", 17_000, 0.22],
  ["DeepScaleR", 40_300, 0.28],
  ["GSM8K", 7_473, 0.58],
  ["NuminaMath", 860_000, 0.31],
];

const GPUS = ["A100-80", "H100", "H200", "B200"];
const GPU_COUNTS = [8, 16, 32, 64];
const PROMPTS = [128, 256, 512];
const GROUPS = [8, 16];
const LIMITS = [4096, 8192];
// Sizes and limits of this scene are assumed.
const PARAMETERS_MIN = 5e8;
const PARAMETERS_MAX = 4e10;
/** bf16 weights twice (policy and reference), gradients, and optimiser states. */
const BYTES_PER_PARAMETER = 20;
const OVERHEAD_BYTES = 14e9;
const FILL_LIMIT = 0.9;
const STEPS_MIN = 120;
const STEPS_SPREAD = 240;
const PEAK_RATE = 1e-6;
/** Each token is passed forward for the old and the reference policy, and trained on once. */
const SCORING_SHARE = 2 / 3;

export interface RlRun extends MachineRoom {
  readonly seed: number;
  readonly random: Random;
  readonly started: RunStarted;
  readonly model: ModelDescribed;
  readonly dataset: DatasetDescribed;
  readonly cluster: ClusterDescribed;
  readonly recipe: RecipeDescribed;
  readonly gpu: Gpu;
  readonly stepsTotal: number;
  readonly prompts: number;
  /** Responses to each prompt. */
  readonly group: number;
  /** Longer responses are cut. */
  readonly limitTokens: number;
  readonly startReward: number;
  /** Useful operations for a token of a response: two passes forward, one step. */
  readonly tokenFlops: number;
  readonly peakFlopsPerGpu: number;
  step: number;
  consumedTokens: number;
  lastLoss: number;
  rewards: readonly number[];
}

export function newRlRun(options: SceneOptions): RlRun {
  const { seed } = options;
  const choice = streamOf(seed, "choice");
  const { model, gpu, gpuCount, memoryBytes } = chooseFitting(choice, options);
  const [name, problems, solved] = pick(choice, PROBLEMS);
  const prompts = pick(choice, PROMPTS);
  const group = pick(choice, GROUPS);
  const limitTokens = Math.min(model.contextTokens, pick(choice, LIMITS));
  const stepsTotal = STEPS_MIN + below(choice, STEPS_SPREAD);
  const { total, active } = countParameters(model.shape);
  const one = { tensorParallel: 1, pipelineParallel: 1, contextParallel: 1, expertParallel: 1 };
  const setup: Split = { gpu, gpuCount, ...one, dataParallel: gpuCount, sharding: "full" };
  const tokenFlops = Math.round(flopsPerToken(model.shape, limitTokens / 2) * (1 + SCORING_SHARE));
  return {
    ...machineRoom({ setup, mfu: 0.3, memoryBytes }, seed),
    seed,
    random: streamOf(seed, "story"),
    started: startedNews(options, {
      title: `${model.name} GRPO on ${gpuCount} ${gpu.name}`,
      device: `${gpuCount} × ${gpu.driverName}`,
      configuration: {
        scene: "rl_post_training",
        model: model.name,
        gpus: `${gpu.name}:${gpuCount}`,
      },
    }),
    model: describedModel(model, { parameters: total, activeParameters: active }),
    dataset: {
      type: "dataset-described",
      name,
      samples: problems,
      tokens: problems * PROMPT_TOKENS,
      sequenceTokens: PROMPT_TOKENS,
    },
    cluster: clusterNews(choice, setup, memoryBytes),
    recipe: {
      type: "recipe-described",
      precision: "bf16",
      globalBatchSequences: prompts * group,
      microBatch: 1,
      accumulation: (prompts * group) / gpuCount,
      schedule: "wsd",
      peakLearningRate: PEAK_RATE,
      warmupSteps: 10,
      clipNorm: 1,
      flopsPerToken: tokenFlops,
      mfuConvention: "causal",
      planned: { stepMs: 0, tokensPerSecond: 0, mfu: 0, goodput: 1, days: 0 },
    },
    gpu,
    stepsTotal,
    prompts,
    group,
    limitTokens,
    startReward: rounded(solved * (0.8 + 0.4 * choice.next()), 4),
    tokenFlops,
    peakFlopsPerGpu: (gpu.peakTflops.bf16 ?? gpu.peakTflops.fp16 ?? 0) * 1e12,
    step: 0,
    consumedTokens: 0,
    lastLoss: 0,
    rewards: [],
  };
}

/** Of a mathematical question. Assumed. */
const PROMPT_TOKENS = 140;

interface Chosen extends Choice {
  readonly memoryBytes: number;
}

/** @throws UserError "does-not-fit" where what was asked for never does. */
function chooseFitting(random: Random, options: SceneOptions): Chosen {
  const { wanted } = options;
  return drawFitting(random, options, {
    parametersMin: PARAMETERS_MIN,
    parametersMax: PARAMETERS_MAX,
    contextTokensMin: 4096,
    gpus: GPUS,
    gpuCounts: GPU_COUNTS,
    fitted({ model, gpu, gpuCount }) {
      const { total } = countParameters(model.shape);
      const memoryBytes = Math.round((BYTES_PER_PARAMETER * total) / gpuCount + OVERHEAD_BYTES);
      const isSplit = GPU_COUNTS.includes(gpuCount);
      if (!isSplit || memoryBytes >= FILL_LIMIT * gpu.memoryGb * 1e9) return undefined;
      return { model, gpu, gpuCount, memoryBytes };
    },
    failure: () =>
      new UserError({
        code: "does-not-fit",
        message: `Cannot train ${wanted.modelName ?? "a model"} by reinforcement on ${wanted.gpuCount ?? GPU_COUNTS.at(-1)} ${wanted.gpu?.name ?? "GPUs"}: need 8, 16, 32 or 64 GPUs with room for it`,
        hint: "Take a smaller model or more GPUs, or leave --model and --gpus out.",
        exitCode: 2,
      }),
  });
}

/**
 * Parallelism and recipes of published runs. A scene that simulates one of them uses these instead of the planner's choice.
 *
 * Sources: DeepSeek-V3 (arXiv 2412.19437, table 1, 3.2 and 4.2); BLOOM (arXiv 2211.05100, table 3, and the
 * chronicles of bigscience-workshop); Llama 3 405B (arXiv 2407.21783, table 4); the model card of
 * Falcon-40B.
 */

import { findModel } from "../catalog/models.ts";
import type { MeasuredRun } from "../plan/measured.ts";
import type { PlanRequest } from "../plan/request.ts";

interface PublishedRecipe {
  readonly model: string;
  readonly gpu: string;
  readonly gpuCount: number;
  readonly recipe: Partial<PlanRequest>;
  /** Where the network was another than is usual for the GPU. */
  readonly nicGbPerSecond?: number;
  /** Where its makers publish it, and the planner is further from it than from other runs. */
  readonly tokensPerSecondPerGpu?: number;
}

/** Jean Zay: four Omni-Path links of 12.5 GB/s for the eight GPUs of a node. */
const OMNI_PATH_NIC_GB_PER_SECOND = 6.25;

const RECIPES: readonly PublishedRecipe[] = [
  {
    model: "DeepSeek-V3",
    gpu: "H800",
    gpuCount: 2048,
    recipe: {
      tensorParallel: 1,
      pipelineParallel: 16,
      expertParallel: 64,
      sequence: 4096,
      globalBatchSequences: 15_360,
      precision: "fp8",
    },
    // 14.8 trillion tokens in 2,664 thousand GPU hours.
    tokensPerSecondPerGpu: 14.8e12 / (2_664_000 * 3600),
  },
  {
    model: "BLOOM-176B",
    gpu: "A100-80",
    gpuCount: 384,
    nicGbPerSecond: OMNI_PATH_NIC_GB_PER_SECOND,
    recipe: {
      tensorParallel: 4,
      pipelineParallel: 12,
      sequence: 2048,
      globalBatchSequences: 2048,
      microBatch: 2,
      precision: "bf16",
      recompute: "full",
    },
  },
  {
    model: "Llama-3.1-405B",
    gpu: "H100",
    gpuCount: 16_384,
    recipe: {
      tensorParallel: 8,
      pipelineParallel: 16,
      contextParallel: 1,
      sequence: 8192,
      globalBatchSequences: 2048,
      precision: "bf16",
    },
  },
  {
    model: "Falcon-40B",
    gpu: "A100-40",
    gpuCount: 384,
    recipe: {
      tensorParallel: 8,
      pipelineParallel: 4,
      sequence: 2048,
      globalBatchSequences: 1152,
      precision: "bf16",
    },
  },
];

/** @param request Of a model as the catalogue has it; what it says itself stays. */
export function withPublishedRecipe(request: PlanRequest): PlanRequest {
  const known = recipeOf(request);
  if (known === undefined) return request;
  const { recipe, nicGbPerSecond = request.gpu.nicGbPerSecond } = known;
  return { ...recipe, ...request, gpu: { ...request.gpu, nicGbPerSecond } };
}

/** The public run that a request is about, with its speed, where that was published. */
export function publishedRun(request: PlanRequest): MeasuredRun | undefined {
  const { recipe, tokensPerSecondPerGpu: value } = recipeOf(request) ?? {};
  if (value === undefined) return undefined;
  return { request: { ...request, ...recipe }, figure: "tokensPerSecondPerGpu", value };
}

function recipeOf(request: PlanRequest): PublishedRecipe | undefined {
  return RECIPES.find(
    ({ model, gpu, gpuCount }) =>
      request.shape === findModel(model).shape &&
      request.gpu.name === gpu &&
      request.gpuCount === gpuCount,
  );
}

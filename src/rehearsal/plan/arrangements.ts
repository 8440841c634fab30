/**
 * All sensible ways to split a run over its accelerators.
 *
 * Tensor parallelism stays inside the fast domain, pipelines cut between layers, long
 * sequences are split over context ranks, the rest are replicas.
 */

import { countParameters } from "../catalog/architecture.ts";
import { canInterleave, isNearlyEven, unevenCut } from "./check-request.ts";
import { STATE_BYTES_PER_PARAMETER } from "./memory.ts";
import type { PlanRequest } from "./request.ts";
import type { Recompute, Setup } from "./setup.ts";
import { hasSplit, STACKS } from "./stacks.ts";

/** How the work is split. */
export type Split = Pick<
  Setup,
  | "globalBatchSequences"
  | "microBatch"
  | "tensorParallel"
  | "pipelineParallel"
  | "interleave"
  | "dataParallel"
  | "contextParallel"
  | "expertParallel"
  | "recompute"
  | "recomputeShare"
  | "sharding"
>;

/** A setup without its split. */
export type Frame = Omit<Setup, keyof Split>;

const PIPELINE_MAX = 64;
const INTERLEAVE_MAX = 12;
/** Thinner chunks send more messages than they save waiting, unless all of them are hidden. */
const CHUNK_LAYERS_MIN = 2;
const MICRO_BATCHES = [1, 2, 4, 8, 16];
const RECOMPUTE: readonly Recompute[] = ["none", "selective", "full"];

/**
 * Tokens that one context rank should hold at least: a long sequence is split because it does not
 * fit, a shorter one only where there are hardly any sequences for so many GPUs.
 */
const CONTEXT_TOKENS_MIN = { usual: 8192, scarce: 2048 };

/** Fewer sequences than this for each GPU leave a pipeline empty for most of the time. */
const SCARCE_SEQUENCES_PER_GPU = 1 / 4;

/**
 * Replicas that each want a sequence can ask for a larger batch than a model learns well from:
 * "usual" leaves such splits out, "any" keeps them.
 */
export type BatchSizes = "usual" | "any";

/** A batch this many times the usual one is still usual. */
const USUAL_BATCH_FACTOR = 2;

/**
 * Thousands for a mixture of experts on many accelerators, so each is small. Splits that only
 * differ in what they recompute come one after the other, from nothing to everything.
 */
export function* arrangements(
  request: PlanRequest,
  frame: Frame,
  batches: BatchSizes = "usual",
): Generator<Split> {
  const recomputes = recomputesOf(request);
  for (const grid of grids(request, frame)) {
    const choices = shardings(request, frame, grid);
    const { tensorParallel, pipelineParallel, contextParallel, dataParallel, expertParallel } =
      grid;
    if (batches === "usual" && !isUsual(request, frame, grid)) continue;
    for (const batch of batchesOf(request, frame, grid)) {
      const { globalBatchSequences, microBatch, interleave } = batch;
      for (const sharding of choices) {
        for (const recompute of recomputes) {
          yield {
            tensorParallel,
            pipelineParallel,
            contextParallel,
            dataParallel,
            expertParallel,
            globalBatchSequences,
            microBatch,
            interleave,
            recompute,
            recomputeShare: recompute === "full" ? (request.recomputeShare ?? 1) : 1,
            sharding,
          };
        }
      }
    }
  }
}

function recomputesOf({ recompute, stack }: PlanRequest): readonly Recompute[] {
  if (recompute) return [recompute];
  return stack === undefined ? RECOMPUTE : STACKS[stack].recomputes;
}

type Grid = Pick<
  Setup,
  "tensorParallel" | "pipelineParallel" | "dataParallel" | "contextParallel" | "expertParallel"
>;

/** All splits whose product is the number of accelerators. */
function* grids(request: PlanRequest, frame: Frame): Generator<Grid> {
  const { gpuCount } = frame;
  for (const tensorParallel of tensorSizes(request, frame)) {
    for (const pipelineParallel of pipelineSizes(request, frame)) {
      for (const contextParallel of contextSizes(request, frame)) {
        const dataParallel = gpuCount / (tensorParallel * pipelineParallel * contextParallel);
        if (!Number.isInteger(dataParallel)) continue;
        if (request.dataParallel && request.dataParallel !== dataParallel) continue;
        const replicas = dataParallel * contextParallel;
        for (const expertParallel of expertSizes(request, { tensorParallel, replicas })) {
          yield { tensorParallel, pipelineParallel, contextParallel, dataParallel, expertParallel };
        }
      }
    }
  }
}

function tensorSizes(request: PlanRequest, frame: Frame): readonly number[] {
  const { tensorParallel, shape, stack } = request;
  if (tensorParallel) return [tensorParallel];
  if (!hasSplit(stack, "tensor")) return [1];
  const most = Math.min(8, frame.gpu.linkDomain, frame.gpu.gpusPerNode);
  const sizes = [1, 2, 4, 8].filter((size) => size <= most && unevenCut(shape, size) === undefined);
  // Only Megatron-LM copies key heads that are too few.
  return stack === undefined ? sizes : sizes.filter((size) => shape.kvHeads % size === 0);
}

function pipelineSizes(request: PlanRequest, frame: Frame): readonly number[] {
  if (request.pipelineParallel) return [request.pipelineParallel];
  if (!hasSplit(request.stack, "pipeline")) return [1];
  const { layers, experts = 0 } = frame.shape;
  const spreads = experts > 0 && hasSplit(request.stack, "expert");
  const sizes: number[] = [];
  const { interleave = 1 } = request;
  // Only a pipeline has stages that can be interleaved.
  const least = interleave > 1 ? 2 : 1;
  for (let size = least; size <= Math.min(layers, PIPELINE_MAX, frame.gpuCount); size += 1) {
    const divides =
      frame.gpuCount % size === 0 && canInterleave(layers, { stages: size, interleave });
    // Either the layers divide, or they do with the two embeddings counted as layers. Who has
    // experts to spread writes a layout by hand (DeepSeek-V3: 61 layers on 16 stages).
    const isEven = layers % size === 0 || (layers + 2) % size === 0;
    if (divides && (isEven || (spreads && isNearlyEven(layers, size)))) sizes.push(size);
  }
  return sizes;
}

function contextSizes(request: PlanRequest, frame: Frame): readonly number[] {
  if (request.contextParallel) return [request.contextParallel];
  const { tensorParallel, pipelineParallel, dataParallel } = request;
  if (tensorParallel && pipelineParallel && dataParallel) {
    return [frame.gpuCount / (tensorParallel * pipelineParallel * dataParallel)];
  }
  const sizes = [1];
  if (!hasSplit(request.stack, "context")) return sizes;
  const { globalBatchSequences = Number.POSITIVE_INFINITY } = request;
  const isScarce = globalBatchSequences < SCARCE_SEQUENCES_PER_GPU * frame.gpuCount;
  const least = CONTEXT_TOKENS_MIN[isScarce ? "scarce" : "usual"];
  for (let size = 2; frame.sequence / size >= least; size *= 2) {
    if (frame.sequence % size === 0) sizes.push(size);
  }
  return sizes;
}

/** Experts are spread over the replicas of a stage, and over its tensor ranks where that is asked for. */
function expertSizes(
  request: PlanRequest,
  { tensorParallel, replicas }: { readonly tensorParallel: number; readonly replicas: number },
): readonly number[] {
  const { expertParallel } = request;
  if (expertParallel) {
    return (tensorParallel * replicas) % expertParallel === 0 ? [expertParallel] : [];
  }
  const experts = request.shape.experts ?? 0;
  if (experts === 0 || !hasSplit(request.stack, "expert")) return [1];
  return [1, 2, 4, 8, 16, 32, 64].filter((size) => experts % size === 0 && replicas % size === 0);
}

type Batch = Pick<Setup, "globalBatchSequences" | "microBatch" | "interleave">;

function* batchesOf(request: PlanRequest, frame: Frame, grid: Grid): Generator<Batch> {
  const globalBatchSequences = request.globalBatchSequences ?? usualBatch(request, frame, grid);
  const perReplica = globalBatchSequences / grid.dataParallel;
  if (!Number.isInteger(perReplica)) return;
  for (const microBatch of request.microBatch ? [request.microBatch] : MICRO_BATCHES) {
    if (perReplica % microBatch !== 0) continue;
    for (const interleave of interleaves(request, grid, perReplica / microBatch)) {
      yield { globalBatchSequences, microBatch, interleave };
    }
  }
}

/** Tokens per step that runs of this size use: 4 M for 8 B parameters, 16 M for 405 B. */
function usualTokens({ shape }: Frame): number {
  return 4e6 * (countParameters(shape).active / 8e9) ** 0.35;
}

function isUsual(request: PlanRequest, frame: Frame, grid: Grid): boolean {
  if (request.globalBatchSequences !== undefined) return true;
  const tokens = usualBatch(request, frame, grid) * frame.sequence;
  return tokens <= USUAL_BATCH_FACTOR * usualTokens(frame);
}

/** The usual sequences per step, a whole number per replica, and enough to fill a pipeline. */
function usualBatch(
  { interleave = 1, microBatch = 1 }: PlanRequest,
  frame: Frame,
  grid: Grid,
): number {
  const perReplica = usualTokens(frame) / frame.sequence / grid.dataParallel;
  const fill = grid.pipelineParallel;
  const rounded = Math.max(fill, 2 ** Math.round(Math.log2(perReplica)));
  // A given micro-batch is kept whole, and so is a group of them in an interleaved pipeline.
  const group = microBatch * (interleave > 1 ? fill : 1);
  return Math.ceil(rounded / group) * group * grid.dataParallel;
}

/** Chunks per stage; the interleaved schedule works in groups of one micro-batch per stage. */
function interleaves(request: PlanRequest, grid: Grid, microBatches: number): readonly number[] {
  const { pipelineParallel } = grid;
  if (request.interleave) return [request.interleave];
  if (!hasSplit(request.stack, "interleave")) return [1];
  if (pipelineParallel === 1 || microBatches % pipelineParallel !== 0) return [1];
  const { layers } = request.shape;
  const layersHere = (layers % pipelineParallel === 0 ? layers : layers + 2) / pipelineParallel;
  const counts = [1];
  for (
    let count = 2;
    count <= Math.min(INTERLEAVE_MAX, layersHere / CHUNK_LAYERS_MIN);
    count += 1
  ) {
    if (layersHere % count === 0) counts.push(count);
  }
  return counts;
}

function shardings(
  { sharding, stack }: PlanRequest,
  frame: Frame,
  grid: Grid,
): readonly Setup["sharding"][] {
  if (sharding) return [sharding];
  if (grid.dataParallel * grid.contextParallel === 1) return ["none"];
  const isAlone = grid.pipelineParallel === 1;
  if (stack === undefined) return isAlone ? ["optimizer", "full"] : ["optimizer"];
  const { shardings: all, shardingsInPipeline } = STACKS[stack];
  if (!isAlone) return shardingsInPipeline;
  if (!all.includes("none")) return all;
  return isHeldWhole(frame) ? ["none"] : all.filter((one) => one !== "none");
}

/** With room for twice the whole state, it is not split. */
const WHOLE_STATE_SHARE = 0.4;

function isHeldWhole({ shape, gpu }: Frame): boolean {
  const bytes = STATE_BYTES_PER_PARAMETER * countParameters(shape).total;
  return bytes <= WHOLE_STATE_SHARE * gpu.memoryGb * 1e9;
}

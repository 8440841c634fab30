/**
 * How long one optimiser step takes, and where the time goes.
 *
 * A pipeline runs at the pace of its slowest stage; what the replicas exchange is hidden
 * behind the backward pass as far as it fits there.
 */

import { countParameters, expertLayers } from "../catalog/architecture.ts";
import {
  backwardTime,
  forwardTime,
  type LayerTime,
  matmulTime,
  recomputeTime,
  scaled,
  sumOf,
  totalOf,
} from "./layer-time.ts";
import { ASSUMED, CALIBRATED, gatherSeconds, memoryRate } from "./rates.ts";
import {
  hasSequenceParallel,
  isEarlyBf16,
  localTokens,
  microBatchCount,
  nodeCount,
  type Setup,
} from "./setup.ts";

/** All in seconds; the parts add up to `total`. */
export interface StepTime {
  readonly total: number;
  /** All micro-batches on the slowest stage, without waiting. */
  readonly compute: number;
  /** The parts of `compute` that the layers need. */
  readonly layers: LayerTime;
  readonly recompute: number;
  /** Logits and their loss on the last stage. */
  readonly logits: number;
  /** Waiting for the pipeline to fill and drain. */
  readonly bubble: number;
  /** Passing activations between stages, not hidden. */
  readonly pipeline: number;
  /** Gradients and weights between replicas, not hidden. */
  readonly data: number;
  /** And adding up the gradients, where that is a step of its own. */
  readonly optimizer: number;
  /** Loader, launches, waiting for the slowest node, and what tuning would save. */
  readonly host: number;
}

/** What one micro-batch needs on one stage; the same for many splits of one run. */
export interface MicroBatchTime {
  readonly forward: LayerTime;
  readonly backward: LayerTime;
  readonly logits: number;
}

function microBatchTime(setup: Setup): MicroBatchTime {
  return {
    forward: forwardTime(setup),
    backward: backwardTime(setup),
    logits: logitsSeconds(setup),
  };
}

/** Micro-batch times by the parts of a split that they depend on, for setups of one run. */
export class LayerTimeMemory {
  readonly #known = new Map<string, MicroBatchTime>();

  of(setup: Setup): MicroBatchTime {
    const { microBatch, tensorParallel, contextParallel, expertParallel } = setup;
    const stack = `${setup.sharding} ${hasSequenceParallel(setup)}`;
    const key = `${microBatch} ${tensorParallel} ${contextParallel} ${expertParallel} ${stack}`;
    const known = this.#known.get(key) ?? microBatchTime(setup);
    this.#known.set(key, known);
    return known;
  }
}

export function stepTime(setup: Setup, times: MicroBatchTime = microBatchTime(setup)): StepTime {
  const { pipelineParallel, interleave } = setup;
  const microBatches = microBatchCount(setup);
  const { forward, backward, logits } = times;
  const again = recomputeTime(setup, forward);
  const launches =
    launchSeconds(setup) * (3 + (setup.recompute === "full" ? setup.recomputeShare : 0));
  const layer = Math.max(totalOf(forward) + totalOf(backward) + totalOf(again), launches);
  const slowest = slowestStage(setup, { layer, logits });
  const perMicroBatch = slowest.layers * layer + slowest.logits;

  const compute = microBatches * perMicroBatch;
  const bubble = ((pipelineParallel - 1) / interleave) * perMicroBatch;
  const pipeline = pipelineSeconds(setup, microBatches);
  const backwardWindow = perMicroBatch * (totalOf(backward) / layer);
  const data = dataSeconds(setup, {
    forward: perMicroBatch - backwardWindow,
    backward: backwardWindow,
  });
  const optimizer = optimizerSeconds(setup) + microBatches * accumulationSeconds(setup);
  const busy = compute + bubble + pipeline + data + optimizer;
  const jitter = ASSUMED.jitterPerDoubling * Math.log2(Math.max(1, nodeCount(setup)));
  const untuned = setup.tuned ? 0 : CALIBRATED.untuned - 1;
  const host = ASSUMED.hostSeconds + busy * (jitter + untuned);

  const scale = microBatches * slowest.layers;
  return {
    total: busy + host,
    compute,
    layers: scaled(sumOf(forward, backward), scale),
    recompute: totalOf(again) * scale,
    logits: microBatches * slowest.logits,
    bubble,
    pipeline,
    data,
    optimizer,
    host,
  };
}

/** Time in which the host can start the kernels of one layer's forward pass. */
function launchSeconds({ shape, expertParallel }: Setup): number {
  const localExperts = (shape.experts ?? 0) / expertParallel;
  const operations = ASSUMED.routingOperations + ASSUMED.expertOperations * localExperts;
  const routing = (expertLayers(shape) / shape.layers) * operations;
  return ASSUMED.layerLaunchSeconds + routing * ASSUMED.routingOperationSeconds;
}

interface StageCost {
  readonly layer: number;
  readonly logits: number;
}

/**
 * Layers and logits on the stage that sets the pace. Where the layers do not divide,
 * the first and last stage get fewer, because they also hold the embeddings.
 */
function slowestStage(setup: Setup, cost: StageCost): { layers: number; logits: number } {
  const { pipelineParallel, shape } = setup;
  const most = Math.ceil(shape.layers / pipelineParallel);
  const last = pipelineParallel === 1 ? most : Math.floor(shape.layers / pipelineParallel);
  if (last * cost.layer + cost.logits >= most * cost.layer) {
    return { layers: last, logits: cost.logits };
  }
  return { layers: most, logits: 0 };
}

/** Output matmul three times and the loss, which passes over the float32 logits about five times. */
function logitsSeconds(setup: Setup): number {
  const { shape, tensorParallel } = setup;
  const tokens = localTokens(setup);
  const columns = shape.vocab / tensorParallel;
  const wide: Setup = setup.precision === "fp8" ? { ...setup, precision: "bf16" } : setup;
  const passes = setup.compiled ? 5 : 8;
  const loss = (tokens * columns * 4 * passes) / memoryRate(setup.gpu);
  return 3 * matmulTime(wide, [tokens, columns, shape.hidden]) + loss;
}

/** Only the fill and drain of the pipeline wait for messages; the rest run beside the compute. */
function pipelineSeconds(setup: Setup, microBatches: number): number {
  const { pipelineParallel, interleave, gpu, shape, tensorParallel } = setup;
  if (pipelineParallel <= 1) return 0;
  const early = isEarlyBf16(setup);
  const bytes = (localTokens(setup) * shape.hidden * 2) / (early ? 1 : tensorParallel);
  const rate = gpu.nicGbPerSecond * 1e9 * ASSUMED.nicFraction;
  const message = bytes / rate + ASSUMED.nicLatencySeconds;
  const steady = (early ? 1 : 0.2) * 2 * microBatches * interleave;
  return message * (2 * (pipelineParallel - 1) + steady);
}

interface Window {
  readonly forward: number;
  readonly backward: number;
}

/** Parameters that one accelerator works with; experts are split further than the rest. */
export function localParameters(setup: Setup): { dense: number; expert: number } {
  const { shape, tensorParallel, pipelineParallel, expertParallel } = setup;
  const counts = countParameters(shape);
  const expert = expertLayers(shape) * counts.expertWeights;
  const embeddings = counts.inputEmbedding;
  const inLayers = counts.total - expert - embeddings * (shape.tiedEmbeddings ? 1 : 2);
  // The fullest stage holds its share of the layers and one embedding (both without a pipeline).
  const held = pipelineParallel === 1 && !shape.tiedEmbeddings ? 2 : 1;
  return {
    dense: (inLayers / pipelineParallel + held * embeddings) / tensorParallel,
    expert: expert / pipelineParallel / expertParallel / tensorParallel,
  };
}

function dataSeconds(setup: Setup, window: Window): number {
  const { gpu, shape, dataParallel, contextParallel, sharding } = setup;
  const { tensorParallel, pipelineParallel, expertParallel } = setup;
  const size = dataParallel * contextParallel;
  if (size <= 1) return 0;
  const held = localParameters(setup);
  const inDomain = Math.max(1, Math.floor(gpu.linkDomain / tensorParallel));
  const ring = { size, perDomain: Math.min(inDomain, size) };
  const expertSize = Math.max(1, size / expertParallel);
  const expertRing = {
    size: expertSize,
    perDomain: Math.max(1, Math.min(expertSize, Math.floor(inDomain / expertParallel))),
  };
  // Fully sharded weights are gathered layer by layer.
  const pieces = sharding === "full" ? shape.layers / pipelineParallel : 1;
  const gather = (bytes: number) =>
    gatherSeconds(gpu, bytes * held.dense, { ...ring, pieces }) +
    gatherSeconds(gpu, bytes * held.expert, { ...expertRing, pieces });
  const weights = gather(2);
  const gradients = gather(4);
  const steps = sharding === "full" ? microBatchCount(setup) : 1;
  if (setup.attention === "unfused") return steps * (gradients + weights);
  const backwardTraffic = sharding === "full" ? gradients + weights : gradients;
  return steps * (exposed(weights, window.forward) + exposed(backwardTraffic, window.backward));
}

/** Collectives beside compute slow it down, and the first or last bucket has nothing beside it. */
function exposed(traffic: number, window: number): number {
  const hidden = Math.min(0.95 * traffic, window);
  return traffic - hidden + ASSUMED.collectiveShare * hidden;
}

/**
 * Adam reads and writes master weights and two moments, reads gradients, writes bf16 weights
 * (30 bytes per parameter); before that the gradients are measured and clipped, and cleared
 * after it (16); loss scaling takes two passes more (8).
 */
function optimizerSeconds(setup: Setup): number {
  const held = localParameters(setup);
  const replicas = setup.dataParallel * setup.contextParallel;
  const shards = setup.sharding === "none" ? 1 : replicas;
  const perParameter = setup.precision === "fp16" ? 54 : 46;
  const expertShards = Math.max(1, shards / setup.expertParallel);
  const bytes = perParameter * (held.dense / shards + held.expert / expertShards);
  return bytes / memoryRate(setup.gpu);
}

/** Where a kernel of its own adds the gradients up: two bytes read, four read and written. */
function accumulationSeconds(setup: Setup): number {
  if (!isEarlyBf16(setup)) return 0;
  const held = localParameters(setup);
  return (10 * (held.dense + held.expert)) / memoryRate(setup.gpu);
}

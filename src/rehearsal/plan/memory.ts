/**
 * Memory of the fullest accelerator, in bytes, part by part.
 *
 * Activations after Korthikanti et al. 2022, with the counts generalised to grouped
 * queries, gated blocks and experts: for a plain GPT layer they give the paper's
 * 34 bytes per token and hidden unit, and 5 more per head and token for the scores.
 */

import { attentionWidth } from "../catalog/architecture.ts";
import { activeWidth } from "./layer-time.ts";
import { hasSequenceParallel, localTokens, microBatchCount, type Setup } from "./setup.ts";
import { localParameters } from "./step-time.ts";

export interface Memory {
  readonly total: number;
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly activations: number;
  readonly logits: number;
  /** Driver context, communication buffers, gaps between allocations. */
  readonly overhead: number;
}

/** Driver context and communication buffers. Assumed. */
const CONTEXT_BYTES = 2.5e9;
/** Gaps between allocations, as a share of what is allocated. Assumed. */
const FRAGMENTATION = 0.04;

/** Weights and gradients in bf16. */
export const WEIGHT_BYTES = 2;
const GRADIENT_BYTES = 2;
/** Master weights and two moments in float32. */
const OPTIMIZER_BYTES = 12;
export const STATE_BYTES_PER_PARAMETER: number = WEIGHT_BYTES + GRADIENT_BYTES + OPTIMIZER_BYTES;

export function memoryOf(setup: Setup): Memory {
  const held = localParameters(setup);
  const replicas = setup.dataParallel * setup.contextParallel;
  const spread = (bytes: number, isSplit: boolean) =>
    isSplit
      ? bytes * (held.dense / replicas + (held.expert * setup.expertParallel) / replicas)
      : bytes * (held.dense + held.expert);
  const full = setup.sharding === "full";
  const weights =
    spread(WEIGHT_BYTES, full) + (full ? gatheredBytes(setup, held.dense + held.expert) : 0);
  // Float32 where losses are scaled, as that stack kept them; bf16 since.
  const gradients = spread(setup.precision === "fp16" ? 4 : GRADIENT_BYTES, full);
  const optimizer = spread(OPTIMIZER_BYTES, setup.sharding !== "none");
  const activations = activationBytes(setup);
  const logits = logitsBytes(setup);
  // The first stage holds the most micro-batches, the last one the logits: not both.
  const live = setup.pipelineParallel > 1 ? Math.max(activations, logits) : activations + logits;
  const used = weights + gradients + optimizer + live;
  const overhead = CONTEXT_BYTES + FRAGMENTATION * used;
  return { total: used + overhead, weights, gradients, optimizer, activations, logits, overhead };
}

/** What of a total are tensors: all but what `overhead` counts. */
export function tensorBytesOf(total: number): number {
  return Math.max(0, total - CONTEXT_BYTES) / (1 + FRAGMENTATION);
}

/** Fully sharded weights are gathered layer by layer, one ahead of the one in use. */
function gatheredBytes(setup: Setup, parameters: number): number {
  const layersHere = setup.shape.layers / setup.pipelineParallel;
  return (2 * 2 * parameters) / Math.max(1, layersHere);
}

function activationBytes(setup: Setup): number {
  const { shape, pipelineParallel, interleave, recompute } = setup;
  const layersHere = Math.ceil(shape.layers / pipelineParallel);
  // Interleaving starts more micro-batches before the first backward pass.
  const early = interleave > 1 ? (pipelineParallel - 1) / interleave : 0;
  const inFlight = pipelineParallel + early;
  const microBatches = pipelineParallel > 1 ? Math.min(inFlight, microBatchCount(setup)) : 1;
  const everything = keptBytesPerToken(setup, "none");
  const share = recompute === "none" ? 0 : setup.recomputeShare;
  const perLayer = share * keptBytesPerToken(setup, recompute) + (1 - share) * everything;
  const working = recompute === "full" ? everything : 0;
  return localTokens(setup) * (layersHere * microBatches * perLayer + working);
}

/** What one layer keeps of one token for the backward pass. */
export function keptBytesPerToken(setup: Setup, recompute: Setup["recompute"]): number {
  const { shape, tensorParallel, sequence } = setup;
  const { hidden, heads, kvHeads, headDim } = shape;
  const split = hasSequenceParallel(setup) ? tensorParallel : 1;
  if (recompute === "full") return (2 * hidden) / split;
  const unfused = setup.attention === "unfused";
  const selective = recompute === "selective";
  const scores = unfused && !selective ? (5 * heads * sequence) / tensorParallel : 0;
  // Inputs of two norms and of the two blocks; dropout masks where there is dropout.
  const vectors = (8 + (unfused ? 2 : 0) - (selective && !unfused ? 4 : 0)) * hidden;
  // Fused kernels compute the activation function again from its inputs while they go back.
  const isLean = !unfused && (selective || setup.compiled);
  const activations = (shape.gatedMlp ? 6 : 4) - (isLean ? 2 : 0);
  // Copies of the tokens sorted by expert; selective recomputation sorts again.
  const routed = shape.experts && !selective ? 4 * hidden * (shape.expertsPerToken ?? 1) : 0;
  const attention = latentBytes(setup, selective) ?? 2 * (2 * heads + 2 * kvHeads) * headDim;
  return (
    vectors / split +
    (attention + activations * activeWidth(shape)) / tensorParallel +
    scores +
    routed
  );
}

/** Latent attention keeps the small latents where the projections up from them are repeated. */
function latentBytes({ shape }: Setup, selective: boolean): number | undefined {
  const latent = shape.latentAttention;
  if (!latent) return undefined;
  if (!selective) return 2 * attentionWidth(shape) + 2 * shape.heads * latent.valueDim;
  return 2 * (latent.queryRank + latent.kvRank + latent.ropeDim + shape.heads * latent.valueDim);
}

/** Float32 logits and their gradient, with the bf16 ones freed in between. */
function logitsBytes(setup: Setup): number {
  return (localTokens(setup) * setup.shape.vocab * 8) / setup.tensorParallel;
}

export function capacityBytes(setup: Setup): number {
  return setup.gpu.memoryGb * 1e9;
}

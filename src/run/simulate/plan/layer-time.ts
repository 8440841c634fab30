/**
 * How long one accelerator needs for its part of one layer of one micro-batch.
 *
 * Each part is a time on its own, so that a plan can say where a step goes.
 */

import { type Architecture, attentionWidth, expertLayers } from "../catalog/architecture.ts";
import type { Precision } from "../catalog/gpus.ts";
import {
  type AttentionKernels,
  attentionFraction,
  CALIBRATED,
  exchangeSeconds,
  gatherSeconds,
  isPowerBound,
  matmulRate,
  memoryRate,
  PUBLISHED,
  tileEdges,
} from "./rates.ts";
import { hasSequenceParallel, localTokens, type Setup } from "./setup.ts";

/** Seconds of the parts of a layer. */
export interface LayerTime {
  readonly matmul: number;
  readonly attention: number;
  readonly elementwise: number;
  /** Tensor-parallel collectives that no matmul hides. */
  readonly tensor: number;
  /** Passing keys and values around the context ring, not hidden. */
  readonly context: number;
  /** Sending tokens to their experts and back. */
  readonly expert: number;
}

export function totalOf(time: LayerTime): number {
  const { matmul, attention, elementwise, tensor, context, expert } = time;
  return matmul + attention + elementwise + tensor + context + expert;
}

export function sumOf(one: LayerTime, other: LayerTime): LayerTime {
  return {
    matmul: one.matmul + other.matmul,
    attention: one.attention + other.attention,
    elementwise: one.elementwise + other.elementwise,
    tensor: one.tensor + other.tensor,
    context: one.context + other.context,
    expert: one.expert + other.expert,
  };
}

export function scaled(time: LayerTime, factor: number): LayerTime {
  return {
    matmul: time.matmul * factor,
    attention: time.attention * factor,
    elementwise: time.elementwise * factor,
    tensor: time.tensor * factor,
    context: time.context * factor,
    expert: time.expert * factor,
  };
}

/** Mean over the layers of the model, dense and with experts. */
export function forwardTime(setup: Setup): LayerTime {
  return {
    matmul: matmulSeconds(setup, 1),
    attention: attentionSeconds(setup, "forward"),
    elementwise: elementwiseSeconds(setup, 1),
    tensor: tensorSeconds(setup, "forward"),
    context: contextSeconds(setup, 1),
    expert: expertSeconds(setup),
  };
}

/** The backward pass proper, without recomputation. */
export function backwardTime(setup: Setup): LayerTime {
  return {
    matmul: matmulSeconds(setup, 2),
    attention: attentionSeconds(setup, "backward"),
    elementwise: elementwiseSeconds(setup, 2),
    tensor: tensorSeconds(setup, "backward"),
    context: contextSeconds(setup, 2),
    expert: expertSeconds(setup),
  };
}

/** What the backward pass does again because it was not kept. */
export function recomputeTime(setup: Setup, forward: LayerTime): LayerTime {
  if (setup.recompute === "full") return scaled(forward, setup.recomputeShare);
  const none = { matmul: 0, attention: 0, elementwise: 0, tensor: 0, context: 0, expert: 0 };
  if (setup.recompute === "none") return none;
  // "Selective" means three things: with unfused attention, the core of the attention; where
  // weights are fully sharded (PyTorch's own stack), all but every other matmul and the core;
  // else the core and the elementwise parts.
  if (setup.attention === "unfused") return { ...none, attention: forward.attention };
  if (setup.sharding === "full") {
    return { ...none, matmul: forward.matmul / 2, elementwise: forward.elementwise };
  }
  return { ...none, attention: forward.attention, elementwise: forward.elementwise };
}

/** One matmul [m, k] x [k, n]: compute or memory, whichever is longer, and the kernel's edges. */
export function matmulTime(setup: Setup, size: readonly [number, number, number]): number {
  const [m, n, k] = size;
  const precision = setup.precision;
  const edges = tileEdges(setup.gpu, precision, k);
  const compute = (2 * m * n * k * edges) / matmulRate(setup.gpu, precision);
  const bytes = (m * k + k * n) * bytesOf(precision) + 2 * m * n;
  // The two overlap, but not perfectly where they are close: a smooth maximum.
  const memory = bytes / memoryRate(setup.gpu);
  return (compute ** 4 + memory ** 4) ** 0.25 + PUBLISHED.kernelSeconds;
}

function bytesOf(precision: Precision): number {
  return precision === "fp8" ? 1 : 2;
}

/** `passes` is 1 forward, 2 backward: one matmul for the inputs and one for the weights. */
function matmulSeconds(setup: Setup, passes: 1 | 2): number {
  const { shape, tensorParallel } = setup;
  const { hidden } = shape;
  const tokens = localTokens(setup);
  const routedShare = expertLayers(shape) / shape.layers;
  const one = (outputs: number, inputs: number) => matmulTime(setup, [tokens, outputs, inputs]);
  const mlp = (width: number) =>
    width > 0
      ? one(((shape.gatedMlp ? 2 : 1) * width) / tensorParallel, hidden) +
        one(hidden, width / tensorParallel)
      : 0;
  const dense = mlp(routedShare > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn);
  const routed = routedShare > 0 ? mlp(shape.sharedFfn ?? 0) + expertMatmulSeconds(setup) : 0;
  const attention = attentionMatmulSeconds(setup, one);
  return passes * (attention + (1 - routedShare) * dense + routedShare * routed);
}

function attentionMatmulSeconds(
  setup: Setup,
  one: (outputs: number, inputs: number) => number,
): number {
  const { shape, tensorParallel } = setup;
  const { hidden, heads, kvHeads, headDim, latentAttention } = shape;
  if (!latentAttention) {
    const queryKeyValue = ((heads + 2 * kvHeads) * headDim) / tensorParallel;
    return one(queryKeyValue, hidden) + one(hidden, (heads * headDim) / tensorParallel);
  }
  const { queryRank, kvRank, nopeDim, ropeDim, valueDim } = latentAttention;
  const localHeads = heads / tensorParallel;
  return (
    one(queryRank + kvRank + ropeDim, hidden) +
    one(localHeads * (nopeDim + ropeDim), queryRank || hidden) +
    one(localHeads * (nopeDim + valueDim), kvRank) +
    one(hidden, localHeads * valueDim)
  );
}

/** The local experts of one layer, with tokens spread evenly over all experts. */
function expertMatmulSeconds(setup: Setup): number {
  const { shape, expertParallel } = setup;
  const experts = shape.experts ?? 0;
  if (experts === 0) return 0;
  const tensor = Math.min(setup.tensorParallel, experts);
  const localExperts = experts / expertParallel;
  const tokensPerExpert =
    (localTokens(setup) * expertParallel * (shape.expertsPerToken ?? 1)) / experts;
  const width = shape.ffn / tensor;
  const up = matmulTime(setup, [tokensPerExpert, (shape.gatedMlp ? 2 : 1) * width, shape.hidden]);
  const down = matmulTime(setup, [tokensPerExpert, shape.hidden, width]);
  // One grouped kernel does them all: the edges are paid once, not per expert.
  const edges = 2 * PUBLISHED.kernelSeconds;
  return (localExperts * (up + down - edges)) / PUBLISHED.groupedFraction + edges;
}

/** Scores, softmax and weighted sum; a causal model needs half of the score matrix. */
function attentionSeconds(setup: Setup, pass: "forward" | "backward"): number {
  const { shape, sequence, tensorParallel, gpu } = setup;
  const precision = setup.precision === "fp8" ? "bf16" : setup.precision;
  const scale = pass === "forward" ? 1 : 2;
  const tokens = localTokens(setup);
  const wholeMatrixFlops = (2 * tokens * sequence * attentionWidth(shape)) / tensorParallel;
  const rate = matmulRate(setup.gpu, precision);
  if (setup.attention === "flash") {
    const fraction = attentionFraction(gpu, pass, { sequence, kernels: kernelsOf(setup) });
    return (scale * wholeMatrixFlops) / 2 / (rate * fraction) + PUBLISHED.kernelSeconds;
  }
  // The batched matmuls have a short inner dimension, and the softmax and dropout pass over
  // the scores in memory: 13 bytes per score forward, about 1.5 times that backward.
  const scores = (tokens * sequence * shape.heads) / tensorParallel;
  const traffic = (scores * 13 * (pass === "forward" ? 1 : 1.5)) / memoryRate(gpu);
  return (scale * wholeMatrixFlops) / (rate * 0.6) + traffic;
}

/** Plain blocks that nothing compiles are the software of 2022 and early 2023. */
function kernelsOf({ shape, compiled, sharding }: Setup): AttentionKernels {
  if (!shape.gatedMlp && !compiled) return "of 2022";
  return sharding === "full" ? "of PyTorch" : "of the vendor";
}

/** Norms, residuals, activation, rotary positions: bound by memory. */
function elementwiseSeconds(setup: Setup, scale: 1 | 2): number {
  const tokens = localTokens(setup);
  const seconds = (scale * tokens * elementwiseBytes(setup)) / memoryRate(setup.gpu);
  return Math.max(seconds, 0);
}

/** Bytes that the elementwise parts of a layer move per token in a forward pass. */
function elementwiseBytes(setup: Setup): number {
  const { shape, tensorParallel, compiled, precision } = setup;
  const { hidden, heads, kvHeads, headDim } = shape;
  const split = hasSequenceParallel(setup) ? tensorParallel : 1;
  const eager = compiled ? 0 : CALIBRATED.eagerTraffic;
  // Gated blocks come with RMS norms and rotary positions, plain ones with layer norms and a table.
  const { gatedMlp: isModern } = shape;
  const width = activeWidth(shape);
  // Fused: two norms that add the residual read and write four vectors of bf16 each.
  // Eager: an RMS norm in float32 is a chain of six kernels (30 bytes per number more).
  const normBytes = 16 * hidden + eager * (isModern ? 60 : 8) * hidden;
  const dropoutBytes = setup.attention === "unfused" ? 6 * hidden : 0;
  const rotaryBytes = isModern ? (4 + 16 * eager) * (heads + kvHeads) * headDim : 0;
  const activationBytes = ((shape.gatedMlp ? 6 : 4) + 4 * eager) * width;
  const castBytes = precision === "fp8" ? 3 * (2 * hidden + heads * headDim + width) : 0;
  const routing = shape.experts
    ? (expertLayers(shape) / shape.layers) * 12 * hidden * (shape.expertsPerToken ?? 1)
    : 0;
  return (
    (normBytes + dropoutBytes) / split +
    (rotaryBytes + activationBytes + castBytes) / tensorParallel +
    routing
  );
}

/** Feed-forward numbers per token, mean over the layers. */
export function activeWidth(shape: Architecture): number {
  const routedShare = expertLayers(shape) / shape.layers;
  const routed = (shape.expertsPerToken ?? 0) * shape.ffn + (shape.sharedFfn ?? 0);
  const dense = routedShare > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn;
  return routedShare * routed + (1 - routedShare) * dense;
}

/** Two all-reduces (or their halves) of the hidden state, in either direction. */
function tensorSeconds(setup: Setup, pass: "forward" | "backward"): number {
  const { gpu, tensorParallel, shape } = setup;
  const ring = { size: tensorParallel, perDomain: Math.min(tensorParallel, gpu.linkDomain) };
  const bytes = localTokens(setup) * shape.hidden * 2;
  return 4 * gatherSeconds(gpu, bytes, ring) * (1 - hiddenTensorShare(setup, pass));
}

/**
 * Going back, the collective of the inputs runs beside the matmul of the weights; stacks for
 * Hopper and later also cut the forward ones into pieces that run beside the matmuls.
 */
function hiddenTensorShare({ gpu }: Setup, pass: "forward" | "backward"): number {
  const old = !isPowerBound(gpu);
  if (pass === "backward") return old ? 0.5 : 0.75;
  return old ? 0 : 0.5;
}

/** Keys and values of the other ranks; most of it runs beside the attention kernel. */
function contextSeconds(setup: Setup, scale: 1 | 2): number {
  const { gpu, shape, contextParallel, tensorParallel } = setup;
  if (contextParallel <= 1) return 0;
  const width = shape.latentAttention
    ? shape.latentAttention.kvRank + shape.latentAttention.ropeDim
    : (2 * shape.kvHeads * shape.headDim) / tensorParallel;
  const bytes = localTokens(setup) * contextParallel * width * 2;
  const perDomain = Math.max(1, Math.floor(gpu.linkDomain / tensorParallel));
  const ring = { size: contextParallel, perDomain: Math.min(perDomain, contextParallel) };
  return 0.5 * scale * gatherSeconds(gpu, bytes, ring);
}

/** Dispatch and combine of one layer, mean over all layers. */
function expertSeconds(setup: Setup): number {
  const { gpu, shape, expertParallel, tensorParallel } = setup;
  const routedShare = expertLayers(shape) / shape.layers;
  if (routedShare === 0 || expertParallel <= 1) return 0;
  const perDomain = Math.max(1, Math.floor(gpu.linkDomain / tensorParallel));
  const ring = { size: expertParallel, perDomain: Math.min(perDomain, expertParallel) };
  const copies = sentCopies(shape.expertsPerToken ?? 1, ring.size / ring.perDomain);
  const bytes = (localTokens(setup) * shape.hidden * 2 * copies) / tensorParallel;
  // Stacks for Hopper and later run about half of it beside the matmuls of another micro-batch.
  const exposed = isPowerBound(gpu) ? 0.5 : 1;
  return routedShare * 2 * exposed * exchangeSeconds(gpu, bytes, ring);
}

/** A token that has several experts in one domain is sent there once. */
function sentCopies(expertsPerToken: number, domains: number): number {
  if (domains <= 1) return expertsPerToken;
  return domains * (1 - (1 - 1 / domains) ** expertsPerToken);
}

/**
 * How long one accelerator needs for its part of one layer of one micro-batch.
 *
 * Each part is a time on its own, so that a plan can say where a step goes.
 */

import { type Architecture, attentionWidth, expertLayers } from "../catalog/architecture.ts";
import type { Precision } from "../catalog/gpus.ts";
import {
  ASSUMED,
  type AttentionKernels,
  attentionFraction,
  CALIBRATED,
  exchangeSeconds,
  gatherSeconds,
  isPowerBound,
  matmulRate,
  memoryRate,
  tileEdges,
} from "./rates.ts";
import { hasSequenceParallel, isEarlyBf16, localTokens, type Setup } from "./setup.ts";

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
    matmul: matmulSeconds(setup, "forward"),
    attention: attentionSeconds(setup, "forward"),
    elementwise: elementwiseSeconds(setup, "forward"),
    tensor: tensorSeconds(setup, "forward"),
    context: contextSeconds(setup, 1),
    expert: expertSeconds(setup),
  };
}

/** The backward pass proper, without recomputation. */
export function backwardTime(setup: Setup): LayerTime {
  return {
    matmul: matmulSeconds(setup, "backward"),
    attention: attentionSeconds(setup, "backward"),
    elementwise: elementwiseSeconds(setup, "backward"),
    tensor: tensorSeconds(setup, "backward"),
    context: contextSeconds(setup, 2),
    expert: expertSeconds(setup),
  };
}

/** What the backward pass does again because it was not kept. */
export function recomputeTime(setup: Setup, forward: LayerTime): LayerTime {
  if (setup.recompute === "full") return scaled(withoutTail(setup, forward), setup.recomputeShare);
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

/**
 * PyTorch's checkpointing (since 2.0) stops when the last input that was not kept is there
 * again: the last matmul of a layer, whose result only the next layer needs, is left out.
 */
function withoutTail(setup: Setup, forward: LayerTime): LayerTime {
  if (setup.sharding !== "full") return forward;
  const { shape, tensorParallel } = setup;
  const inner = activeWidth(shape) / tensorParallel;
  const tail = matmulTime(setup, [localTokens(setup), shape.hidden, inner]);
  return { ...forward, matmul: Math.max(0, forward.matmul - tail) };
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
  return (compute ** 4 + memory ** 4) ** 0.25 + ASSUMED.kernelSeconds;
}

function bytesOf(precision: Precision): number {
  return precision === "fp8" ? 1 : 2;
}

type Pass = "forward" | "backward";

/** A linear map of tokens: one matmul forward, one for the inputs and one for the weights back. */
function linearSeconds(setup: Setup, pass: Pass, size: readonly [number, number, number]): number {
  const [tokens, outputs, inputs] = size;
  if (pass === "forward") return matmulTime(setup, [tokens, outputs, inputs]);
  return (
    matmulTime(setup, [tokens, inputs, outputs]) + matmulTime(setup, [outputs, inputs, tokens])
  );
}

type Linear = (outputs: number, inputs: number) => number;

function matmulSeconds(setup: Setup, pass: Pass): number {
  const { shape, tensorParallel } = setup;
  const { hidden } = shape;
  const tokens = localTokens(setup);
  const routedShare = expertLayers(shape) / shape.layers;
  const one: Linear = (outputs, inputs) => linearSeconds(setup, pass, [tokens, outputs, inputs]);
  const mlp = (width: number) =>
    width > 0
      ? one(((shape.gatedMlp ? 2 : 1) * width) / tensorParallel, hidden) +
        one(hidden, width / tensorParallel)
      : 0;
  const dense = mlp(routedShare > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn);
  const routed = routedShare > 0 ? mlp(shape.sharedFfn ?? 0) + expertMatmulSeconds(setup, pass) : 0;
  const attention = attentionMatmulSeconds(setup, one);
  return attention + (1 - routedShare) * dense + routedShare * routed;
}

function attentionMatmulSeconds(setup: Setup, one: Linear): number {
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
function expertMatmulSeconds(setup: Setup, pass: Pass): number {
  const { shape, expertParallel } = setup;
  const experts = shape.experts ?? 0;
  if (experts === 0) return 0;
  const tensor = Math.min(setup.tensorParallel, experts);
  const localExperts = experts / expertParallel;
  const tokensPerExpert =
    (localTokens(setup) * expertParallel * (shape.expertsPerToken ?? 1)) / experts;
  const width = shape.ffn / tensor;
  const upWidth = (shape.gatedMlp ? 2 : 1) * width;
  const up = linearSeconds(setup, pass, [tokensPerExpert, upWidth, shape.hidden]);
  const down = linearSeconds(setup, pass, [tokensPerExpert, shape.hidden, width]);
  // One grouped kernel does them all: the edges are paid once, not per expert.
  const edges = (pass === "forward" ? 2 : 4) * ASSUMED.kernelSeconds;
  return (localExperts * (up + down - edges)) / ASSUMED.groupedFraction + edges;
}

/** Scores, softmax and weighted sum; a causal model needs half of the score matrix. */
function attentionSeconds(setup: Setup, pass: Pass): number {
  const { shape, sequence, tensorParallel, gpu } = setup;
  const precision = setup.precision === "fp8" ? "bf16" : setup.precision;
  const scale = pass === "forward" ? 1 : 2;
  const tokens = localTokens(setup);
  const wholeMatrixFlops = (2 * tokens * sequence * attentionWidth(shape)) / tensorParallel;
  const rate = matmulRate(setup.gpu, precision);
  if (setup.attention === "flash") {
    const fraction = attentionFraction(gpu, pass, { sequence, kernels: kernelsOf(setup) });
    return (scale * wholeMatrixFlops) / 2 / (rate * fraction) + ASSUMED.kernelSeconds;
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
function elementwiseSeconds(setup: Setup, pass: Pass): number {
  return (localTokens(setup) * elementwiseBytes(setup, pass)) / memoryRate(setup.gpu);
}

/** Bytes that the elementwise parts of a layer move per token. */
function elementwiseBytes(setup: Setup, pass: Pass): number {
  const { shape, tensorParallel, compiled } = setup;
  const { hidden, heads, kvHeads, headDim } = shape;
  const split = hasSequenceParallel(setup) ? tensorParallel : 1;
  // Every kernel of an eager chain has one backward kernel or two.
  const eager = (compiled ? 0 : CALIBRATED.eagerTraffic) * (pass === "forward" ? 1 : 2);
  // Gated blocks come with RMS norms and rotary positions, plain ones with layer norms and a table.
  const { gatedMlp: isModern } = shape;
  // Fused, either way: two norms that add the residual read and write four vectors of bf16 each.
  // Eager: an RMS norm in float32 is a chain of six kernels (30 bytes per number more).
  const normBytes = (16 + eager * (isModern ? 60 : 8)) * hidden;
  const dropoutBytes = setup.attention === "unfused" ? 6 * hidden : 0;
  const rotaryBytes = isModern ? (4 + 16 * eager) * (heads + kvHeads) * headDim : 0;
  // Forward one or two inputs and a result, backward their gradients as well.
  const gated = pass === "forward" ? 6 : 10;
  const plain = pass === "forward" ? 4 : 6;
  const activationBytes = ((isModern ? gated : plain) + 4 * eager) * activeWidth(shape);
  return (
    (normBytes + dropoutBytes) / split +
    (rotaryBytes + activationBytes + castBytes(setup, pass)) / tensorParallel +
    routingBytes(setup, pass)
  );
}

/** To fp8: each input of a matmul forward, and backward each gradient as it is and transposed. */
function castBytes({ shape, precision }: Setup, pass: Pass): number {
  if (precision !== "fp8") return 0;
  const numbers = 2 * shape.hidden + shape.heads * shape.headDim + activeWidth(shape);
  return (pass === "forward" ? 3 : 6) * numbers;
}

/** Sorting tokens by expert and adding the results up. */
function routingBytes({ shape }: Setup, pass: Pass): number {
  if (!shape.experts) return 0;
  const routedShare = expertLayers(shape) / shape.layers;
  const copies = shape.expertsPerToken ?? 1;
  return (pass === "forward" ? 12 : 24) * routedShare * shape.hidden * copies;
}

/** Feed-forward numbers per token, mean over the layers. */
export function activeWidth(shape: Architecture): number {
  const routedShare = expertLayers(shape) / shape.layers;
  const routed = (shape.expertsPerToken ?? 0) * shape.ffn + (shape.sharedFfn ?? 0);
  const dense = routedShare > 0 ? (shape.denseFfn ?? shape.ffn) : shape.ffn;
  return routedShare * routed + (1 - routedShare) * dense;
}

/** Two all-reduces (or their halves) of the hidden state, in either direction. */
function tensorSeconds(setup: Setup, pass: Pass): number {
  const { gpu, tensorParallel, shape } = setup;
  const ring = { size: tensorParallel, perDomain: Math.min(tensorParallel, gpu.linkDomain) };
  const bytes = localTokens(setup) * shape.hidden * 2;
  return 4 * gatherSeconds(gpu, bytes, ring) * (1 - hiddenTensorShare(setup, pass));
}

/**
 * Going back, the sum over the inputs' gradients runs beside the matmul of the weights; where the
 * sequence is split, the gradients that come in are gathered before anything else can start.
 * Stacks for Hopper and later also cut the forward ones into pieces that run beside the matmuls.
 * Within 6 % of the layer times in Korthikanti et al. 2022, table 4 (from memory). PyTorch's own tensor
 * parallelism hides nothing, and neither did the forks of 2021 that the first bf16 runs used.
 */
function hiddenTensorShare(setup: Setup, pass: Pass): number {
  if (setup.sharding === "full" || isEarlyBf16(setup)) return 0;
  const old = !isPowerBound(setup.gpu);
  if (pass === "forward") return old ? 0 : 0.5;
  return old && hasSequenceParallel(setup) ? 0.5 : 0.75;
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

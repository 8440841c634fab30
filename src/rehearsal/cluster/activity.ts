/**
 * Activity of a GPU in a training step: tensor cores, memory, links to its neighbours.
 *
 * Unlike utilisation, these distinguish a GPU that computes from one that waits inside a kernel.
 */

import { expertLayers } from "../catalog/architecture.ts";
import type { Gpu } from "../catalog/gpus.ts";
import { rounded } from "../engine/portable-math.ts";
import type { Plan } from "../plan/plan.ts";
import { localTokens, microBatchCount, type Setup } from "../plan/setup.ts";
import { localParameters } from "../plan/step-time.ts";

/** In a step that nothing disturbs, of each GPU. */
export interface Activity {
  /** Share of the cycles in which tensor cores work, at the rated clock. */
  readonly tensor: number;
  /** Share of the cycles in which its memory sends or receives. */
  readonly memory: number;
  /** Sent to GPUs of the fast domain, and as much received; undefined without such links. */
  readonly linkGbPerSecond: number | undefined;
}

/** How busy the memory is while a step does this. */
const MEMORY_SHARES = { matmul: 0.4, attention: 0.15, elementwise: 0.8, optimizer: 0.8 } as const;

/** Slower ones are PCI Express. */
const FAST_LINK_GB_PER_SECOND = 100;

export function activityOf({ setup, mfu, step }: Pick<Plan, "setup" | "mfu" | "step">): Activity {
  const { matmul, attention, elementwise } = step.layers;
  const inLayers =
    MEMORY_SHARES.matmul * (matmul + step.logits) +
    MEMORY_SHARES.attention * attention +
    MEMORY_SHARES.elementwise * elementwise;
  const memory = (inLayers + MEMORY_SHARES.optimizer * step.optimizer) / step.total;
  const linkGb = linkBytesPerStep(setup) / step.total / 1e9;
  // The planner may use what the language leaves to the engine: its figures are rounded here.
  return {
    tensor: rounded(mfu * (1 + againShare(setup) / 3), 6),
    memory: rounded(Math.min(1, memory), 6),
    linkGbPerSecond: hasFastLinks(setup.gpu)
      ? rounded(Math.min(setup.gpu.linkGbPerSecond, linkGb), 3)
      : undefined,
  };
}

/** Where nothing is known of the work but how much of the peak it reaches. */
export function usualActivity(gpu: Gpu, gpuCount: number, mfu: number): Activity {
  const linkGb = gpuCount > 1 ? USUAL_LINK_SHARE * gpu.linkGbPerSecond : 0;
  return {
    tensor: mfu,
    memory: USUAL_MEMORY,
    linkGbPerSecond: hasFastLinks(gpu) ? linkGb : undefined,
  };
}

/** Of the bandwidth of links and memory, where it is unknown what is computed. Assumed. */
const USUAL_LINK_SHARE = 0.1;
const USUAL_MEMORY = 0.35;

/** Matrix products and nothing else, on each GPU for itself. */
export function matmulActivity(gpu: Gpu): Activity {
  return {
    tensor: gpu.matmulFraction,
    memory: MEMORY_SHARES.matmul,
    linkGbPerSecond: hasFastLinks(gpu) ? 0 : undefined,
  };
}

function hasFastLinks({ linkGbPerSecond }: Gpu): boolean {
  return linkGbPerSecond >= FAST_LINK_GB_PER_SECOND;
}

/** Matrix products that the backward pass does again, as a share of those of a forward pass. */
function againShare({ recompute, recomputeShare, sharding, attention }: Setup): number {
  if (recompute === "full") return recomputeShare;
  if (recompute === "none" || attention === "unfused") return 0;
  // PyTorch's own stack computes every other product again (see layer-time.ts).
  return sharding === "full" ? 0.5 : 0;
}

/** What a GPU sends to others of its fast domain in a step; it receives as much. */
export function linkBytesPerStep(setup: Setup): number {
  return tensorBytes(setup) + dataBytes(setup) + expertBytes(setup);
}

/** Activations gathered and scattered again by the ranks that share a layer, four times a pass. */
function tensorBytes(setup: Setup): number {
  const { shape, gpu, tensorParallel, pipelineParallel, recompute, recomputeShare } = setup;
  const passes = 2 + (recompute === "full" ? recomputeShare : 0);
  const perLayer = 4 * passes * localTokens(setup) * shape.hidden * 2;
  const layers = shape.layers / pipelineParallel;
  const bytes = perLayer * layers * microBatchCount(setup);
  return ringBytes(bytes, { size: tensorParallel, inDomain: gpu.linkDomain });
}

/** Gradients in four bytes and weights in two, once a step; for each micro-batch where sharded. */
function dataBytes(setup: Setup): number {
  const { gpu, dataParallel, contextParallel, tensorParallel, sharding } = setup;
  const held = localParameters(setup).dense;
  const bytes = sharding === "full" ? (4 + 2 + 2) * microBatchCount(setup) * held : 6 * held;
  const inDomain = Math.floor(gpu.linkDomain / tensorParallel);
  return ringBytes(bytes, { size: dataParallel * contextParallel, inDomain });
}

/** Tokens that go to the experts of the same domain and come back, in both passes. */
function expertBytes(setup: Setup): number {
  const { shape, gpu, expertParallel, tensorParallel, pipelineParallel } = setup;
  if (expertParallel <= 1) return 0;
  const near = Math.min(expertParallel, Math.max(1, Math.floor(gpu.linkDomain / tensorParallel)));
  const tokens = localTokens(setup) * microBatchCount(setup) * (shape.expertsPerToken ?? 1);
  const sent = (tokens * shape.hidden * 2) / tensorParallel;
  const layers = expertLayers(shape) / pipelineParallel;
  return (4 * layers * sent * (near - 1)) / expertParallel;
}

interface Ring {
  readonly size: number;
  /** Members that could stand in one fast domain. */
  readonly inDomain: number;
}

/** Of gathers that end with `bytes` on each member, what it sends over fast links. */
function ringBytes(bytes: number, { size, inDomain }: Ring): number {
  if (size <= 1) return 0;
  const near = Math.max(1, Math.min(inDomain, size));
  const hopsInside = near >= size ? 1 : (near - 1) / near;
  return (bytes * hopsInside * (size - 1)) / size;
}

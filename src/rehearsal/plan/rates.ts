/**
 * Practical rates of a chip, derived from its data sheet.
 *
 * The four constants in `CALIBRATED` were fitted on the seven runs of
 * `test/published/calibration.tsv` and on nothing else. Those in `ASSUMED` were fitted to no run:
 * where a measurement of a single kernel or link stands behind one, it is named; the others are
 * round guesses. Which of them a stack gets, and what it hides, was decided by looking at
 * published runs as well.
 */

import type { Gpu, Precision } from "../catalog/gpus.ts";

export const CALIBRATED = {
  /** Share of the best measured matmul rate that the large matmuls of a training step reach. */
  sustainedMatmul: 0.826,
  /** The same on chips that reach their power limit in matmuls: Hopper and later. */
  powerBound: 0.915,
  /** A run with an untuned split takes this many times as long. */
  untuned: 1.14,
  /** Eager code moves this times the bytes that are counted in `elementwiseBytes`. */
  eagerTraffic: 0.94,
};

export const ASSUMED = {
  /**
   * How the matmul rate falls with the power limit: rate ~ (limit / TDP) ^ this. From the best
   * measured rates of two H100, with 350 and with 700 watts, per multiprocessor.
   */
  powerExponent: 0.6,
  /** Start and tail of a kernel, during which the chip is not full. */
  kernelSeconds: 5e-6,
  /** Share of the memory bandwidth that streaming kernels reach. */
  memoryFraction: 0.85,
  /**
   * Share of the link rate that collectives reach inside the fast domain (nccl-tests, from
   * memory: 230 of 300 and 370 of 450 GB/s, less below 100 MB) and over the network.
   */
  linkFraction: 0.75,
  nicFraction: 0.9,
  /** Of a message: of each doubling of a group inside the domain, of each domain on a ring. */
  linkLatencySeconds: 1e-5,
  nicLatencySeconds: 1e-5,
  /** Share of the multiprocessors that a running collective takes from the compute kernels. */
  collectiveShare: 0.15,
  /** An fp8 matmul reaches less of its peak than a bf16 one: power and scaling factors. */
  fp8Fraction: 0.8,
  /** Grouped matmuls of experts against one large matmul. */
  groupedFraction: 0.8,
  /** Shortest forward time of a layer: two dozen kernels cannot start faster. */
  layerLaunchSeconds: 1.1e-4,
  /**
   * The same for the routing of a layer with experts, which the host cannot run ahead of because
   * it must know how many tokens each expert gets: about 60 operations and 12 for each local expert.
   */
  routingOperationSeconds: 1e-5,
  routingOperations: 60,
  expertOperations: 12,
  /** Everybody waits for the slowest: loss per doubling of the nodes. */
  jitterPerDoubling: 0.003,
  /** Data loader, logging, optimiser launch per step. */
  hostSeconds: 0.01,
};

/**
 * Share of the matmul rate that fused attention reaches on long sequences, forward and backward
 * (useful flops), and the length at which it reaches half of that: short rows do not fill the
 * chip, and more of their blocks lie across the diagonal. Sources: the kernel benchmarks in
 * FlashAttention-2 (Dao 2023) for Ampere and FlashAttention-3 (Shah et al. 2024) for Hopper.
 */
interface FusedAttention {
  readonly forward: number;
  readonly backward: number;
  readonly halfSequence: number;
}

const FUSED_ATTENTION: Readonly<Record<string, FusedAttention>> = {
  ampere: { forward: 0.92, backward: 0.78, halfSequence: 600 },
  hopper: { forward: 0.9, backward: 0.75, halfSequence: 1000 },
  blackwell: { forward: 0.85, backward: 0.65, halfSequence: 1500 },
};

const OTHER_ATTENTION: FusedAttention = { forward: 0.7, backward: 0.58, halfSequence: 800 };

/** The kernels of 2022, which do not gain from length; also Dao 2023. */
const FIRST_ATTENTION: FusedAttention = { forward: 0.42, backward: 0.33, halfSequence: 0 };

/** Kernels written for Ampere on later chips: what PyTorch itself brought in 2024; also Shah et al. */
const SECOND_ATTENTION: FusedAttention = { forward: 0.62, backward: 0.5, halfSequence: 700 };

/** And those of 2022 on later chips: slower by the same ratio. */
const FIRST_LATER: FusedAttention = { forward: 0.28, backward: 0.21, halfSequence: 0 };

export type AttentionKernels = "of 2022" | "of PyTorch" | "of the vendor";

/**
 * Inner dimension that takes as long as starting and ending a tile of 128 x 256 results, about
 * 2.5 us: matmuls with a short inner dimension lose that share of their time.
 */
const TILE_EDGE: Readonly<Record<string, number>> = { volta: 40, turing: 40, ampere: 80 };
const TILE_EDGE_LATER = 190;

/** Floating-point operations per second of a large matmul inside a training step. */
export function matmulRate(gpu: Gpu, precision: Precision): number {
  const peak = (gpu.peakTflops[precision] ?? 0) * 1e12;
  const power = Math.min(1, (gpu.powerWatts / gpu.tdpWatts) ** ASSUMED.powerExponent);
  const sustained = CALIBRATED.sustainedMatmul * chipLimit(gpu, precision);
  return peak * gpu.matmulFraction * sustained * power;
}

/** What the chip's own power leaves of a sustained rate. */
export function chipLimit(gpu: Gpu, precision: Precision): number {
  if (precision === "fp8") return ASSUMED.fp8Fraction;
  return isPowerBound(gpu) ? CALIBRATED.powerBound : 1;
}

/** Share of the matmul rate that fused attention reaches on sequences of this length. */
export function attentionFraction(
  gpu: Gpu,
  pass: "forward" | "backward",
  { sequence, kernels }: { readonly sequence: number; readonly kernels: AttentionKernels },
): number {
  const kernel = kernelOf(gpu, kernels);
  return (kernel[pass] * sequence) / (sequence + kernel.halfSequence);
}

function kernelOf(gpu: Gpu, kernels: AttentionKernels): FusedAttention {
  if (kernels === "of 2022") return isPowerBound(gpu) ? FIRST_LATER : FIRST_ATTENTION;
  if (kernels === "of PyTorch" && isPowerBound(gpu)) return SECOND_ATTENTION;
  return FUSED_ATTENTION[gpu.generation] ?? OTHER_ATTENTION;
}

/** How much longer a matmul takes because tiles of `inner` steps have a start and an end. */
export function tileEdges(gpu: Gpu, precision: Precision, inner: number): number {
  const half = (gpu.peakTflops.bf16 ?? gpu.peakTflops.fp16 ?? 1) as number;
  const scale = (gpu.peakTflops[precision] ?? half) / half;
  return 1 + (scale * (TILE_EDGE[gpu.generation] ?? TILE_EDGE_LATER)) / inner;
}

export function isPowerBound({ generation }: Gpu): boolean {
  return !["volta", "turing", "ampere", "ada"].includes(generation);
}

/** Bytes per second of streaming kernels. */
export function memoryRate(gpu: Gpu): number {
  return gpu.memoryTbPerSecond * 1e12 * ASSUMED.memoryFraction;
}

export interface Ring {
  /** Accelerators in the group. */
  readonly size: number;
  /** Members of the group inside one fast domain. */
  readonly perDomain: number;
  /** Collectives that share the bytes between them. @default 1 */
  readonly pieces?: number;
}

/**
 * Seconds of ring all-gathers or reduce-scatters that together end with `bytes` on every member.
 * An all-reduce is two of them. A ring that leaves the domain enters and leaves it once per
 * member there, so each member brings its own network card; each of the `pieces` goes through
 * all domains, one after the other, which is what makes one ring over thousands of nodes slow.
 */
export function gatherSeconds(gpu: Gpu, bytes: number, ring: Ring): number {
  if (ring.size <= 1 || bytes <= 0) return 0;
  const inside = ring.perDomain >= ring.size;
  const link = gpu.linkGbPerSecond * 1e9 * ASSUMED.linkFraction;
  const nics = gpu.nicGbPerSecond * 1e9 * ASSUMED.nicFraction * Math.max(1, ring.perDomain);
  const rate = inside ? link : Math.min(nics, ring.perDomain > 1 ? link : nics);
  const latency = inside
    ? ASSUMED.linkLatencySeconds * Math.log2(ring.size)
    : ASSUMED.nicLatencySeconds * (ring.size / ring.perDomain);
  return (bytes * (ring.size - 1)) / ring.size / rate + latency * (ring.pieces ?? 1);
}

/** Seconds of an all-to-all in which every member sends `bytes` in all. */
export function exchangeSeconds(gpu: Gpu, bytes: number, ring: Ring): number {
  if (ring.size <= 1) return 0;
  const outside = Math.max(0, ring.size - ring.perDomain) / ring.size;
  const inside = Math.max(0, Math.min(ring.perDomain, ring.size) - 1) / ring.size;
  const link = gpu.linkGbPerSecond * 1e9 * ASSUMED.linkFraction;
  const nic = gpu.nicGbPerSecond * 1e9 * ASSUMED.nicFraction;
  const latency = outside > 0 ? ASSUMED.nicLatencySeconds : ASSUMED.linkLatencySeconds;
  return Math.max((bytes * outside) / nic, (bytes * inside) / link) + latency;
}

/**
 * What a chip gives in practice, from what its data sheet says.
 *
 * The four constants in `CALIBRATED` were fitted on the seven runs of
 * `published/calibration-runs.ts` and on nothing else. The constants in `PUBLISHED` come from
 * measurements of single kernels and links, or are round guesses; none was fitted to runs.
 */

import type { Gpu, Precision } from "../catalog/gpus.ts";

export const CALIBRATED = {
  /** Share of the best measured matmul rate that the large matmuls of a training step reach. */
  sustainedMatmul: 0.85,
  /** The same on Hopper and later where weights are fully sharded by PyTorch itself. */
  nativeStack: 0.84,
  /** A run whose split nobody tried out takes this times as long. */
  untuned: 1.18,
  /** Eager code moves this times the bytes that are counted in `elementwiseBytes`. */
  eagerTraffic: 0.9,
};

export const PUBLISHED = {
  /** How the matmul rate falls with the power limit: rate ~ (limit / TDP) ^ this. */
  powerExponent: 0.5,
  /** Start and tail of a kernel, during which the chip is not full. */
  kernelSeconds: 5e-6,
  /** Share of the memory bandwidth that streaming kernels reach. */
  memoryFraction: 0.85,
  /** Share of the link rate that collectives reach inside the fast domain and over the network. */
  linkFraction: 0.65,
  nicFraction: 0.9,
  linkLatencySeconds: 1e-5,
  nicLatencySeconds: 2e-5,
  /** Share of the multiprocessors that a running collective takes from the compute kernels. */
  collectiveShare: 0.15,
  /** An fp8 matmul reaches less of its peak than a bf16 one: power and scaling factors. */
  fp8Fraction: 0.8,
  /** Grouped matmuls of experts against one large matmul. */
  groupedFraction: 0.8,
  /** Shortest forward time of a layer: two dozen kernels cannot start faster. */
  layerLaunchSeconds: 1.1e-4,
  /** Everybody waits for the slowest: loss per doubling of the nodes. */
  jitterPerDoubling: 0.003,
  /** Data loader, logging, optimiser launch per step. */
  hostSeconds: 0.01,
};

/** Share of the matmul rate that fused attention reaches, forward and backward (useful flops). */
const FLASH_FRACTION: Readonly<Record<string, readonly [forward: number, backward: number]>> = {
  ampere: [0.72, 0.6],
  hopper: [0.62, 0.52],
  blackwell: [0.6, 0.5],
};

/** Floating-point operations per second of a large matmul inside a training step. */
export function matmulRate(gpu: Gpu, precision: Precision): number {
  const peak = (gpu.peakTflops[precision] ?? 0) * 1e12;
  const power = Math.min(1, (gpu.powerWatts / gpu.tdpWatts) ** PUBLISHED.powerExponent);
  const narrow = precision === "fp8" ? PUBLISHED.fp8Fraction : 1;
  return peak * gpu.matmulFraction * CALIBRATED.sustainedMatmul * power * narrow;
}

export function flashFractions(gpu: Gpu): readonly [forward: number, backward: number] {
  return FLASH_FRACTION[gpu.generation] ?? [0.6, 0.5];
}

/** Bytes per second of streaming kernels. */
export function memoryRate(gpu: Gpu): number {
  return gpu.memoryTbPerSecond * 1e12 * PUBLISHED.memoryFraction;
}

export interface Ring {
  /** Accelerators in the group. */
  readonly size: number;
  /** Members of the group inside one fast domain. */
  readonly perDomain: number;
}

/**
 * Seconds of a ring all-gather or reduce-scatter that ends with `bytes` on every member.
 * An all-reduce is two of them. A ring that leaves the domain enters and leaves it once per
 * member there, so each member brings its own network card.
 */
export function gatherSeconds(gpu: Gpu, bytes: number, ring: Ring): number {
  if (ring.size <= 1 || bytes <= 0) return 0;
  const inside = ring.perDomain >= ring.size;
  const link = gpu.linkGbPerSecond * 1e9 * PUBLISHED.linkFraction;
  const nics = gpu.nicGbPerSecond * 1e9 * PUBLISHED.nicFraction * Math.max(1, ring.perDomain);
  const rate = inside ? link : Math.min(nics, ring.perDomain > 1 ? link : nics);
  const latency = inside ? PUBLISHED.linkLatencySeconds : PUBLISHED.nicLatencySeconds;
  const hops = Math.log2(ring.size);
  return (bytes * (ring.size - 1)) / ring.size / rate + latency * hops;
}

/** Seconds of an all-to-all in which every member sends `bytes` in all. */
export function exchangeSeconds(gpu: Gpu, bytes: number, ring: Ring): number {
  if (ring.size <= 1) return 0;
  const outside = Math.max(0, ring.size - ring.perDomain) / ring.size;
  const inside = Math.max(0, Math.min(ring.perDomain, ring.size) - 1) / ring.size;
  const link = gpu.linkGbPerSecond * 1e9 * PUBLISHED.linkFraction;
  const nic = gpu.nicGbPerSecond * 1e9 * PUBLISHED.nicFraction;
  const latency = outside > 0 ? PUBLISHED.nicLatencySeconds : PUBLISHED.linkLatencySeconds;
  return Math.max((bytes * outside) / nic, (bytes * inside) / link) + latency;
}

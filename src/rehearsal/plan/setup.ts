/**
 * A run that is described completely: every field has a value and the values agree.
 *
 * Made by `complete.ts` from what a person gave; everything else in this folder reads it.
 */

import type { Architecture } from "../catalog/architecture.ts";
import type { Gpu, Precision } from "../catalog/gpus.ts";

export type Recompute = "none" | "selective" | "full";

export interface Setup {
  readonly shape: Architecture;
  readonly gpu: Gpu;
  readonly gpuCount: number;
  readonly precision: Precision;
  /** Elementwise chains run as fused kernels (compiler or hand-written). */
  readonly compiled: boolean;
  /** "unfused" writes the whole score matrix to memory, as stacks did before flash attention. */
  readonly attention: "flash" | "unfused";
  /** Tokens in one sequence. */
  readonly sequence: number;
  readonly globalBatchSequences: number;
  /** Sequences that one replica works on at a time. */
  readonly microBatch: number;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  /** Model chunks per pipeline stage. */
  readonly interleave: number;
  readonly dataParallel: number;
  readonly contextParallel: number;
  /** Accelerators that share one set of experts; a subset of the replicas. */
  readonly expertParallel: number;
  readonly recompute: Recompute;
  /** Share of the layers that "full" is done to; the others keep everything. Otherwise 1. */
  readonly recomputeShare: number;
  /** What the replicas split between them: nothing, optimiser states, or weights as well. */
  readonly sharding: "none" | "optimizer" | "full";
  /** The split was tuned for speed, as for a benchmark. */
  readonly tuned: boolean;
  readonly tokens: number;
  readonly failuresPerNodeDay: number;
  /** How long training stands still while a checkpoint is taken. */
  readonly checkpointSeconds: number;
  /** From a failure to the first new step: detect, replace, load, warm up. */
  readonly recoverySeconds: number;
  /** Facility power over machine power. */
  readonly powerUsageEffectiveness: number;
}

/** Micro-batches that one replica works through in a step. */
export function microBatchCount(setup: Setup): number {
  return setup.globalBatchSequences / (setup.microBatch * setup.dataParallel);
}

/** Tokens that one accelerator holds of a micro-batch. */
export function localTokens(setup: Setup): number {
  return (setup.microBatch * setup.sequence) / setup.contextParallel;
}

/** Tokens of one optimiser step over all replicas. */
export function tokensPerStep(setup: Setup): number {
  return setup.globalBatchSequences * setup.sequence;
}

export function nodeCount(setup: Pick<Setup, "gpu" | "gpuCount">): number {
  return Math.ceil(setup.gpuCount / setup.gpu.gpusPerNode);
}

/** Norms and residuals are split along the sequence between the tensor-parallel ranks. */
export function hasSequenceParallel(setup: Setup): boolean {
  // Stacks without flash attention used either full recomputation or sequence parallelism:
  // the second was invented to avoid the first (Korthikanti et al. 2022).
  return setup.tensorParallel > 1 && !(setup.attention === "unfused" && setup.recompute === "full");
}

/**
 * The first large runs in bf16 (2022), on stacks grown around a pipeline engine of their own:
 * gradients were added up in float32 by a separate kernel after each micro-batch, and every
 * tensor-parallel rank sent the whole activation to the next stage and waited for it.
 */
export function isEarlyBf16({ attention, precision, recompute }: Setup): boolean {
  return attention === "unfused" && precision === "bf16" && recompute === "full";
}

/**
 * The parallelism that each training stack supports.
 *
 * A run in the dialect of a stack is planned within its abilities. Megatron-LM has all of them, so
 * it is none of these: a request that names no stack is free.
 */

import type { Recompute, Setup } from "./setup.ts";

export type StackName = "deepspeed" | "huggingface" | "lightning" | "nanotron" | "torchtitan";

/** A way to split the work of one step; replicas that split the batch are everybody's. */
export type SplitKind = "tensor" | "pipeline" | "interleave" | "context" | "expert";

type Sharding = Setup["sharding"];

export interface Stack {
  readonly splits: readonly SplitKind[];
  /** What replicas may split between them; nothing only where each has room for all of it. */
  readonly shardings: readonly Sharding[];
  /** The same where there is a pipeline. */
  readonly shardingsInPipeline: readonly Sharding[];
  /** From nothing to everything; done to all layers alike. */
  readonly recomputes: readonly Recompute[];
  /** Elementwise chains run as fused kernels unless configured otherwise. */
  readonly compiled: boolean;
  /** A checkpoint is copied only, and written while training goes on. */
  readonly savesWhileTraining: boolean;
}

/** Checkpointing of activations is a switch for the whole model. */
const ALL_OR_NOTHING = ["none", "full"] as const;

/** Replicas only: each GPU has a batch of its own, and the model as it comes from a hub runs eagerly. */
const REPLICAS_ONLY: Stack = {
  splits: [],
  // DDP for a model that is small beside its GPU, otherwise FSDP.
  shardings: ["none", "full"],
  shardingsInPipeline: [],
  recomputes: ALL_OR_NOTHING,
  compiled: false,
  savesWhileTraining: false,
};

export const STACKS: { readonly [N in StackName]: Stack } = {
  /** The Trainer by itself: `fsdp`, `gradient_checkpointing`, no `torch_compile`. */
  huggingface: REPLICAS_ONLY,
  /** `FSDPStrategy` with an activation checkpointing policy for the blocks. */
  lightning: REPLICAS_ONLY,
  /**
   * The plain engine around a user's model, by `deepspeed.initialize`: ZeRO 1 where that is
   * enough, otherwise 3. Its pipeline engine (Megatron-DeepSpeed, ZeRO 1) prints other lines.
   */
  deepspeed: { ...REPLICAS_ONLY, shardings: ["optimizer", "full"] },
  /**
   * Everything by DTensor, on models of its own: per-block compilation, selective checkpointing of
   * single operators, asynchronous checkpoints. Schedule "1F1B", as by default. With a pipeline,
   * FSDP gathers the weights once a step (`fsdp_reshard_after_forward = "default"`), so what is
   * split for good is the optimiser's share.
   */
  torchtitan: {
    splits: ["tensor", "pipeline", "context", "expert"],
    shardings: ["full"],
    shardingsInPipeline: ["optimizer"],
    recomputes: ["none", "selective", "full"],
    compiled: true,
    savesWhileTraining: true,
  },
  /** ZeRO 1, tensor parallelism in sequence-parallel mode, one forward one backward. */
  nanotron: {
    splits: ["tensor", "pipeline"],
    shardings: ["optimizer"],
    shardingsInPipeline: ["optimizer"],
    recomputes: ALL_OR_NOTHING,
    compiled: false,
    savesWhileTraining: false,
  },
};

export function hasSplit(stack: StackName | undefined, kind: SplitKind): boolean {
  return stack === undefined || STACKS[stack].splits.includes(kind);
}

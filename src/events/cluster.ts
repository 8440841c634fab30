/**
 * News of runs on a cluster: model, machines and parallelism, state of the machines, failures.
 *
 * Facts only, no sentences: views, exporters and dialects choose the wording.
 */

import type { Json } from "../json.ts";

export type ClusterNews =
  | ModelDescribed
  | DatasetDescribed
  | ClusterDescribed
  | RecipeDescribed
  | ClusterMessage
  | ClusterStatus
  | EvaluationDone
  | RunInterrupted
  | RunRestored
  | FileWritten
  | RunSummarised;

/** The model, once before the first step. */
export interface ModelDescribed {
  readonly type: "model-described";
  readonly name: string;
  readonly family: string;
  readonly parameters: number;
  /** What one token passes through; less than `parameters` where there are experts. */
  readonly activeParameters: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Routed experts in a layer; 0 for a dense model. */
  readonly experts: number;
  readonly tokenizer: string;
  readonly vocabulary: number;
  /** Width of the feed-forward block; of one expert where there are experts. */
  readonly feedForward?: number;
  /** Numbers of one attention head. */
  readonly headSize?: number;
  /** Experts that a token visits; 0 for a dense model. */
  readonly expertsPerToken?: number;
  /** Input and output embedding are one matrix. */
  readonly tiedEmbeddings?: boolean;
  /** Three matrices in the feed-forward block instead of two. */
  readonly gated?: boolean;
}

/** The training data. */
export interface DatasetDescribed {
  readonly type: "dataset-described";
  readonly name: string;
  /** Sequences of one epoch. */
  readonly samples: number;
  readonly tokens: number;
  readonly sequenceTokens: number;
}

/** The machines and how the work is split between them. */
export interface ClusterDescribed {
  readonly type: "cluster-described";
  readonly gpuName: string;
  readonly gpuCount: number;
  readonly nodeCount: number;
  readonly gpusPerNode: number;
  readonly spareNodes: number;
  readonly memoryBytesPerGpu: number;
  readonly network: string;
  /** Host and port where the ranks find each other. */
  readonly master: string;
  readonly backend: string;
  readonly versions: { readonly [name: string]: string };
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly dataParallel: number;
  readonly contextParallel: number;
  readonly expertParallel: number;
  readonly sharding: string;
  /** Memory that the plan expects on the fullest GPU, in bytes. */
  readonly plannedMemoryBytes: number;
  /** Of the memory of each GPU; absent where the maker's telemetry is another. */
  readonly memoryClockMhz?: number;
}

/** Hyperparameters of the training. */
export interface RecipeDescribed {
  readonly type: "recipe-described";
  readonly precision: string;
  /** From the last stage of `batchRamp` on, where there is one. */
  readonly globalBatchSequences: number;
  /** Smaller batches at the start, in order; absent where the batch is always the same. */
  readonly batchRamp?: readonly {
    /** Last step with this batch. */
    readonly untilStep: number;
    readonly globalBatchSequences: number;
  }[];
  readonly microBatch: number;
  readonly accumulation: number;
  readonly schedule: "cosine" | "wsd";
  readonly peakLearningRate: number;
  readonly warmupSteps: number;
  readonly clipNorm: number;
  /** Where the schedule ends. */
  readonly finalLearningRate?: number;
  /** Activations that are computed again in the backward pass. */
  readonly recompute?: "none" | "selective" | "full";
  /** Training pauses after this many steps for a checkpoint: to copy it, or until it is written. */
  readonly stepsPerCheckpoint?: number;
  readonly stepsPerEvaluation?: number;
  /** Floating-point operations per token by the convention in `mfuConvention`. */
  readonly flopsPerToken: number;
  readonly mfuConvention: "causal";
  /** Figures of the plan, to hold the run against. */
  readonly planned: {
    readonly stepMs: number;
    readonly tokensPerSecond: number;
    readonly mfu: number;
    readonly goodput: number;
    readonly days: number;
  };
}

/** A line from somewhere in the cluster: NCCL, a driver, the launcher, the storage. */
export interface ClusterMessage {
  readonly type: "cluster-message";
  readonly level: "info" | "warning" | "error";
  /** The component that logs it. */
  readonly source: "framework" | "nccl" | "driver" | "launcher" | "watchdog" | "storage" | "fabric";
  /** Stable, in kebab case: "nccl-init", "xid", "watchdog-timeout". */
  readonly code: string;
  /** Counted from 0. */
  readonly node?: number;
  /** Within its node, counted from 0. */
  readonly gpu?: number;
  readonly rank?: number;
  /** What the words of this code need: an Xid number, milliseconds, bytes. */
  readonly values?: { readonly [key: string]: Json };
}

export interface GpuStatus {
  /** As the driver reports it, 0 to 1: also a GPU that only waits is at 1. */
  readonly utilisation: number;
  readonly temperatureC: number;
  readonly powerWatts: number;
  readonly memoryBytes: number;
  /** Clock of what computes; like the next one absent where the maker's telemetry is another. */
  readonly clockMhz?: number;
  /** Share of the cycles in which tensor cores work, 0 to 1: 0 in a GPU that only waits. */
  readonly tensorActive?: number;
}

/**
 * What each GPU in the job does beside being busy. They work in step, so it is the same in all of
 * them; nodes that are idle do nothing.
 */
export interface ClusterActivity {
  /** Mean share of the cycles in which tensor cores work, 0 to 1. */
  readonly tensorActive: number;
  /** Share of the cycles in which the memory sends or receives, 0 to 1. */
  readonly memoryActive: number;
  /** Sent over the fast links between GPUs, and as much received; absent without such links. */
  readonly linkGbPerSecond?: number;
  /** The memory is warmer than its chip by this; absent where it does not report its temperature. */
  readonly memoryRiseC?: number;
}

export interface NodeStatus {
  /** Counted from 0. */
  readonly node: number;
  /** It is well and under power, but there is no replica for it. */
  readonly idle?: true;
  readonly gpus: readonly GpuStatus[];
}

/** A sample of the machines: means over all of them, and some nodes GPU by GPU. */
export interface ClusterStatus {
  readonly type: "cluster-status";
  readonly step: number;
  readonly state: "training" | "stalled" | "hanging" | "down" | "saving" | "validating";
  readonly nodesHealthy: number;
  readonly spareNodes: number;
  readonly utilisation: number;
  readonly temperatureC: number;
  /** Absent where the maker's telemetry is another. */
  readonly activity?: ClusterActivity;
  /** Mean over the time since the status before, of all machines without the building. */
  readonly powerWatts: number;
  /** Since the start of the run. */
  readonly energyJoules: number;
  /** Share of the time since the start that ended up in the model. */
  readonly goodput: number;
  /** The first nodes, those that something is wrong with, and the first idle ones. */
  readonly nodes: readonly NodeStatus[];
  readonly memoryBytesTotal: number;
  /** GPUs that take part; like the next two only while they are fewer than were described. */
  readonly worldSize?: number;
  readonly dataParallel?: number;
  readonly nodesInRepair?: readonly number[];
}

/** An evaluation on held-out text. */
export interface EvaluationDone {
  readonly type: "evaluation-done";
  readonly step: number;
  readonly epoch: number;
  /** Batches of it, averaged over. */
  readonly batches: number;
  readonly loss: number;
  /** e to the loss. */
  readonly perplexity: number;
  /** Share of the tokens that were guessed right. */
  readonly accuracy: number;
  /** Mean of the newest training steps. */
  readonly trainLoss: number;
  readonly best: boolean;
  /** Evaluations since the best one. */
  readonly sinceBest: number;
  readonly tokensPerSecond: number;
  readonly durationMs: number;
}

/** Training stops, and the progress since the last complete checkpoint is lost. */
export interface RunInterrupted {
  readonly type: "run-interrupted";
  /** Last finished step. */
  readonly step: number;
  /** The symptom that an operator sees, not its cause. */
  readonly symptom: string;
  readonly node?: number;
  readonly rank?: number;
  /**
   * The launcher keeps the healthy nodes and starts a different number of replicas on them: fewer
   * after a failure without a spare, more where the symptom is "nodes-returned".
   */
  readonly elastic?: true;
}

/** Training continues from a checkpoint; the next step is `step` + 1. */
export interface RunRestored {
  readonly type: "run-restored";
  readonly step: number;
  /** Steps that have to be done again. */
  readonly lostSteps: number;
  readonly consumedSamples: number;
  readonly consumedTokens: number;
  readonly downtimeMs: number;
  readonly path: string;
  /** Counted from 1 over the whole run. */
  readonly restart: number;
  readonly nodesReplaced: readonly number[];
  /** GPUs that take part; like the next two where this is not, or was not, what was described. */
  readonly worldSize?: number;
  readonly dataParallel?: number;
  /** From the last stage of the batch ramp on, where there is one. */
  readonly globalBatchSequences?: number;
}

/** One file of what is exported at the end. */
export interface FileWritten {
  readonly type: "file-written";
  readonly kind: "shard" | "companion";
  readonly path: string;
  readonly bytes: number;
}

/** The summary of the run, sent before its end. */
export interface RunSummarised {
  readonly type: "run-summarised";
  readonly elapsedMs: number;
  readonly epochs: number;
  readonly steps: number;
  readonly loss: number;
  /** Absent where the loss is no cross-entropy. */
  readonly perplexity?: number;
  readonly bestLoss: number;
  /** Mean of the last steps, in a run that learns from rewards. */
  readonly reward?: number;
  readonly utilisation: number;
  readonly memoryBytesPeak: number;
  readonly path: string;
  readonly bytes: number;
  readonly tokens: number;
  readonly energyJoules: number;
  readonly goodput: number;
  readonly interruptions: number;
}

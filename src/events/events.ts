/**
 * The vocabulary of a run.
 *
 * Everything that produces a run (trainer, simulator, remote worker, replay of a
 * saved log) yields these values; everything that shows a run (console, studio,
 * exporters) reads them. Neither side knows the other.
 *
 * Rules for changing this file:
 *  - plain data only: JSON in, the same JSON out (so no NaN, no Infinity, no undefined);
 *  - units stand in the names; shares are 0 to 1;
 *  - adding a kind of news, an optional field or a word is fine, readers skip what they do not know;
 *  - renaming or removing either means raising PROTOCOL_VERSION, and reading the version before
 *    (`protocol-1.ts`).
 */

import type { Json } from "../json.ts";
import type { ClusterNews } from "./cluster.ts";

/** Version of the vocabulary below, in the first event of each run; readers take older ones too. */
export const PROTOCOL_VERSION = 2;

/** What a producer reports. */
export type News =
  | RunStarted
  | PhaseStarted
  | PhaseProgress
  | CorpusRead
  | PlanMade
  | StartMeasured
  | StepDone
  | EpochDone
  | PreviewMade
  | CheckpointSaved
  | DeviceStatus
  | Notice
  | ModelSaved
  | RunEnded
  | ClusterNews;

/** News with a place in the run. Producers yield news; `stamp` makes events of them. */
export type RunEvent = News & {
  /** 0, 1, 2, ... without gaps, also across a resume, so a reader can tell that it missed something. */
  readonly seq: number;
  /** Running time in milliseconds, excluding pauses between stop and resume. */
  readonly atMs: number;
  /** Whose event it is, counted from 1, in a stream that several jobs write into; else absent. */
  readonly job?: number;
};

/** First, exactly once; again after each resume, with the step it continues from. */
export interface RunStarted {
  readonly type: "run-started";
  readonly protocol: number;
  /** A simulated run says so here, and every view and export repeats it. */
  readonly source: "trained" | "simulated";
  readonly title: string;
  /** Name and version of the program that runs, "etude 0.1.0". */
  readonly program: string;
  readonly seed: number;
  /** What computes: "onnxruntime-node cpu, 2 threads". */
  readonly device: string;
  /** The options given; the complete settings follow with the plan. */
  readonly configuration: { readonly [key: string]: Json };
  /** Last step already done when the run continues from a checkpoint, else 0. */
  readonly resumedAtStep: number;
  /** Wall-clock time, milliseconds since 1970. */
  readonly wallMs: number;
}

/** The phases of a run, in order. Not every run has every phase. */
export type Phase =
  | "reading"
  | "preparing"
  | "training"
  | "validating"
  | "saving"
  | "generating"
  | "exporting";

export interface PhaseStarted {
  readonly type: "phase-started";
  readonly phase: Phase;
  /** A sentence for people, without a full stop. */
  readonly text: string;
}

/** Progress of a phase with a known end. */
export interface PhaseProgress {
  readonly type: "phase-progress";
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** Of the next item, 0 to 1, where one takes long. */
  readonly share?: number;
  /** Where text is read: how fast. */
  readonly tokensPerSecond?: number;
}

/** What was found in the folder of recordings. */
export interface CorpusRead {
  readonly type: "corpus-read";
  readonly folder: string;
  readonly filesUsed: number;
  readonly filesLeftOut: number;
  readonly totalSeconds: number;
  /** Paths relative to the folder. Split by file; no sound stands on both sides. */
  readonly trainFiles: readonly string[];
  readonly validationFiles: readonly string[];
  /** Of a single take, which then stands on both sides: the part that is not learned from. */
  readonly heldOutStretch?: {
    readonly startSeconds: number;
    readonly endSeconds: number;
    /** Not used at all, on each side of it. */
    readonly guardSeconds: number;
  };
}

/** The planned length of the run. Sent before the first step, and again if the plan changes. */
export interface PlanMade {
  /** How long what is left of it will take, as far as the machine is known. */
  readonly expectedMs?: number;
  readonly type: "plan-made";
  readonly epochsTotal: number;
  readonly stepsPerEpoch: number;
  readonly stepsTotal: number;
  readonly batchSize: number;
  readonly parameterCount: number;
  /** Of all steps together; absent where a run does not learn from text. */
  readonly tokensTotal?: number;
  /** Seconds of audio that one step learns from; absent where a run is not about audio. */
  readonly audioSecondsPerStep?: number;
  /** The effective configuration: every setting, whether given or chosen. */
  readonly configuration?: { readonly [key: string]: Json };
}

/**
 * The model before its first step, measured as after an epoch. It competes with them: where none
 * does better, it is what is saved.
 */
export interface StartMeasured {
  readonly type: "start-measured";
  readonly trainTaskLoss: number;
  readonly validationTaskLoss: number;
}

/** Of one side of the corpus, or a mean over steps. What people compare of it: `taskLoss`. */
export interface Losses {
  /** What the optimiser lowers. */
  readonly loss: number;
  /** Present in a run of a variational autoencoder. */
  readonly vae?: VaeLosses;
}

/** What the loss of a variational autoencoder is made of: reconstruction + klWeight * kl. */
export interface VaeLosses {
  readonly reconstruction: number;
  /** Unweighted, with free bits. */
  readonly kl: number;
  /** Of a mean over steps: that of the last step. */
  readonly klWeight: number;
}

/**
 * One optimiser step.
 *
 * What every run tells, and a part for each kind of run: `vae` and `audioSecondsPerSecond`, `text`,
 * `policy`.
 */
export interface StepDone {
  readonly type: "step-done";
  /** Counted from 1, so the last step equals `stepsTotal`. */
  readonly step: number;
  /** Counted from 1. */
  readonly epoch: number;
  /** What the optimiser lowers; absent when the step was skipped. What people compare: `taskLoss`. */
  readonly loss?: number;
  readonly learningRate: number;
  /** Global norm before clipping; absent when it is not finite. */
  readonly gradientNorm?: number;
  readonly clipped: boolean;
  /**
   * The loss or a gradient was NaN or infinite, so the weights stayed as they were; in a simulated
   * run that scales no losses nothing held the step back, and they are NaN as well.
   */
  readonly skipped: boolean;
  readonly durationMs: number;
  /** Seconds of audio learned from per second of wall time, data work included. */
  readonly audioSecondsPerSecond?: number;
  /** Present in a run of a variational autoencoder; absent with the loss. */
  readonly vae?: VaeLosses;
  /** Present in a run that learns from text. */
  readonly text?: TextStep;
  /** Present in a run that learns from rewards. */
  readonly policy?: PolicyStep;
}

/** What a step of reinforcement learning tells beside the common: loss = policyLoss + klWeight * kl. */
export interface PolicyStep {
  /** What the rewards ask for, without what keeps the model near its start. */
  readonly policyLoss: number;
  /** KL divergence from the model that the run began with, in nats per token. */
  readonly kl: number;
  readonly klWeight: number;
  /** Mean over the responses of this step, 0 to 1. */
  readonly reward: number;
  /** Of the next token, in nats, on average. */
  readonly entropy: number;
  /** Mean length of a response, in tokens. */
  readonly responseTokens: number;
  /** Share of the tokens whose update was clipped. */
  readonly clippedShare: number;
  /** Writing the responses, of the step's duration. */
  readonly generationMs: number;
}

/** What a step of a language model tells beside the common. */
export interface TextStep {
  /** e to the cross-entropy; absent with the loss. */
  readonly perplexity?: number;
  /** Tokens of this step: global batch times sequence. */
  readonly tokens: number;
  /** Sequences since the first step; goes back where a restart goes back. */
  readonly consumedSamples: number;
  readonly consumedTokens: number;
  readonly tokensPerSecond: number;
  /** Useful work, by the convention that the recipe names. */
  readonly tflopsPerGpu: number;
  readonly mfu: number;
}

/** All files seen once, then measured without dropout and augmentation on both sides. */
export interface EpochDone {
  readonly type: "epoch-done";
  readonly epoch: number;
  readonly epochsTotal: number;
  readonly step: number;
  /** Mean over the epoch's steps, with dropout and augmentation: what the optimiser saw. */
  readonly stepLosses: Losses;
  /** On a fixed part of the training files, without dropout and augmentation. */
  readonly trainLosses: Losses;
  /** On the validation files, measured like `trainLosses`. */
  readonly validationLosses: Losses;
  /** (validation - train) / train of the task losses. */
  readonly overfittingGap: number;
  /**
   * By how much validation / train has grown since the start, as a share; above 0.2 is a warning.
   * Absent in runs of older versions and in simulated ones.
   */
  readonly gapGrowth?: number;
  /** Present in a run of a variational autoencoder. */
  readonly latents?: LatentUse;
  /** Best task loss of the validation files so far, that of the start included. */
  readonly best: boolean;
  readonly learningRate: number;
  readonly verdict: Verdict;
  readonly elapsedMs: number;
  readonly etaMs: number;
}

/** How much information the latents carry about the validation files. */
export interface LatentUse {
  /** Sum over dimensions of the mean KL divergence from the unit normal, in nats, no free bits. */
  readonly klDivergence: number;
  /** Dimensions whose mean KL divergence is above 0.05 nats. */
  readonly activeUnits: number;
  readonly dimensions: number;
}

/** A short judgement for the user: whether it is worth to keep training. */
export type Verdict =
  | "improving"
  /** No clear trend, or a learning rate whose fall may still bring something. */
  | "undecided"
  | "good enough"
  | "overfitting"
  /** Above the best, and not falling. */
  | "worse"
  | "unstable";

export interface PreviewMade {
  readonly type: "preview-made";
  readonly kind: "sample" | "original" | "reconstruction";
  readonly epoch: number;
  readonly step: number;
  readonly path: string;
  readonly sampleRate: number;
  readonly durationSeconds: number;
  /** The recording that an original is, and a reconstruction is of; a path as in `CorpusRead`. */
  readonly recording?: string;
  /**
   * True for a recording that changes every time. Otherwise it is the same during the whole run, so
   * that progress can be heard.
   */
  readonly changing?: boolean;
}

export interface CheckpointSaved {
  readonly type: "checkpoint-saved";
  readonly step: number;
  readonly epoch: number;
  readonly path: string;
  readonly bytes: number;
  readonly durationMs: number;
  readonly reason: "interval" | "time" | "best" | "cancelled" | "finished";
}

export interface DeviceStatus {
  readonly type: "device-status";
  /** Memory that the process holds, in bytes. */
  readonly memoryBytes: number;
  /** Share of the wall time that the step waited for its data. */
  readonly dataShare?: number;
  /** What computes from here on, where that is no longer what was said before. */
  readonly device?: string;
  /** How long steps of the run's model take on devices that were tried. */
  readonly measured?: readonly {
    readonly runtime: string;
    /** The model and its sizes. */
    readonly recipe: string;
    readonly batchSize: number;
    readonly stepMs: number;
  }[];
}

/** Anything worth a line that changes no state. */
export interface Notice {
  readonly type: "notice";
  readonly level: "info" | "warning";
  /** Stable, in kebab case: "overfitting", "posterior-collapse", "few-files". */
  readonly code: string;
  readonly text: string;
  /** What the user could do about it. */
  readonly hint?: string;
}

export interface ModelSaved {
  readonly type: "model-saved";
  readonly path: string;
  readonly bytes: number;
  /** The step whose weights were saved: the best one, not the last. */
  readonly step: number;
}

/** Last, exactly once. Nothing follows, except a resume of the same run. */
export interface RunEnded {
  readonly type: "run-ended";
  readonly outcome: "finished" | "cancelled" | "failed";
  readonly step: number;
  readonly elapsedMs: number;
  /** Why it ended before its plan: "stopped early: no better for 20 epochs", or what failed. */
  readonly reason?: string;
}

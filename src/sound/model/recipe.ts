/**
 * The interface of a model to everything that trains or uses it.
 *
 * A recipe describes graphs; it holds no weights. The same parameters serve all of its
 * graphs: `losses` for training and measuring, `encode` and `decode` for playing. Every
 * model takes and gives frames: decibels below a file's loudest mel band, one row of
 * frequency bins per moment (see sound-frames.ts).
 */

import type { Node } from "../tensor/graph.ts";
import type { ConditionName } from "./conditions.ts";
import type { ParameterScope } from "./parameters.ts";

/** A graph under construction, with the model's parameters and per-run inputs at hand. */
export interface ModelScope extends ParameterScope {
  /** An input that changes from run to run; asking twice for a name gives the same node. */
  input(name: string, shape: readonly number[]): Node;
}

export interface ModelLosses {
  /** One number: the reconstruction loss. */
  readonly reconstruction: Node;
  /** One number: with free bits, before its weight. */
  readonly kl: Node;
  /** Mean KL divergence of each latent dimension in nats, without free bits, shape [latent]. */
  readonly klPerDimension: Node;
  /** Running statistics after this batch, shape [statisticsSize]; absent if the model has none. */
  readonly statistics?: Node;
}

/** The latent vectors of some sound, as the encoder of a VAE gives them. */
export interface Posterior {
  /** Shape [examples, latentSize]. */
  readonly mean: Node;
  readonly logVariance: Node;
}

/**
 * How sounds of any length go through a model that sees windows of one length, see
 * latent/codec.ts: "path" where neighbouring latents know each other, "pictures" where each
 * stands for a picture of its own.
 */
export type CodecName = "path" | "pictures";

export interface Recipe {
  readonly codec: CodecName;

  /** Frames of one training example. */
  readonly exampleFrames: number;

  /** Numbers per latent vector. */
  readonly latentSize: number;

  /** What it takes by name beside the latents, see conditions.ts: all of them, or none. */
  readonly conditions: readonly ConditionName[];

  /** Latent vectors of one training example. */
  readonly exampleLatents: number;

  /** Units subject to dropout, for one example: the width of the input "dropped". */
  readonly dropoutWidth: number;

  /** Running statistics at the start, shape [any]; empty for models without batch normalisation. */
  readonly startingStatistics: Float32Array;

  /**
   * Losses on a batch. Inputs: "frames" [batch, exampleFrames, bins]; in training also
   * "noise" [batch * exampleLatents, latentSize] and "dropped" [batch, dropoutWidth]; with
   * conditions "conditions" [batch, exampleFrames, CONDITION_COUNT].
   */
  losses(scope: ModelScope, mode: LossMode): ModelLosses;

  /**
   * Receptive field on each side, in latents: windows that cut a long sound must overlap by it.
   */
  readonly contextLatents: number;

  /**
   * Input "frames" [batch, frames, bins] -> posterior, shapes [batch * latents, latentSize]. With
   * conditions also "conditions" [batch, frames, CONDITION_COUNT].
   */
  encode(scope: ModelScope, size: { readonly batch: number; readonly frames: number }): Posterior;

  /** Latents on each side of one that the decoder looks at for its frames. */
  readonly decodeReach: number;

  /**
   * Input "latents" [batch * latents, latentSize] -> frames [batch, frames, bins]. With conditions
   * also "conditions" [batch, frames of all latents, CONDITION_COUNT].
   */
  decode(scope: ModelScope, size: DecodeSize): Node;
}

export interface DecodeSize {
  readonly batch: number;
  /** Of each example. */
  readonly latents: number;
  /** Only the frames of latents [from, to) are wanted. @default all */
  readonly kept?: readonly [from: number, to: number];
}

export interface LossMode {
  /** "train": with noise and dropout, which come in as inputs; "measure": without either. */
  readonly mode: "train" | "measure";
  readonly batch: number;
  /** Free bits: nats of each latent dimension without cost. */
  readonly freeBits: number;
}

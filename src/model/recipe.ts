/**
 * What a model is, to everything that trains or uses it.
 *
 * A recipe describes graphs; it holds no numbers. The same parameters serve all of its
 * graphs: `losses` for training and measuring, `encode` and `decode` for playing.
 */

import type { Node } from "../tensor/graph.ts";
import type { ParameterScope } from "./parameters.ts";

/** Inputs that change with every batch, by name, with their shapes. */
export type InputShapes = { readonly [name: string]: readonly number[] };

/** A graph under construction, with the model's parameters and per-run inputs at hand. */
export interface ModelScope extends ParameterScope {
  /** One of the shapes that the recipe declares for this kind of graph. */
  input(name: string, shape: readonly number[]): Node;
}

export interface ModelLosses {
  /** One number: what the sound loses. */
  readonly reconstruction: Node;
  /** One number: with free bits, before its weight. */
  readonly kl: Node;
  /** Mean KL divergence of each latent dimension in nats, without free bits, shape [latent]. */
  readonly klPerDimension: Node;
  /** Running statistics after this batch, shape [statisticsSize]; absent if the model has none. */
  readonly statistics?: Node;
}

export interface Recipe {
  readonly name: "mel" | "spectral";

  /** Examples of `frameCount` spectral frames that one graph takes at a time. */
  readonly frameCount: number;

  /** Numbers per latent vector. */
  readonly latentSize: number;

  /** Frames that share one latent vector. */
  readonly framesPerLatent: number;

  /** Length of the vector of running statistics; 0 for models without batch normalisation. */
  readonly statisticsSize: number;

  /**
   * Losses on a batch.
   *
   * @param mode "train": with noise and dropout, which come in as inputs;
   *   "measure": without either, and with running statistics.
   */
  losses(scope: ModelScope, mode: LossMode): ModelLosses;

  /** Decibel frames [batch, frames, bins] -> mean and log variance [batch, latents, latentSize]. */
  encode(scope: ModelScope, batch: number): { readonly mean: Node; readonly logVariance: Node };

  /** Latents [batch, latents, latentSize] -> decibel frames [batch, frames, bins]. */
  decode(scope: ModelScope, batch: number): Node;
}

export interface LossMode {
  readonly mode: "train" | "measure";
  readonly batch: number;
  /** Nats that each latent dimension may hold for free. */
  readonly freeBits: number;
  /** Share of units or channels that training drops. */
  readonly dropout: number;
}

/** Messages between the page, the worker that makes sound and the worklet that plays it. */

import type { Moves } from "../../../sound/latent/controls/apply.ts";
import type { Positions } from "../../../sound/latent/controls/positions.ts";
import type { StreamWish } from "../../../sound/latent/live/performer.ts";
import type { Model } from "../../../sound/model/model-file.ts";
import type { PlayedBlock } from "./queue-depth.ts";

/** A model file: its address, from which the page may fetch, or its bytes. */
export type ModelSource = { readonly url: string } | { readonly bytes: Uint8Array };

/** What of a model can travel between threads. */
export type ModelParts = Omit<Model, "recipe" | "layout">;

/** From the page to the worker that reads models, and back. */
export interface ReadOrder {
  readonly id: number;
  readonly source: ModelSource;
}

export type ReadAnswer =
  | { readonly id: number; readonly model: ModelParts }
  | { readonly id: number; readonly message: string };

/** From the page to the worker. */
export type PlayOrder =
  | {
      readonly kind: "begin";
      readonly toPlayer: MessagePort;
      /** What computes; fetched where it is left out. */
      readonly wasm?: ArrayBuffer | undefined;
    }
  | {
      readonly kind: "open";
      readonly id: number;
      readonly model: ModelParts;
      /** It still learns: others of the same shape will follow often. */
      readonly learns: boolean;
    }
  | { readonly kind: "stream"; readonly wish: StreamWish }
  | { readonly kind: "controls"; readonly positions: Positions }
  | { readonly kind: "moves"; readonly moves: Moves }
  | { readonly kind: "press"; readonly key: number; readonly velocity: number }
  | { readonly kind: "release"; readonly key: number }
  | { readonly kind: "sustain"; readonly isDown: boolean }
  | { readonly kind: "bend"; readonly semitones: number }
  | { readonly kind: "quiet" };

/** From the worker to the page. */
export type PlayReport =
  | { readonly kind: "opened"; readonly id: number; readonly voice: PlayedVoice }
  | { readonly kind: "refused"; readonly id: number; readonly message: string }
  | { readonly kind: "status"; readonly status: PlayStatus }
  | { readonly kind: "trouble"; readonly message: string };

/** What is played. */
export interface PlayedVoice {
  readonly name: string;
  /** Keys are notes; otherwise they are pads, the first one key 36. */
  readonly isKeyboard: boolean;
  /** Keys with a sound of their own, lowest first. */
  readonly soundKeys: readonly number[];
  /** Names of the controls that the model offers. */
  readonly controls: readonly string[];
}

export interface PlayStatus {
  /** Blocks between worker and worklet. */
  readonly queueDepth: number;
  /** Samples that the worklet missed, since the start. */
  readonly missedSamples: number;
  /** Samples that were not rendered in time, since the start. */
  readonly lateSamples: number;
  readonly soundingKeys: number;
  readonly preparedKeys: number;
  /** Share of the time in which the worker renders, over the last quarter of a second. */
  readonly load: number;
}

/** From the worker to the worklet: a block to play, or what is added to blocks that wait already. */
export type BlockMessage = Float32Array<ArrayBuffer> | JoinedSamples;

export interface JoinedSamples {
  /** Which block of all they begin with; the first one ever is 0. */
  readonly fromBlock: number;
  /** To the end of the newest block. */
  readonly samples: Float32Array<ArrayBuffer>;
}

/** From the worklet to the worker: a used block, to be filled again. */
export interface ReturnedBlock extends PlayedBlock {
  readonly block: Float32Array<ArrayBuffer>;
}

/** From the page to the worklet. */
export type PlayerOrder =
  | { readonly kind: "begin"; readonly fromWorker: MessagePort }
  | { readonly kind: "capture"; readonly isOn: boolean };

/** From the worklet to the page. */
export type PlayerReport =
  | { readonly kind: "level"; readonly peak: number; readonly rms: number }
  | { readonly kind: "captured"; readonly samples: Float32Array<ArrayBuffer> }
  | { readonly kind: "capture-ended" };

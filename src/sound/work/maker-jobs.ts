/** Messages between a `SoundMaker` and its thread. */

import type { Sound } from "../audio/sound.ts";
import type { UsualMode } from "../latent/generate.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import type { ModelDescription } from "../model/description.ts";
import type { RuntimeKind } from "../tensor/runtime.ts";
import type { Ancestors } from "./ancestors.ts";
import type { WriteInstrumentOptions, WrittenInstrument } from "./instrument/instrument-plan.ts";
import type { SoundRecord } from "./sound-record.ts";
import type { SoundRequest, StartRequest } from "./sound-request.ts";
import type { ThreadFailure } from "./thread-failure.ts";

/** A model on disk. One that has changed since is read again. */
export interface ModelPlace {
  /** Absolute path of a model file or a run folder. */
  readonly path: string;
  /** What it is called, where that is not what the file says. */
  readonly name?: string;
}

export interface MakerEngine {
  readonly device: RuntimeKind;
  readonly threads: number;
  /** Lets everything else on the machine go first, where the system can. @default false */
  readonly isPatient?: boolean;
}

/** What helps to measure a model's controls. */
export interface AnalysisHelp {
  /** Threads that measure. */
  readonly threads: number;
  /** Where models are kept: what is said of it there follows. */
  readonly library: string;
}

export type MakerJob = { readonly id: number } & (
  | { readonly kind: "describe"; readonly model: ModelPlace }
  /** Measures its controls and writes them into its file. */
  | { readonly kind: "analyze"; readonly model: ModelPlace; readonly by: AnalysisHelp }
  | { readonly kind: "make"; readonly model: ModelPlace; readonly request: SoundRequest }
  /** What it hears in a sound file, to start from. */
  | {
      readonly kind: "hear";
      readonly model: ModelPlace;
      readonly bytes: Uint8Array;
      readonly name: string;
    }
  /** Its file, with the latents of its recordings, also while it learns. */
  | { readonly kind: "file"; readonly model: ModelPlace }
  | {
      readonly kind: "ancestors";
      readonly model: ModelPlace;
      readonly sound: Sound;
      /** Of recordings, by their SHA-256. */
      readonly names: ReadonlyMap<string, string>;
    }
  | {
      readonly kind: "instrument";
      readonly model: ModelPlace;
      readonly options: WriteInstrumentOptions;
    }
  | { readonly kind: "cancel" }
);

/** What can be said of a model before it sounds. */
export interface VoiceFacts {
  readonly description: ModelDescription;
  /** See `modelIdentity`. */
  readonly sha256: string;
  /** Its controls, where they were measured. */
  readonly analysis?: ModelAnalysis;
  /** Notes can be asked for. */
  readonly hasPitch: boolean;
  readonly usualMode: UsualMode;
}

/** How it was made, but for the moment and the file. */
export type MadeAbout = Pick<SoundRecord, "format" | "version" | "program" | "model" | "engine">;

export interface MadeSamples {
  readonly about: MadeAbout;
  readonly sampleRate: number;
  readonly channels: readonly Float32Array<ArrayBuffer>[];
  /** Time that it took, without loading the model. */
  readonly tookMs: number;
}

export type MakerReply = { readonly id: number } & (
  | { readonly share: number }
  | { readonly described: VoiceFacts }
  | { readonly made: MadeSamples }
  | { readonly heard: StartRequest }
  | { readonly file: Uint8Array<ArrayBuffer> }
  | { readonly ancestors: Ancestors }
  | { readonly instrument: WrittenInstrument }
  | { readonly failure: ThreadFailure }
);

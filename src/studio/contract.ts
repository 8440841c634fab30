/** The messages between the studio's server and its page. Plain JSON. */

import type { CorpusCounts } from "../sound/audio/corpus/corpus.ts";
import type { Severity } from "../sound/audio/corpus/severity.ts";
import type { UsualMode } from "../sound/latent/generate.ts";
import type { SoundExport } from "../sound/library/history-entry.ts";
import type { ModelName } from "../sound/model/model-names.ts";
import type { InstrumentFormat } from "../sound/work/instrument/instrument-plan.ts";
import type { PresetRequest } from "../sound/work/preset-request.ts";
import type { SoundRequest } from "../sound/work/sound-request.ts";

/** A failure that a person can do something about. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** Channels of news, by name: first their state is sent, then its changes. */
export type ChannelName =
  | "shelves"
  | "instruments"
  | "sweeps"
  | `run:${string}`
  | `corpus:${string}`;

/** What there is, as far as every page shows it. */
export interface Shelves {
  readonly datasets: readonly DatasetCard[];
  /** The newest first. */
  readonly runs: readonly RunCard[];
  /** Of the library, the newest first. */
  readonly models: readonly ModelCard[];
  /** Of the models of the library. */
  readonly presets: readonly PresetCard[];
  /** Sounds of the history, and when the newest of them was made. */
  readonly history: {
    readonly count: number;
    readonly bytes: number;
    readonly newestWallMs: number;
    /** Tags and exports in all: where these are others, so is the list. */
    readonly marks: number;
  };
  /** Told of what could not be read. */
  readonly troubles: readonly Trouble[];
}

/** A model that can be played. */
export interface VoiceView {
  /** "model:ID" of the library, or "run:ID". */
  readonly voice: string;
  readonly name: string;
  readonly step: number;
  readonly epoch: number;
  readonly corpusSeconds: number;
  /** Notes can be asked for. */
  readonly hasPitch: boolean;
  /** What its sounds are where nothing is asked for. */
  readonly usualMode: UsualMode;
  /** Measured on this model; none before. */
  readonly dials: readonly DialView[];
}

/** A control, as it is turned: positions go from -10 to 10. */
export interface DialView {
  readonly name: string;
  readonly label: string;
  /** What the sound becomes at either end. */
  readonly low: string;
  readonly high: string;
  /** Beyond these a sound leaves what the recordings do. */
  readonly safe: { readonly least: number; readonly most: number };
  /** What one position asks for, in the unit of comparison of its descriptor, where it was measured. */
  readonly step?: number;
  /** What was measured, in words. */
  readonly evidence?: string;
}

/** A sound of the history. */
export interface SoundCard {
  readonly id: string;
  readonly madeWallMs: number;
  readonly modelName: string;
  readonly modelId: string;
  readonly durationSeconds: number;
  readonly bytes: number;
  /** That a person gave it. */
  readonly title?: string;
  /** By hand: it cannot be made again. */
  readonly isPlayed: boolean;
  readonly tags: readonly string[];
  /** The newest last. */
  readonly exports: readonly SoundExport[];
  /** What makes it again; of one that was played, where its controls stood in the end. */
  readonly request: SoundRequest;
  readonly lows: readonly number[];
  readonly highs: readonly number[];
}

/** A place in a model that a person wants to come back to. */
export interface PresetView {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly changedWallMs: number;
  /** Its seed may be left open. */
  readonly request: PresetRequest;
}

/** A preset as a list of all models' shows it. */
export interface PresetCard extends Pick<PresetView, "id" | "name" | "changedWallMs"> {
  readonly modelId: string;
  readonly modelName: string;
}

/** An instrument of samples that is asked for. */
export interface InstrumentWish {
  readonly name: string;
  /** The place in the model. */
  readonly request: SoundRequest;
  /** MIDI notes. */
  readonly lowKey: number;
  readonly highKey: number;
  /** Keys from one sample to the next. */
  readonly step: number;
  readonly velocities: number;
  readonly roundRobins: number;
  readonly loops: boolean;
  readonly secondsMax: number;
  readonly formats: readonly InstrumentFormat[];
}

export interface InstrumentCard {
  readonly id: string;
  readonly name: string;
  readonly modelName: string;
  readonly state: "making" | "ready" | "failed";
  /** That is done, 0 to 1. */
  readonly share: number;
  readonly samples: number;
  readonly bytes: number;
  readonly madeWallMs: number;
  /** Where it lies, for people. */
  readonly folder: string;
  readonly trouble?: Trouble;
}

export interface SoundCards {
  /** The newest first. */
  readonly sounds: readonly SoundCard[];
  /** Of those that were looked for. */
  readonly found: number;
}

export interface ModelCard {
  /** In the library. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly addedWallMs: number;
  readonly bytes: number;
  readonly architecture: string;
  readonly epoch: number;
  readonly corpusSeconds: number;
  readonly recordings: number;
  readonly validationLoss: number | null;
  readonly elapsedMs: number | undefined;
  readonly verdict: string | undefined;
}

export interface DatasetCard {
  readonly name: string;
  /** Where its recordings lie, for people. */
  readonly places: readonly string[];
  /** Some of it was brought in by the page, and can be removed there. */
  readonly holdsUploads: boolean;
}

export interface RunCard {
  readonly id: string;
  readonly name: string;
  readonly createdWallMs: number;
  readonly state: "at-work" | "finished" | "stopped" | "not-begun";
  readonly bytes: number;
  /** It runs in this studio, which can cancel it. */
  readonly isOurs: boolean;
}

/** Many runs of one corpus, which `etude sweep` has trained or is training, here or elsewhere. */
export interface SweepCard {
  /** Name of its folder. */
  readonly id: string;
  readonly name: string;
  readonly startedWallMs: number;
  /** It is being coordinated now. */
  readonly isAtWork: boolean;
  /** Of all runs planned so far. */
  readonly count: { readonly done: number; readonly aside: number; readonly planned: number };
  /** Those that have begun: what is open, then the best first. */
  readonly runs: readonly SweepRunCard[];
}

export interface SweepRunCard {
  /** Of its channel: the folder of its sweep, a colon, its job. */
  readonly id: string;
  /** Its settings: what sets it apart from the others. */
  readonly label: string;
  readonly state: "at-work" | "finished" | "stopped" | "aside";
  readonly epochs: number;
  /** Of its best model, on held-out recordings. */
  readonly validationLoss: number | null;
}

export interface CorpusView {
  readonly name: string;
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  readonly trouble: Trouble | undefined;
  readonly files: readonly CorpusFileView[];
  readonly summary: CorpusSummary | undefined;
}

export interface CorpusSummary {
  readonly counts: CorpusCounts;
  readonly totalSeconds: number;
  readonly warnings: readonly { readonly message: string; readonly paths: readonly string[] }[];
}

export interface CorpusFileView {
  readonly path: string;
  readonly fate: "used" | "duplicate" | "left-out";
  readonly severity: Severity;
  /** In words. */
  readonly text: string;
  readonly durationSeconds: number | undefined;
  /** Lowest and highest sample of each column, in percent of full scale. */
  readonly lows: readonly number[];
  readonly highs: readonly number[];
  /** The page brought it in and may remove it. */
  readonly isRemovable: boolean;
}

/** What a person asks for with the big button. */
export interface TrainWish {
  readonly dataset: string;
  readonly name?: string;
  readonly preset?: "auto" | "conservative" | "balanced" | "aggressive";
  readonly minutes?: number;
  readonly model?: ModelName;
  readonly seed?: number;
  /** @default as the studio is configured; unless that says otherwise, the faster one */
  readonly device?: "processor" | "gpu";
}

/** Of the studio itself, once. */
export interface StudioFacts {
  /** "etude 0.1.0" */
  readonly program: string;
  /** Limit of one uploaded file. */
  readonly uploadBytesMax: number;
  readonly folders: { readonly runs: string; readonly datasets: string };
}

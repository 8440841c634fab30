/** The description of a training run. Plain data: it is sent to the worker. */

import type { DeviceWish } from "../tensor/runtime.ts";
import type { HeldOutFrames } from "./held-out.ts";
import type { KnownSpeed } from "./measured-speed.ts";
import type { SettingOverrides, TrainSettings } from "./settings.ts";

export interface TrainJob {
  /** Where the recordings lie: on a disk, the absolute path of their folder. */
  readonly corpusFolder: string;
  /** Of the model, for people. */
  readonly name: string;
  /** "etude 0.1.0" */
  readonly program: string;
  readonly overrides: SettingOverrides;
  /** Absent in a resumed run, which keeps those it was started with. */
  readonly device?: DeviceWish;
  readonly threads?: number;
  /** Memory limit of the run; absent for none. */
  readonly memoryLimitBytes?: number;
  /** What is known of this machine, for estimates before the first step. @default nothing */
  readonly speeds?: readonly KnownSpeed[];
  /** Measures at the end which controls the model offers: seconds more. @default false */
  readonly analyze?: boolean;
  /** The model to start from: the bytes of its file, and what it is called. @default none */
  readonly from?: { readonly name: string; readonly bytes: Uint8Array };
  /** Continue from the run's newest checkpoint. */
  readonly resume: boolean;
}

/** A job whose run is kept in a folder. */
export interface FolderJob extends TrainJob {
  /** Absolute path of the run folder, which exists. */
  readonly runFolder: string;
  /** Prefix of paths in news, so that the reader can open them. */
  readonly runFolderShown: string;
}

/** One file of the corpus as the run first saw it: a resumed run must find it unchanged. */
export interface RunFile {
  readonly path: string;
  readonly bytes: number;
  /** Of the whole file, as hexadecimal digits. */
  readonly sha256: string;
  readonly frameCount: number;
  /** A single file stands on both. */
  readonly side: "train" | "validation" | "both";
  /** The model that the run started from knows it. */
  readonly known?: true;
  /** Of a single take: the stretch that is not learned from. Absent in runs of before. */
  readonly heldOut?: HeldOutFrames;
}

/** run.json: what a run is, written once before its first step. */
export interface RunRecord {
  readonly format: "etude-run";
  readonly version: number;
  readonly program: string;
  readonly name: string;
  readonly corpusFolder: string;
  readonly createdWallMs: number;
  /** The model that the run started from; absent where it started from nothing. */
  readonly from?: { readonly name: string };
  readonly settings: TrainSettings;
  /** The runtime: another one, or another number of threads, rounds differently. */
  readonly device: DeviceWish;
  readonly threads: number;
  readonly files: readonly RunFile[];
  /** Of the rest, see `sealOf`. */
  readonly sha256?: string;
}

export const RUN_VERSION = 2;

/**
 * What the library knows of a model: manifest.json beside it. Plain JSON.
 *
 * Fields of a newer program survive every change.
 */

import * as v from "valibot";
import { count, fields, finite, type Shape, sha256, wholeNumber } from "../../checked.ts";

export interface ModelManifest {
  readonly format: "etude-library-model";
  readonly version: number;
  /** Names its folder: the first 12 digits of `sha256`. */
  readonly id: string;
  /** See `modelIdentity`. */
  readonly sha256: string;
  /** No two models of a library have the same. */
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Milliseconds since 1970-01-01 UTC, like all that ends in WallMs. */
  readonly addedWallMs: number;
  readonly facts: ModelFacts;
  /** How it was trained; absent where its run is not known. */
  readonly run?: RunFacts;
}

/** Read from the model file. */
export interface ModelFacts {
  /** Of the file. */
  readonly bytes: number;
  readonly architecture: string;
  readonly parameters: number;
  readonly latentSize: number;
  /** "etude 0.1.0" */
  readonly program: string;
  readonly trainedWallMs: number;
  readonly step: number;
  readonly epoch: number;
  /** Reconstruction of held-out recordings; null where none were held out. */
  readonly validationLoss: number | null;
  readonly trainRecordings: number;
  readonly validationRecordings: number;
  readonly corpusSeconds: number;
  /** What its controls and characters are called; absent where it was not analysed. */
  readonly controls?: readonly string[];
}

/** From the record and the log of the run. */
export interface RunFacts {
  /** Absolute; it may have gone since. */
  readonly folder: string;
  /** Where the recordings lay. */
  readonly corpusFolder: string;
  readonly beganWallMs: number;
  readonly preset: string;
  /** Working time of the run, in milliseconds; absent where the log does not say, like the rest. */
  readonly elapsedMs?: number;
  readonly epochs?: number;
  readonly trainLoss?: number;
  readonly validationLoss?: number;
  /** Reconstruction before the first step. */
  readonly startLoss?: number;
  /** In words of the trainer: "improving". */
  readonly verdict?: string;
}

export const MANIFEST_VERSION = 1;

const bytes: Shape<number> = wholeNumber(0, Number.MAX_SAFE_INTEGER);

const factsShape: Shape<ModelFacts> = fields<ModelFacts>({
  bytes,
  architecture: v.string(),
  parameters: count,
  latentSize: count,
  program: v.string(),
  trainedWallMs: finite,
  step: count,
  epoch: count,
  validationLoss: v.nullable(finite),
  trainRecordings: count,
  validationRecordings: count,
  corpusSeconds: finite,
  controls: v.exactOptional(v.array(v.string())),
});

const runShape: Shape<RunFacts> = fields<RunFacts>({
  folder: v.string(),
  corpusFolder: v.string(),
  beganWallMs: finite,
  preset: v.string(),
  elapsedMs: v.exactOptional(finite),
  epochs: v.exactOptional(count),
  trainLoss: v.exactOptional(finite),
  validationLoss: v.exactOptional(finite),
  startLoss: v.exactOptional(finite),
  verdict: v.exactOptional(v.string()),
});

export const manifestShape: Shape<ModelManifest> = fields<ModelManifest>({
  format: v.literal("etude-library-model"),
  version: wholeNumber(1, MANIFEST_VERSION),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/, "12 hexadecimal digits")),
  sha256,
  name: v.pipe(v.string(), v.minLength(1)),
  description: v.string(),
  tags: v.array(v.string()),
  addedWallMs: finite,
  facts: factsShape,
  run: v.exactOptional(runShape),
});

/** From the identity of a model to the name of its folder. */
export function idOf(identity: string): string {
  return identity.slice(0, 12);
}

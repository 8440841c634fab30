/** The description in a model file: its fields, and how it is validated. */

import * as v from "valibot";
import {
  count,
  fields,
  finite,
  numberWithin,
  type Shape,
  sha256,
  wholeNumber,
} from "../../checked.ts";
import { type RecipeDescription, recipeCheck } from "./kinds.ts";

/** A stretch of a recording, and how much on each side of it is not used at all. */
export interface StretchSeconds {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly guardSeconds: number;
}

/** Identifies a recording by content alone: SHA-256 in hexadecimal digits. */
export interface RecordingIdentity {
  /** Of the file. */
  readonly contentHash: string;
  /** Of its sound: the same for a WAV and a FLAC of it. */
  readonly soundHash?: string;
  /** Of a single take that is trained on but for this part. */
  readonly stretch?: StretchSeconds;
}

/** A model may be shared, so it holds neither paths nor names of its recordings. */
export interface CorpusDescription {
  /** Recordings that the model was trained on; empty if a file of an earlier étude does not say. */
  readonly train: readonly RecordingIdentity[];
  /** Recordings that were held out for validation. */
  readonly validation: readonly RecordingIdentity[];
  readonly totalSeconds: number;
}

/** Information about a model for people. Plain JSON. */
export interface ModelDescription {
  readonly name: string;
  readonly recipe: RecipeDescription;
  /** "etude 0.1.0" */
  readonly program: string;
  readonly trainedWallMs: number;
  readonly step: number;
  readonly epoch: number;
  readonly validationReconstruction: number | null;
  readonly corpus: CorpusDescription;
  readonly settings: { readonly [key: string]: unknown };
}

const seconds: Shape<number> = numberWithin(0, 1e9);

const recordings: Shape<readonly RecordingIdentity[]> = v.array(
  fields<RecordingIdentity>({
    contentHash: sha256,
    soundHash: v.exactOptional(sha256),
    stretch: v.exactOptional(
      fields<StretchSeconds>({ startSeconds: seconds, endSeconds: seconds, guardSeconds: seconds }),
    ),
  }),
);

/**
 * Files of an earlier étude identify recordings by name, which does not identify their content;
 * these names are dropped.
 */
const corpus: Shape<CorpusDescription> = v.pipe(
  fields<CorpusDescription>({
    train: v.optional(recordings, []),
    validation: v.optional(recordings, []),
    totalSeconds: finite,
  }),
  v.transform(({ train, validation, totalSeconds }) => ({ train, validation, totalSeconds })),
);

export const descriptionShape: Shape<ModelDescription> = fields({
  name: v.string(),
  recipe: recipeCheck,
  program: v.string(),
  trainedWallMs: finite,
  step: count,
  epoch: count,
  validationReconstruction: v.nullable(finite),
  corpus,
  settings: fields({}),
});

/** Vectors of each recording. */
export const latentLengthsShape: Shape<readonly number[]> = v.array(wholeNumber(1, 1e9));

/** Magnitudes of 0 dB: above 0, and far below what a sample could ever be. */
export const latentReferencesShape: Shape<readonly number[]> = v.array(
  v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1e9)),
);

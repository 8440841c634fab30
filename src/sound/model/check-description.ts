/**
 * Validates the description in a model file. Sizes are checked before a graph is built from them: a
 * forged one could exhaust memory or time.
 */

import * as v from "valibot";
import { count, fields, finite, type Shape, sha256, wholeNumber } from "../../checked.ts";
import { MEL_BANDS } from "./bands.ts";
import type { MelShape } from "./mel.ts";
import type {
  CorpusDescription,
  ModelDescription,
  RecipeDescription,
  RecordingIdentity,
} from "./model-file.ts";
import type { SpectralShape } from "./spectral.ts";

/** Far above what can be configured, far below what would not fit. */
const FRAMES_MAX = 1 << 14;
const LATENT_MAX = 1 << 12;
const WIDTH_MAX = 1 << 13;
const BLOCKS_MAX = 64;
const WIDENING_MAX = 16;

/** Each halves the bands, of which there are 128. */
const HALVINGS_MAX = 7;

export const latentSize: Shape<number> = wholeNumber(1, LATENT_MAX);

const spectralSizes: Shape<SpectralShape> = v.pipe(
  fields({
    groupFrames: wholeNumber(1, BLOCKS_MAX),
    exampleFrames: wholeNumber(1, FRAMES_MAX),
    latentSize,
    width: wholeNumber(1, WIDTH_MAX),
    encoderBlocks: wholeNumber(0, BLOCKS_MAX),
    decoderBlocks: wholeNumber(0, BLOCKS_MAX),
    widening: wholeNumber(1, WIDENING_MAX),
  }),
  v.check(
    ({ exampleFrames, groupFrames }) => exampleFrames % groupFrames === 0,
    "exampleFrames that are whole groups",
  ),
);

const melSizes: Shape<MelShape> = v.pipe(
  fields({
    channels: v.pipe(v.array(wholeNumber(1, WIDTH_MAX)), v.minLength(1), v.maxLength(HALVINGS_MAX)),
    melBands: v.literal(MEL_BANDS),
    frameCount: wholeNumber(1, FRAMES_MAX),
    latentSize,
  }),
  v.check(
    ({ channels, frameCount }) => frameCount % 2 ** channels.length === 0,
    "a frameCount that can be halved by each layer",
  ),
);

const mel: Shape<RecipeDescription> = fields({ name: v.literal("mel"), shape: melSizes });
const spectral: Shape<RecipeDescription> = fields({
  name: v.literal("spectral"),
  shape: spectralSizes,
});

/** Not a union: its error message would list every alternative. */
const recipe: Shape<RecipeDescription> = v.lazy((value) =>
  (value as Partial<RecipeDescription> | null)?.name === "mel" ? mel : spectral,
);

const recordings: Shape<readonly RecordingIdentity[]> = v.array(
  fields<RecordingIdentity>({ contentHash: sha256, soundHash: v.exactOptional(sha256) }),
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
  recipe,
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

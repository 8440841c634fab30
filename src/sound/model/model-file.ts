/**
 * A trained model in one file: weights, closed-form part, and the latents of the corpus.
 */

import { checkedJson, type Shape } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { elementCount } from "../tensor/shapes.ts";
import { TEXTURE_BANDS } from "./bands.ts";
import {
  descriptionShape,
  latentLengthsShape,
  latentReferencesShape,
} from "./check-description.ts";
import type { Foundation, FoundationPart, FoundationParts } from "./foundation.ts";
import { DETAIL_COUNT, foundationShapes } from "./foundation.ts";
import type { MelShape } from "./mel.ts";
import { melRecipe } from "./mel-recipe.ts";
import type { ParameterLayout } from "./parameters.ts";
import type { Recipe } from "./recipe.ts";
import {
  type NamedTensor,
  readTensorFile,
  type TensorFile,
  writeTensorFile,
} from "./safetensors.ts";
import { type SpectralShape, spectralRecipe } from "./spectral.ts";
import { layoutOf } from "./step-graph.ts";

const MODEL_FORMAT = "etude-model";
const MODEL_VERSION = 1;

/** The architecture with its sizes. Plain JSON. */
export type RecipeDescription =
  | { readonly name: "mel"; readonly shape: MelShape }
  | { readonly name: "spectral"; readonly shape: SpectralShape };

/** Identifies a recording by content alone: SHA-256 in hexadecimal digits. */
export interface RecordingIdentity {
  /** Of the file. */
  readonly contentHash: string;
  /** Of its sound: the same for a WAV and a FLAC of it. */
  readonly soundHash?: string;
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

/** The latents of the training files. */
export interface CorpusLatents {
  /** All vectors, file after file, shape [count, latentSize]. */
  readonly means: Float32Array;
  /** Vectors of each file. */
  readonly lengths: readonly number[];
  /** How rough the recordings are around each vector, see texture.ts; shape [count, TEXTURE_BANDS]. */
  readonly texture: Float32Array;
  /** How loud the recordings are at each vector, in dB, see loudness.ts; shape [count]. */
  readonly loudness: Float32Array;
  /** Magnitude of 0 dB in each file: how loud it is beside the others. Empty in models of before. */
  readonly references: readonly number[];
}

export interface Model {
  readonly description: ModelDescription;
  readonly recipe: Recipe;
  readonly layout: ParameterLayout;
  readonly foundation: Foundation | undefined;
  readonly weights: Float32Array;
  readonly statistics: Float32Array;
  readonly latents: CorpusLatents;
}

/** @throws RangeError if `spectral` comes without its foundation. */
export function recipeOf(
  description: RecipeDescription,
  foundation: Foundation | undefined,
): Recipe {
  if (description.name === "mel") return melRecipe(description.shape);
  if (foundation === undefined) {
    throw new RangeError("Cannot make a spectral recipe without its foundation");
  }
  return spectralRecipe(description.shape, foundation);
}

/** The parameters that a recipe's training graph asks for. */
export function recipeLayout(recipe: Recipe): ParameterLayout {
  return layoutOf((scope) => recipe.losses(scope, { mode: "train", batch: 1, freeBits: 0 }));
}

export function writeModel(model: Omit<Model, "recipe">): Promise<Uint8Array<ArrayBuffer>> {
  const { description, layout, foundation, weights, statistics, latents } = model;
  const latentCount = latents.lengths.reduce((sum, length) => sum + length, 0);
  const latentSize = latentCount === 0 ? 0 : latents.means.length / latentCount;
  return writeTensorFile({
    metadata: {
      format: MODEL_FORMAT,
      version: String(MODEL_VERSION),
      description: JSON.stringify(description),
      latentLengths: JSON.stringify(latents.lengths),
      latentReferences: JSON.stringify(latents.references),
    },
    tensors: {
      ...parameterTensors(layout, weights),
      ...foundationTensors(foundation),
      statistics: flat(statistics),
      latents: { shape: [latentCount, latentSize], data: latents.means },
      texture: flat(latents.texture),
      loudness: flat(latents.loudness),
    },
  });
}

/** @throws UserError "tensor-file-damaged", "model-not-a-model" or "model-newer-than-program". */
export async function readModel(bytes: Uint8Array, name: string): Promise<Model> {
  const file = await readTensorFile(bytes, name);
  checkFormat(file, name, { format: MODEL_FORMAT, version: MODEL_VERSION });
  const description = jsonField(file, name, { field: "description", shape: descriptionShape });
  const foundation = readFoundation(file, description.recipe, name);
  const recipe = recipeOf(description.recipe, foundation);
  const layout = recipeLayout(recipe);
  const statistics = tensor(file, "statistics", name);
  requireShape(statistics, [recipe.startingStatistics.length], { name, part: "statistics" });
  return {
    description,
    recipe,
    layout,
    foundation,
    weights: readParameters(layout, file, name),
    statistics: statistics.data,
    latents: readLatents(recipe, file, name),
  };
}

function readLatents({ latentSize }: Recipe, file: TensorFile, name: string): CorpusLatents {
  const lengths = jsonField(file, name, { field: "latentLengths", shape: latentLengthsShape });
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const means = tensor(file, "latents", name);
  requireShape(means, count === 0 ? [0, 0] : [count, latentSize], { name, part: "latents" });
  const texture = tensor(file, "texture", name);
  requireShape(texture, [count * TEXTURE_BANDS], { name, part: "texture" });
  if (texture.data.some((share) => share < 0 || share > 1)) {
    throw incomplete(name, 'its "texture" has shares outside 0 to 1');
  }
  return {
    means: means.data,
    lengths,
    texture: texture.data,
    loudness: readLoudness(file, name, count),
    references: readReferences(file, name, lengths.length),
  };
}

/** Absent in models of before 0.2: then all files count as equally loud. */
function readReferences(file: TensorFile, name: string, count: number): readonly number[] {
  if (file.metadata["latentReferences"] === undefined) return [];
  const references = jsonField(file, name, {
    field: "latentReferences",
    shape: latentReferencesShape,
  });
  if (references.length === count) return references;
  throw incomplete(name, `its "latentReferences" are ${references.length}, need ${count}`);
}

/** Absent in models from before 0.2: generation then computes it by decoding. */
function readLoudness(file: TensorFile, name: string, count: number): Float32Array {
  const loudness = file.tensors["loudness"];
  if (loudness === undefined) return new Float32Array(0);
  requireShape(loudness, [count], { name, part: "loudness" });
  return loudness.data;
}

/**
 * JSON that a file's metadata holds.
 *
 * @throws UserError "tensor-file-damaged" with what is wrong in it.
 */
export function jsonField<T>(
  { metadata }: TensorFile,
  name: string,
  { field, shape }: { readonly field: string; readonly shape: Shape<T> },
): T {
  const text = metadata[field];
  if (text === undefined) throw incomplete(name, `it has no "${field}"`);
  const { value, problem } = checkedJson(shape, text);
  if (problem !== undefined) throw incomplete(name, `its "${field}" is wrong: ${problem}`);
  return value;
}

/** Refuses other kinds of files and files of later versions. */
export function checkFormat(
  { metadata }: TensorFile,
  name: string,
  { format, version }: { readonly format: string; readonly version: number },
): void {
  if (metadata["format"] !== format) {
    const found = metadata["format"] ?? "no format";
    throw new UserError({
      code: "model-not-a-model",
      message: `Cannot use "${name}": found ${found}, need ${format}`,
      hint: "Give the .etude file that `etude train` wrote.",
      exitCode: 2,
    });
  }
  const told = metadata["version"] ?? "";
  if (!/^[1-9][0-9]{0,8}$/.test(told)) throw incomplete(name, `its version is "${told}"`);
  if (Number(told) > version) {
    throw new UserError({
      code: "model-newer-than-program",
      message: `Cannot use "${name}": it has version ${told}, this program knows up to ${version}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
}

export function foundationTensors(foundation: Foundation | undefined): Record<string, NamedTensor> {
  if (foundation === undefined) return {};
  return Object.fromEntries(
    Object.entries(foundation.parts).map(([part, { shape, values }]) => [
      `foundation.${part}`,
      { shape, data: values },
    ]),
  );
}

/** @returns undefined for models that have none. */
export function readFoundation(
  file: TensorFile,
  description: RecipeDescription,
  name: string,
): Foundation | undefined {
  if (description.name === "mel") return undefined;
  const shapes = foundationShapes({ ...description.shape, detailCount: DETAIL_COUNT });
  const parts = Object.fromEntries(
    Object.entries(shapes).map(([part, wanted]): [string, FoundationPart] => {
      const found = tensor(file, `foundation.${part}`, name);
      requireShape(found, wanted, { name, part: `foundation.${part}` });
      return [part, { shape: wanted, values: found.data }];
    }),
  );
  return { detailCount: DETAIL_COUNT, parts: parts as unknown as FoundationParts };
}

function parameterTensors(
  { entries }: ParameterLayout,
  weights: Float32Array,
): Record<string, NamedTensor> {
  return Object.fromEntries(
    entries.map(({ name, shape, offset }) => [
      `weights.${name}`,
      { shape, data: weights.subarray(offset, offset + elementCount(shape)) },
    ]),
  );
}

function readParameters(layout: ParameterLayout, file: TensorFile, name: string): Float32Array {
  const parts = layout.entries.map((entry) => {
    const found = tensor(file, `weights.${entry.name}`, name);
    requireShape(found, entry.shape, { name, part: `weights.${entry.name}` });
    return { ...entry, data: found.data };
  });
  const known = new Set(layout.entries.map((entry) => `weights.${entry.name}`));
  const unknown = Object.keys(file.tensors).find(
    (key) => key.startsWith("weights.") && !known.has(key),
  );
  if (unknown !== undefined) throw incomplete(name, `its shape has no place for "${unknown}"`);
  // Allocated only now: all parts are present, so it is no larger than the file.
  const weights = new Float32Array(layout.size);
  for (const { data, offset } of parts) weights.set(data, offset);
  return weights;
}

export function flat(data: Float32Array): NamedTensor {
  return { shape: [data.length], data };
}

export function tensor({ tensors }: TensorFile, key: string, name: string): NamedTensor {
  const found = tensors[key];
  if (found === undefined) throw incomplete(name, `it has no tensor "${key}"`);
  return found;
}

export function requireShape(
  { shape }: NamedTensor,
  wanted: readonly number[],
  { name, part }: { readonly name: string; readonly part: string },
): void {
  if (shape.join() !== wanted.join()) {
    throw incomplete(name, `its "${part}" is [${shape}], need [${wanted}]`);
  }
}

export function incomplete(name: string, found: string): UserError {
  return new UserError({
    code: "tensor-file-damaged",
    message: `Cannot use "${name}": ${found}`,
    hint: "Use an earlier checkpoint or another copy of the file.",
  });
}

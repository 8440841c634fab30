/**
 * A trained model in one file: weights, closed-form part, and the latents of the corpus.
 */

import { UserError } from "../../errors.ts";
import { elementCount } from "../tensor/shapes.ts";
import { analysisShape, type ModelAnalysis } from "./analysis.ts";
import { TEXTURE_BANDS } from "./bands.ts";
import {
  descriptionShape,
  latentLengthsShape,
  latentReferencesShape,
  type ModelDescription,
} from "./description.ts";
import {
  flat,
  formatMetadata,
  incomplete,
  jsonField,
  requireFormat,
  requireShape,
  tensor,
} from "./format.ts";
import { foundationTensors, readFoundation } from "./foundation-file.ts";
import type { Foundation } from "./kind.ts";
import { outdated, recipeOf } from "./kinds.ts";
import type { ParameterLayout } from "./parameters.ts";
import type { Recipe } from "./recipe.ts";
import {
  type NamedTensor,
  readTensorFile,
  type TensorFile,
  writeTensorFile,
} from "./safetensors.ts";
import { layoutOf } from "./step-graph.ts";

/** The latents of the training files. */
export interface CorpusLatents {
  /** All rows, each latents and then conditions, file after file, shape [count, row size]. */
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

/** A model as its file holds it. */
export interface Model {
  readonly description: ModelDescription;
  readonly recipe: Recipe;
  readonly layout: ParameterLayout;
  readonly foundation: Foundation | undefined;
  readonly weights: Float32Array;
  readonly statistics: Float32Array;
  readonly latents: CorpusLatents;
  /** What its controls were measured to do; absent until `analyze`. */
  readonly analysis?: ModelAnalysis;
}

/** The parameters that a recipe's training graph asks for. */
export function recipeLayout(recipe: Recipe): ParameterLayout {
  return layoutOf((scope) => recipe.losses(scope, { mode: "train", batch: 1, freeBits: 0 }));
}

export function writeModel(model: Omit<Model, "recipe">): Promise<Uint8Array<ArrayBuffer>> {
  const { description, layout, foundation, weights, statistics, latents, analysis } = model;
  const latentCount = latents.lengths.reduce((sum, length) => sum + length, 0);
  const rowSize = latentCount === 0 ? 0 : latents.means.length / latentCount;
  return writeTensorFile({
    metadata: {
      ...formatMetadata("model"),
      description: JSON.stringify(description),
      latentLengths: JSON.stringify(latents.lengths),
      latentReferences: JSON.stringify(latents.references),
      ...(analysis && { analysis: JSON.stringify(analysis) }),
    },
    tensors: {
      ...parameterTensors(layout, weights),
      ...foundationTensors(foundation),
      statistics: flat(statistics),
      latents: { shape: [latentCount, rowSize], data: latents.means },
      texture: flat(latents.texture),
      loudness: flat(latents.loudness),
    },
  });
}

/**
 * Reads a model file; how to run it says `openSoundModel`.
 *
 * @param bytes Of a whole file.
 * @param name What messages call it: its path, for one.
 * @throws UserError "tensor-file-damaged", "model-not-a-model", "model-newer-than-program" or
 *   "model-outdated".
 * @example
 * const { description, weights } = await readModel(await readFile(path), path);
 */
export async function readModel(bytes: Uint8Array, name: string): Promise<Model> {
  const file = await readTensorFile(bytes, name);
  requireFormat(file, name, "model");
  const description = jsonField(file, name, { field: "description", shape: descriptionShape });
  requireCurrent(description, name);
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
    ...readAnalysis(recipe, file, name),
  };
}

/** Absent in models that were not analysed, and passed over where a newer program wrote it. */
function readAnalysis(
  { latentSize }: Recipe,
  file: TensorFile,
  name: string,
): Pick<Model, "analysis"> {
  const text = file.metadata["analysis"];
  if (text === undefined || isNewer(text)) return {};
  const analysis = jsonField(file, name, { field: "analysis", shape: analysisShape });
  const odd = analysis.characters.find(({ direction }) => direction.length !== 3 * latentSize);
  if (odd === undefined) return { analysis };
  throw incomplete(
    name,
    `its "${odd.name}" has ${odd.direction.length} numbers, need ${3 * latentSize}`,
  );
}

function isNewer(text: string): boolean {
  try {
    const { version } = JSON.parse(text) as { readonly version?: unknown };
    return typeof version === "number" && version > 1;
  } catch {
    return false;
  }
}

/** Its numbers mean something else in an architecture that has changed since. */
function requireCurrent({ recipe, settings }: ModelDescription, name: string): void {
  const change = outdated(recipe.name, settings);
  if (change === undefined) return;
  throw new UserError({
    code: "model-outdated",
    message: `Cannot use "${name}": ${change}`,
    hint: "Train anew.",
    exitCode: 2,
  });
}

function readLatents(recipe: Recipe, file: TensorFile, name: string): CorpusLatents {
  const rowSize = recipe.latentSize + recipe.conditions.length;
  const lengths = jsonField(file, name, { field: "latentLengths", shape: latentLengthsShape });
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const means = tensor(file, "latents", name);
  requireShape(means, count === 0 ? [0, 0] : [count, rowSize], { name, part: "latents" });
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

/**
 * The table of architectures: everything that depends on which model it is. The one exception is
 * how sounds of any length are encoded and decoded, which a recipe names (`Recipe.codec`).
 */

import * as v from "valibot";
import { fields, type Shape } from "../../checked.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { Examples } from "./conditions.ts";
import {
  DETAIL_COUNT,
  fitFoundation,
  foundationShapes,
  type SpectralFoundation,
} from "./foundation.ts";
import type { Foundation, Kind, ModelSizes } from "./kind.ts";
import { type MelShape, melShape, melShapeCheck } from "./mel.ts";
import { melRecipe } from "./mel-recipe.ts";
import { type ModelName, modelNames } from "./model-names.ts";
import type { Recipe } from "./recipe.ts";
import { spectralRecipe } from "./spectral.ts";
import { type SpectralShape, spectralShape, spectralShapeCheck } from "./spectral-shape.ts";

/** The sizes of each architecture. */
interface Shapes {
  readonly spectral: SpectralShape;
  readonly mel: MelShape;
}

/** The closed-form part of each. */
interface Foundations {
  readonly spectral: SpectralFoundation;
  readonly mel: undefined;
}

/** Complete by construction: a name without a row is a compile error. */
export const kinds: { readonly [K in ModelName]: Kind<Shapes[K], Foundations[K]> } = {
  // Its network only corrects a linear code, so it needs far less dropout, and its KL is counted
  // per group of 43 ms instead of per second.
  spectral: {
    usual: spectralShape,
    takesPitch: true,
    shapeFor: ({ latentSize, exampleFrames, pitch }) => ({
      ...spectralShape,
      latentSize,
      exampleFrames,
      ...(pitch === true && { pitch }),
    }),
    check: spectralShapeCheck,
    foundation: {
      partShapes: (shape) => foundationShapes({ ...shape, detailCount: DETAIL_COUNT }),
      fit: (runtime, batches, shape) =>
        fitFoundation(runtime, batches, { ...shape, detailCount: DETAIL_COUNT }),
    },
    recipe: spectralRecipe,
    training: {
      batchSize: () => 16,
      warmUpSteps: 150,
      freeBits: 0.05,
      dropoutFactor: 0.25,
      klWeightFactor: 0.005,
    },
    memory: { bytesPerFrame: 80_000, fixedBytes: 450e6 },
  },

  // It learns from pictures; few files make few of them. The presets were made for it.
  mel: {
    usual: { latentSize: melShape.latentSize, exampleFrames: melShape.frameCount },
    takesPitch: false,
    shapeFor: ({ latentSize, exampleFrames }) => ({
      ...melShape,
      latentSize,
      frameCount: exampleFrames,
    }),
    check: melShapeCheck,
    recipe: melRecipe,
    training: {
      batchSize: (fileCount) => Math.min(32, Math.max(1, Math.floor((5 * fileCount) / 4))),
      warmUpSteps: 0,
      freeBits: 0.1,
      dropoutFactor: 1,
      klWeightFactor: 1,
    },
    memory: { bytesPerFrame: 115_000, fixedBytes: 320e6 },
    changed: {
      settingSince: "chunkSeconds",
      before: "sees loudness on a scale that is no longer used",
    },
  },
};

/** The architecture with its sizes. Plain JSON. */
export type RecipeDescription<K extends ModelName = ModelName> = {
  readonly [N in K]: { readonly name: N; readonly shape: Shapes[N] };
}[K];

export function describeRecipe(name: ModelName, sizes: ModelSizes): RecipeDescription {
  return described(name, kinds[name], sizes);
}

function described<K extends ModelName>(
  name: K,
  kind: Kind<Shapes[K], Foundations[K]>,
  sizes: ModelSizes,
): RecipeDescription<K> {
  return { name, shape: kind.shapeFor(sizes) };
}

/** @throws RangeError if the foundation lacks a part that this architecture has. */
export function recipeOf<K extends ModelName>(
  { name, shape }: RecipeDescription<K>,
  foundation: Foundation | undefined,
): Recipe {
  const kind = kinds[name];
  const missing = Object.keys(partShapesOf({ name, shape })).find((part) => !foundation?.[part]);
  if (missing !== undefined) {
    throw new RangeError(`Cannot make a ${name} recipe without "${missing}" of its foundation`);
  }
  return kind.recipe(shape, foundation as Foundations[K]);
}

export function hasFoundation(name: ModelName): boolean {
  return kinds[name].foundation !== undefined;
}

/** The shape of each part of its foundation; none for architectures without one. */
export function partShapesOf<K extends ModelName>({
  name,
  shape,
}: RecipeDescription<K>): { readonly [part: string]: readonly number[] } {
  return kinds[name].foundation?.partShapes(shape) ?? {};
}

/**
 * @param batches As in `FoundationRule`.
 * @returns undefined for architectures without a foundation.
 */
export async function foundationFor<K extends ModelName>(
  runtime: Runtime,
  batches: () => Iterable<Examples>,
  { name, shape }: RecipeDescription<K>,
): Promise<Foundation | undefined> {
  return kinds[name].foundation?.fit(runtime, batches, shape);
}

/** Why a run or a model with these settings can no longer be used: "its mel model ...", or undefined. */
export function outdated(name: ModelName, settings: object): string | undefined {
  const { changed } = kinds[name];
  if (changed === undefined || Object.hasOwn(settings, changed.settingSince)) return undefined;
  return `its ${name} model ${changed.before}`;
}

/** Validates a description from a file. Not a union: its error message would list every alternative. */
export const recipeCheck: Shape<RecipeDescription> = v.lazy((value) => {
  const { name } = (value ?? {}) as Partial<RecipeDescription>;
  const known = modelNames.find((one) => one === name);
  return known === undefined ? noRecipe : checkOf(known);
});

/** Refuses everything, and lists the known names. */
const noRecipe: Shape<RecipeDescription> = fields<{ name: ModelName; shape: never }>({
  name: v.picklist(modelNames),
  shape: v.never(),
});

function checkOf<K extends ModelName>(name: K): Shape<RecipeDescription> {
  const check: Shape<{ name: K; shape: Shapes[K] }> = fields<{ name: K; shape: Shapes[K] }>({
    name: v.literal(name),
    shape: kinds[name].check,
  });
  return check as Shape<unknown> as Shape<RecipeDescription>;
}

/** A spectral model with pitch that has learned nothing: of every row the same noise, with its comb. */

import { seededRandom } from "../../src/random.ts";
import { partShapesOf, recipeOf } from "../../src/sound/model/kinds.ts";
import { type Model, recipeLayout } from "../../src/sound/model/model-file.ts";
import { startingWeights } from "../../src/sound/model/parameters.ts";
import { elementCount } from "../../src/sound/tensor/shapes.ts";
import { tinyModel, tinyShape } from "./tiny-model.ts";

/** Between partials everything lies so far below them, in dB. */
const DEPTH_DB = 40;

export function pitchedModel(): Model {
  const plain = tinyModel({ train: [], validation: [], totalSeconds: 0 });
  const recipe = { name: "spectral", shape: { ...tinyShape, pitch: true } } as const;
  const start: { readonly [part: string]: number } = { melMean: -40, depthMean: DEPTH_DB };
  const foundation = Object.fromEntries(
    Object.entries(partShapesOf(recipe)).map(([name, shape]) => {
      const values = new Float32Array(elementCount(shape)).fill(start[name] ?? 0);
      return [name, { shape, values }];
    }),
  );
  const built = recipeOf(recipe, foundation);
  const layout = recipeLayout(built);
  return {
    ...plain,
    description: { ...plain.description, recipe },
    recipe: built,
    layout,
    foundation,
    weights: startingWeights(layout, seededRandom(1)),
  };
}

/** Rows of a steady note, without any latents. */
export function noteRows(octaves: number, count: number): Float32Array {
  const size = tinyShape.latentSize + 2;
  return new Float32Array(count * size).map((_, at) => {
    const place = at % size;
    if (place < tinyShape.latentSize) return 0;
    return place === tinyShape.latentSize ? octaves : 1;
  });
}

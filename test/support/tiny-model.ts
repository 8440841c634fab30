/** A spectral model of a few thousand weights that has learned nothing. */

import { fillNormal, seededRandom } from "../../src/random.ts";
import { TEXTURE_BANDS } from "../../src/sound/model/bands.ts";
import type { ModelDescription } from "../../src/sound/model/description.ts";
import { partShapesOf, recipeOf } from "../../src/sound/model/kinds.ts";
import { type Model, recipeLayout } from "../../src/sound/model/model-file.ts";
import { startingWeights } from "../../src/sound/model/parameters.ts";
import type { SpectralShape } from "../../src/sound/model/spectral-shape.ts";
import { elementCount } from "../../src/sound/tensor/shapes.ts";

export const tinyShape: SpectralShape = {
  groupFrames: 4,
  exampleFrames: 16,
  latentSize: 4,
  width: 16,
  encoderBlocks: 1,
  decoderBlocks: 1,
  widening: 1,
};

/** Says the same to everything: noise at -40 dB in each band. */
export function tinyModel(corpus: ModelDescription["corpus"]): Model {
  const description = { name: "spectral", shape: tinyShape } as const;
  const foundation = Object.fromEntries(
    Object.entries(partShapesOf(description)).map(([name, shape]) => {
      const values = new Float32Array(elementCount(shape)).fill(name === "melMean" ? -40 : 0);
      return [name, { shape, values }];
    }),
  );
  const recipe = recipeOf(description, foundation);
  const layout = recipeLayout(recipe);
  const lengths = [8, 8, 8];
  return {
    description: {
      name: "tiny",
      recipe: description,
      program: "etude 0.0.0",
      trainedWallMs: 0,
      step: 0,
      epoch: 0,
      validationReconstruction: null,
      corpus,
      settings: {},
    },
    recipe,
    layout,
    foundation,
    weights: startingWeights(layout, seededRandom(1)),
    statistics: recipe.startingStatistics,
    latents: {
      means: fillNormal(seededRandom(1), new Float32Array(24 * tinyShape.latentSize)),
      lengths,
      texture: new Float32Array(24 * TEXTURE_BANDS),
      loudness: new Float32Array(24).fill(-20),
      references: [1, 1, 1],
    },
  };
}

/** What every row of the table of architectures must hold, and how it is asked. */

import { describe, expect, test } from "vitest";
import { checked } from "../../checked.ts";
import { EXAMPLE_PIECE_FRAMES } from "./kind.ts";
import {
  describeRecipe,
  foundationFor,
  hasFoundation,
  kinds,
  partShapesOf,
  recipeCheck,
  recipeOf,
} from "./kinds.ts";
import { recipeLayout } from "./model-file.ts";
import { defaultModel, modelNames, modelSummaries } from "./model-names.ts";

describe.each(modelNames)("the architecture %s", (name) => {
  const { usual } = kinds[name];
  const described = describeRecipe(name, usual);

  test.each([1, 2, 3, 6, 100])("can learn from examples of %i pieces", (pieces) => {
    const exampleFrames = pieces * EXAMPLE_PIECE_FRAMES;
    const description = describeRecipe(name, { ...usual, exampleFrames });
    expect(checked(recipeCheck, JSON.parse(JSON.stringify(description))).value).toEqual(
      description,
    );
    const recipe = recipeOf(description, anyFoundation(description));
    expect(recipe).toMatchObject({ exampleFrames, latentSize: usual.latentSize });
  });

  test("has the latent size that is asked for, down to its parameters", () => {
    const sizes = [5, 6].map((latentSize) => {
      const description = describeRecipe(name, { ...usual, latentSize });
      const recipe = recipeOf(description, anyFoundation(description));
      expect(recipe.latentSize).toBe(latentSize);
      return recipeLayout(recipe).size;
    });
    expect(sizes[1]).toBeGreaterThan(sizes[0] ?? Number.NaN);
  });

  test("is refused with any number of its shape gone", () => {
    for (const key of Object.keys(described.shape)) {
      const shape = { ...described.shape, [key]: undefined };
      expect(checked(recipeCheck, { name, shape }).problem).toContain(`shape.${key}`);
    }
  });

  test("says in a line what it is", () => {
    expect(modelSummaries[name]).toMatch(/^[a-z][^.]{20,80}$/);
  });
});

/** Zeros in every part. */
function anyFoundation(
  description: ReturnType<typeof describeRecipe>,
): Parameters<typeof recipeOf>[1] {
  const parts = Object.entries(partShapesOf(description)).map(([part, shape]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    return [part, { shape, values: new Float32Array(size) }];
  });
  return Object.fromEntries(parts);
}

test("a recipe is not made without a part of its foundation, which is named", () => {
  const description = describeRecipe("spectral", kinds.spectral.usual);
  expect(() => recipeOf(description, undefined)).toThrow(RangeError);
  const { detail: _, ...others } = anyFoundation(description) ?? {};
  expect(() => recipeOf(description, others)).toThrow('without "detail" of its foundation');
});

test("an architecture without a foundation asks nothing of the corpus for one", async () => {
  const description = describeRecipe("mel", kinds.mel.usual);
  expect(hasFoundation("mel")).toBe(false);
  const batches = (): never => expect.unreachable("asked for examples");
  await expect(foundationFor(noRuntime, batches, description)).resolves.toBeUndefined();
});

const noRuntime = { compile: () => expect.unreachable("compiled") } as never;

test("a name that is no architecture is refused with those that are", () => {
  for (const name of ["toString", "mel ", 7, null]) {
    const { problem } = checked(recipeCheck, { name, shape: {} });
    expect(problem).toMatch(/^name: found .*, need \("spectral" \| "mel"\)$/);
  }
  for (const value of [null, "mel", [], 7]) {
    expect(checked(recipeCheck, value).problem).toMatch(/need an object$/);
  }
});

test("the default is the first that is offered", () => {
  expect(modelNames[0]).toBe(defaultModel);
});

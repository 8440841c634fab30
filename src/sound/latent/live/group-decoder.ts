/**
 * Decodes a path one latent vector at a time, for what is played while its path is still being
 * made. The frames are those that `Codec.decode` gives for the whole path.
 */

import { BIN_COUNT } from "../../model/bands.ts";
import { type ConditionName, framedConditions } from "../../model/conditions.ts";
import type { Model } from "../../model/model-file.ts";
import type { ParameterLayout } from "../../model/parameters.ts";
import type { CodecName, Recipe } from "../../model/recipe.ts";
import { partsGraph } from "../../model/step-graph.ts";
import type { Runtime, Values } from "../../tensor/runtime.ts";
import { elementCount } from "../../tensor/shapes.ts";
import type { ModelWeights } from "../codec.ts";
import { rowsOf } from "../rows.ts";

export interface GroupDecoder {
  /** Numbers of a row of the path. */
  readonly latentSize: number;
  /** What the last numbers of a row are; none for models without. */
  readonly conditions: readonly ConditionName[];
  readonly framesPerLatent: number;
  /** Latents on each side of one that its frames depend on. */
  readonly reach: number;
  /**
   * The frames of the vector in the middle.
   *
   * @param rows Shape [2 * reach + 1, latentSize].
   * @returns Decibels, shape [framesPerLatent, BIN_COUNT].
   */
  decode(rows: Float32Array): Promise<Float32Array>;
}

export interface OwnedGroupDecoder extends GroupDecoder {
  release(): Promise<void>;
}

/** A program for one model whose weights stay: the quicker one, by two to three times. */
export async function openGroupDecoder(
  runtime: Runtime,
  model: Pick<Model, "recipe" | "layout"> & ModelWeights,
): Promise<OwnedGroupDecoder> {
  const { recipe, layout, weights, statistics } = model;
  const { graph, ...way } = decodingOf(recipe);
  const frozen = partsGraph(graph, (name) => partOf(layout, weights, name).data);
  const program = await runtime.compile(frozen.model);
  return {
    ...way,
    decode: async (rows) => {
      const results = await program.run({ ...way.inputs(rows), ...statisticsInput(statistics) });
      return way.join(results["frames"]!.data);
    },
    release: () => program.release(),
  };
}

/** A program for weights that change while it plays: of a model that still learns. */
export interface LearningDecoder {
  withWeights(model: ModelWeights): GroupDecoder;
  release(): Promise<void>;
}

export async function openLearningDecoder(
  runtime: Runtime,
  recipe: Recipe,
  layout: ParameterLayout,
): Promise<LearningDecoder> {
  const { graph, ...way } = decodingOf(recipe);
  const { model, parameterNames } = partsGraph(graph);
  const program = await runtime.compile(model);
  return {
    withWeights: ({ weights, statistics }) => {
      const parts = Object.fromEntries(
        parameterNames.map((name) => [name, partOf(layout, weights, name)]),
      );
      const fixed = { ...parts, ...statisticsInput(statistics) };
      return {
        ...way,
        decode: async (rows) => {
          const results = await program.run({ ...fixed, ...way.inputs(rows) });
          return way.join(results["frames"]!.data);
        },
      };
    },
    release: () => program.release(),
  };
}

// --- internal ---

interface Decoding extends Omit<GroupDecoder, "decode"> {
  graph(scope: Parameters<Recipe["decode"]>[0]): { readonly frames: ReturnType<Recipe["decode"]> };
  inputs(rows: Float32Array): { readonly [name: string]: Values };
  join(frames: Float32Array): Float32Array;
}

function decodingOf(recipe: Recipe): Decoding {
  const { latentSize, decodeReach: reach, conditions } = recipe;
  const split = rowsOf(recipe);
  const { kept, framesPerLatent, join } = ways[recipe.codec](recipe);
  const latents = 2 * reach + 1;
  return {
    latentSize: split.latentSize,
    conditions,
    framesPerLatent,
    reach,
    graph: (scope) => ({ frames: recipe.decode(scope, { batch: 1, latents, kept }) }),
    inputs: (rows) => {
      const { latents: data, named } = split.apart(rows);
      const own = { latents: { data, shape: [latents, latentSize] } };
      if (conditions.length === 0) return own;
      const frames = framedConditions(named, framesPerLatent);
      const shape = [1, latents * framesPerLatent, conditions.length];
      return { ...own, conditions: { data: frames, shape } };
    },
    join,
  };
}

/** How the decoder's frames become those of one latent vector. */
interface Way {
  /** Of the latents of a window, those whose frames are needed. */
  readonly kept: readonly [number, number];
  readonly framesPerLatent: number;
  join(frames: Float32Array): Float32Array;
}

/** Complete by construction, like the codecs. */
const ways: { readonly [N in CodecName]: (recipe: Recipe) => Way } = {
  path: ({ decodeReach, exampleFrames, exampleLatents }) => ({
    kept: [decodeReach, decodeReach + 1],
    framesPerLatent: exampleFrames / exampleLatents,
    join: (frames) => frames,
  }),
  pictures: ({ exampleFrames }) => ({
    kept: [1, 3],
    framesPerLatent: exampleFrames / 2,
    join: (pictures) => crossFaded(pictures, exampleFrames / 2),
  }),
};

function partOf({ entries }: ParameterLayout, weights: Float32Array, name: string): Values {
  const entry = entries.find((one) => one.name === name);
  if (entry === undefined) throw new TypeError(`Cannot find parameter "${name}" in the layout`);
  const { shape, offset } = entry;
  return { data: weights.subarray(offset, offset + elementCount(shape)), shape };
}

function statisticsInput(statistics: Float32Array): { readonly [name: string]: Values } {
  return statistics.length > 0
    ? { statistics: { data: statistics, shape: [statistics.length] } }
    : {};
}

/** The second half of one picture into the first half of the next. */
function crossFaded(pictures: Float32Array, hop: number): Float32Array {
  const leaving = hop * BIN_COUNT;
  const coming = 2 * leaving;
  return Float32Array.from({ length: hop * BIN_COUNT }, (_, i) => {
    const share = (Math.floor(i / BIN_COUNT) + 0.5) / hop;
    return (1 - share) * pictures[leaving + i]! + share * pictures[coming + i]!;
  });
}

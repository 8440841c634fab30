/**
 * A model for other programs: its encoder and decoder as plain ONNX, weights included, and a
 * description of all that they take for granted. docs/formats.md has the signature.
 */

import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT } from "../model/conditions.ts";
import type { Model } from "../model/model-file.ts";
import type { ModelScope } from "../model/recipe.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import { partsGraph } from "../model/step-graph.ts";
import { elementCount } from "../tensor/shapes.ts";
import { codecWindow } from "./codec.ts";

/** A tensor of float32 that goes into a program or comes out of it. */
export interface OnnxPort {
  readonly name: string;
  readonly shape: readonly number[];
  readonly meaning: string;
}

export interface OnnxProgram {
  readonly file: string;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** What lies beside the programs, as JSON. */
export interface OnnxDescription {
  readonly version: 1;
  readonly name: string;
  /** "etude 0.1.0" */
  readonly program: string;
  readonly architecture: string;
  /** How a frame is made of sound: Hann window, centred, padded with zeros. */
  readonly frames: {
    readonly sampleRateHz: number;
    readonly windowSamples: number;
    readonly hopSamples: number;
    readonly bins: number;
    readonly unit: string;
    readonly floorDb: number;
  };
  readonly window: {
    readonly frames: number;
    readonly latents: number;
    /** Latents at each end of a window that are cut off where a longer sound goes on. */
    readonly contextLatents: number;
    readonly framesFromLatentToLatent: number;
  };
  readonly encoder: OnnxProgram;
  readonly decoder: OnnxProgram;
  /** Where the recordings' latents lie, one number for each of a vector. */
  readonly latents: {
    readonly count: number;
    readonly mean: readonly number[];
    readonly deviation: readonly number[];
    readonly least: readonly number[];
    readonly largest: readonly number[];
  };
}

export interface OnnxExport {
  readonly encoder: Uint8Array;
  readonly decoder: Uint8Array;
  readonly description: OnnxDescription;
}

/** What the two programs are called beside their description. */
export const ONNX_FILES = { encoder: "encoder.onnx", decoder: "decoder.onnx" } as const;

/**
 * @example
 * const { encoder, decoder, description } = exportOnnx(await readModel(bytes, "bells"));
 */
export function exportOnnx(model: Model): OnnxExport {
  const { recipe } = model;
  const size = codecWindow(recipe);
  const program = (
    build: (scope: ModelScope) => { readonly [name: string]: ReturnType<ModelScope["input"]> },
  ): Uint8Array =>
    partsGraph((scope) => build(withStatistics(scope, model)), parametersOf(model)).model;
  return {
    encoder: program((scope) => ({ ...recipe.encode(scope, size) })),
    decoder: program((scope) => ({ frames: recipe.decode(scope, size) })),
    description: describe(model),
  };
}

function parametersOf({ layout, weights }: Model): (name: string) => Float32Array {
  const places = new Map(layout.entries.map((entry) => [entry.name, entry]));
  return (name) => {
    const place = places.get(name);
    if (place === undefined) throw new TypeError(`Cannot find parameter "${name}" in the layout`);
    return weights.subarray(place.offset, place.offset + elementCount(place.shape));
  };
}

/** Running statistics are an input of graphs that train; here they are numbers. */
function withStatistics(scope: ModelScope, { statistics }: Model): ModelScope {
  return {
    ...scope,
    input: (name, shape) =>
      name === "statistics" ? scope.graph.constant(statistics, shape) : scope.input(name, shape),
  };
}

function describe(model: Model): OnnxDescription {
  const { recipe, description } = model;
  const { latents, frames } = codecWindow(recipe);
  const framePort: OnnxPort = {
    name: "frames",
    shape: [1, frames, BIN_COUNT],
    meaning: "levels of the bins of each frame",
  };
  const latentShape = [latents, recipe.latentSize];
  const conditions: readonly OnnxPort[] =
    recipe.conditions.length === 0
      ? []
      : [
          {
            name: "conditions",
            shape: [1, frames, CONDITION_COUNT],
            meaning:
              "of each frame: pitch as log2 of hertz, held where there is none; voicing, 0 to 1",
          },
        ];
  return {
    version: 1,
    name: description.name,
    program: description.program,
    architecture: description.recipe.name,
    frames: {
      sampleRateHz: MODEL_RATE_HZ,
      windowSamples: defaultStft.frameLength,
      hopSamples: defaultStft.hopLength,
      bins: BIN_COUNT,
      unit: "dB below the square root of the largest power in a mel band of any frame: 128 triangles of height 1, evenly spaced in HTK mels from 0 to 24000 Hz",
      floorDb: LEVEL_MIN_DB,
    },
    window: {
      frames,
      latents,
      contextLatents: recipe.contextLatents,
      framesFromLatentToLatent: recipe.exampleFrames / recipe.exampleLatents,
    },
    encoder: {
      file: ONNX_FILES.encoder,
      inputs: [framePort, ...conditions],
      outputs: [
        { name: "mean", shape: latentShape, meaning: "latent vectors in order of time" },
        { name: "logVariance", shape: latentShape, meaning: "how certain the model is of them" },
      ],
    },
    decoder: {
      file: ONNX_FILES.decoder,
      inputs: [
        { name: "latents", shape: latentShape, meaning: "latent vectors in order of time" },
        ...conditions,
      ],
      outputs: [framePort],
    },
    latents: latentRanges(model),
  };
}

/** Of the latents alone: conditions say what they are themselves. */
function latentRanges({ recipe, latents }: Model): OnnxDescription["latents"] {
  const rowSize = recipe.latentSize + recipe.conditions.length;
  const count = latents.lengths.reduce((sum, length) => sum + length, 0);
  const columns = Array.from({ length: recipe.latentSize }, (_, column) =>
    Array.from({ length: count }, (_row, row) => latents.means[row * rowSize + column]!),
  );
  const means = columns.map((values) => values.reduce((sum, value) => sum + value, 0) / count);
  const squares = (values: readonly number[], mean: number): number =>
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  const numbers = (values: readonly number[]): number[] => (count === 0 ? [] : [...values]);
  return {
    count,
    mean: numbers(means),
    deviation: numbers(columns.map((values, i) => Math.sqrt(squares(values, means[i]!)))),
    least: numbers(columns.map((values) => values.reduce((a, b) => Math.min(a, b), Infinity))),
    largest: numbers(columns.map((values) => values.reduce((a, b) => Math.max(a, b), -Infinity))),
  };
}

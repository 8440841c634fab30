/**
 * Encodes and decodes sounds of any length with a model that sees windows of a fixed length.
 *
 * A sound becomes a path: a sequence of rows, each a latent vector. Some models give one per group
 * of frames and have a receptive field, by which windows overlap. Others give one per picture;
 * pictures start every half picture and are cross-faded.
 *
 * The last numbers of a row are its conditions, where the model has any (`Codec.conditions`, see
 * model/conditions.ts): first the pitch, log2 of hertz, then the voicing, 0 to 1. Rows are mixed
 * like latents: between two notes lies one note. To set them, write into the row, or use
 * path-pitch.ts: `transposed(path, codec, semitones)`, `withNote(path, codec, note)`.
 */

import { BIN_COUNT } from "../model/bands.ts";
import {
  CONDITION_COUNT,
  type ConditionName,
  framedConditions,
  groupedConditions,
  unpitched,
} from "../model/conditions.ts";
import type { ParameterLayout } from "../model/parameters.ts";
import type { CodecName, Recipe } from "../model/recipe.ts";
import { type HeardFrames, LEVEL_MIN_DB } from "../model/sound-frames.ts";
import { plainGraph } from "../model/step-graph.ts";
import type { Program, Runtime, Values } from "../tensor/runtime.ts";
import { rowsOf } from "./rows.ts";

/** The numbers of a trained model. */
export interface ModelWeights {
  readonly weights: Float32Array;
  /** Running statistics; empty for models without. */
  readonly statistics: Float32Array;
}

/** Latent vectors in order of time. */
export interface LatentPath {
  /** Rows, shape [latentCount, latentSize]. */
  readonly means: Float32Array;
  /** Log variances of the same: how certain the model is of them. */
  readonly logVariances: Float32Array;
  readonly latentCount: number;
}

export interface Codec {
  /** Numbers of a row of a path: those of a latent vector, then the conditions. */
  readonly latentSize: number;
  /** What the last numbers of a row are; none for models without. */
  readonly conditions: readonly ConditionName[];
  /** Frames from one latent vector to the next. */
  readonly framesPerLatent: number;
  /** Latents of silence that separate two sounds on one path; 0 where they cannot share one. */
  readonly contextLatents: number;
  encode(model: ModelWeights, sound: Heard): Promise<LatentPath>;
  /**
   * @param means Shape [latentCount, latentSize].
   * @returns Decibels, shape [frames, BIN_COUNT]; at most as many frames as the path covers.
   */
  decode(model: ModelWeights, means: Float32Array, frameCount: number): Promise<Float32Array>;
  release(): Promise<void>;
}

/** What a codec hears of a sound. */
export type Heard = Pick<HeardFrames, "levels" | "conditions">;

/** Latents that one run of the programs takes: 2.7 s of `spectral`. */
const PATH_WINDOW = 64;

/** What one run of a codec's programs takes. */
export interface CodecWindow {
  readonly batch: 1;
  readonly frames: number;
  readonly latents: number;
}

export function codecWindow({ codec, exampleFrames, exampleLatents }: Recipe): CodecWindow {
  if (codec === "pictures") return { batch: 1, frames: exampleFrames, latents: 1 };
  const framesPerLatent = exampleFrames / exampleLatents;
  return { batch: 1, frames: PATH_WINDOW * framesPerLatent, latents: PATH_WINDOW };
}

/** Complete by construction: a way through a model without its codec is a compile error. */
const codecs: { readonly [N in CodecName]: typeof openCodec } = {
  path: openPathCodec,
  pictures: openPictureCodec,
};

export function openCodec(
  runtime: Runtime,
  recipe: Recipe,
  layout: ParameterLayout,
): Promise<Codec> {
  return codecs[recipe.codec](runtime, recipe, layout);
}

async function openPathCodec(
  runtime: Runtime,
  recipe: Recipe,
  layout: ParameterLayout,
): Promise<Codec> {
  const { contextLatents, conditions } = recipe;
  const split = rowsOf(recipe);
  const { latentSize } = split;
  const framesPerLatent = recipe.exampleFrames / recipe.exampleLatents;
  const hop = PATH_WINDOW - 2 * contextLatents;
  const size = codecWindow(recipe);
  const programs = await compilePair(runtime, recipe, { layout, size });
  const rowSize = framesPerLatent * BIN_COUNT;
  return {
    latentSize,
    conditions,
    framesPerLatent,
    contextLatents,
    encode: async (model, { levels, conditions: heard }) => {
      const latentCount = Math.ceil(levels.length / rowSize);
      const means = new Float32Array(latentCount * recipe.latentSize);
      const logVariances = new Float32Array(latentCount * recipe.latentSize);
      for (let start = 0; start < latentCount; start += hop) {
        const from = start - contextLatents;
        const frames = window(levels, {
          from,
          count: PATH_WINDOW,
          rowSize,
          fill: LEVEL_MIN_DB,
        });
        const around = conditionsAround(heard, from * framesPerLatent, size.frames);
        const result = await programs.encode(model, { frames, conditions: around });
        const keep = { from: contextLatents, to: start, count: Math.min(hop, latentCount - start) };
        copyRows(result.mean, means, { ...keep, rowSize: recipe.latentSize });
        copyRows(result.logVariance, logVariances, { ...keep, rowSize: recipe.latentSize });
      }
      const named = groupedConditions(heard, framesPerLatent);
      return {
        means: split.joined(means, named),
        logVariances: split.joined(logVariances, named.fill(KNOWN_LOG_VARIANCE)),
        latentCount,
      };
    },
    decode: async (model, means, frameCount) => {
      const latentCount = means.length / latentSize;
      const frames = new Float32Array(latentCount * rowSize);
      for (let start = 0; start < latentCount; start += hop) {
        const from = start - contextLatents;
        const rows = held(means, { from, count: PATH_WINDOW, rowSize: latentSize });
        const { latents, named } = split.apart(rows);
        const result = await programs.decode(model, {
          latents,
          conditions: framedConditions(named, framesPerLatent),
        });
        const keep = { from: contextLatents, to: start, count: Math.min(hop, latentCount - start) };
        copyRows(result, frames, { ...keep, rowSize });
      }
      return frames.subarray(0, frameCount * BIN_COUNT);
    },
    release: programs.release,
  };
}

async function openPictureCodec(
  runtime: Runtime,
  recipe: Recipe,
  layout: ParameterLayout,
): Promise<Codec> {
  const { latentSize, exampleFrames } = recipe;
  const hop = exampleFrames / 2;
  const size = codecWindow(recipe);
  const programs = await compilePair(runtime, recipe, { layout, size });
  return {
    latentSize,
    conditions: [],
    framesPerLatent: hop,
    contextLatents: 0,
    encode: async (model, { levels }) => {
      const latentCount = Math.ceil(levels.length / (hop * BIN_COUNT)) + 1;
      const means = new Float32Array(latentCount * latentSize);
      const logVariances = new Float32Array(latentCount * latentSize);
      for (let i = 0; i < latentCount; i += 1) {
        const place = { from: (i - 1) * hop, count: exampleFrames, rowSize: BIN_COUNT };
        const frames = window(levels, { ...place, fill: LEVEL_MIN_DB });
        const result = await programs.encode(model, { frames, conditions: NONE });
        means.set(result.mean, i * latentSize);
        logVariances.set(result.logVariance, i * latentSize);
      }
      return { means, logVariances, latentCount };
    },
    decode: async (model, means, frameCount) => {
      const latentCount = means.length / latentSize;
      const frames = new Float32Array(frameCount * BIN_COUNT);
      for (let i = 0; i < latentCount; i += 1) {
        const latents = means.subarray(i * latentSize, (i + 1) * latentSize);
        const picture = await programs.decode(model, { latents, conditions: NONE });
        fadeIn(frames, picture, { start: (i - 1) * hop, hop });
      }
      return frames;
    },
    release: programs.release,
  };
}

/** Of what is known of a sound, not guessed: as certain as a number can be. */
const KNOWN_LOG_VARIANCE = -20;

const NONE = new Float32Array(0);

/** Conditions of frames [from, from + count); without pitch outside the sound. */
function conditionsAround(heard: Float32Array, from: number, count: number): Float32Array {
  const around = unpitched(count);
  const first = Math.max(0, from);
  const part = heard.subarray(first * CONDITION_COUNT, (from + count) * CONDITION_COUNT);
  around.set(part, (first - from) * CONDITION_COUNT);
  return around;
}

interface Pair {
  encode(
    model: ModelWeights,
    sound: { readonly frames: Float32Array; readonly conditions: Float32Array },
  ): Promise<{ mean: Float32Array; logVariance: Float32Array }>;
  decode(
    model: ModelWeights,
    rows: { readonly latents: Float32Array; readonly conditions: Float32Array },
  ): Promise<Float32Array>;
  release(): Promise<void>;
}

async function compilePair(
  runtime: Runtime,
  recipe: Recipe,
  options: {
    readonly layout: ParameterLayout;
    readonly size: CodecWindow;
  },
): Promise<Pair> {
  const { layout, size } = options;
  const encoder = await runtime.compile(
    plainGraph(layout, (scope) => ({ ...recipe.encode(scope, size) })),
  );
  const decoder = await runtime.compile(
    plainGraph(layout, (scope) => ({ frames: recipe.decode(scope, size) })),
  );
  const run = (
    program: Program,
    { weights, statistics }: ModelWeights,
    inputs: { readonly [name: string]: Values },
  ): Promise<{ readonly [name: string]: Values }> =>
    program.run({
      weights: { data: weights, shape: [weights.length] },
      ...(statistics.length > 0 && {
        statistics: { data: statistics, shape: [statistics.length] },
      }),
      ...inputs,
    });
  const named = (data: Float32Array): { readonly conditions?: Values } =>
    recipe.conditions.length === 0
      ? {}
      : { conditions: { data, shape: [size.batch, size.frames, CONDITION_COUNT] } };
  return {
    encode: async (model, { frames: data, conditions }) => {
      const frames = { data, shape: [size.batch, size.frames, BIN_COUNT] };
      const results = await run(encoder, model, { frames, ...named(conditions) });
      return { mean: results["mean"]!.data, logVariance: results["logVariance"]!.data };
    },
    decode: async (model, { latents: data, conditions }) => {
      const latents = { data, shape: [size.batch * size.latents, recipe.latentSize] };
      const results = await run(decoder, model, { latents, ...named(conditions) });
      return results["frames"]!.data;
    },
    release: async () => {
      await encoder.release();
      await decoder.release();
    },
  };
}

interface WindowPlace {
  /** First row; may be negative. */
  readonly from: number;
  readonly count: number;
  readonly rowSize: number;
}

/** Rows [from, from + count); `fill` outside the source. */
function window(
  source: Float32Array,
  { from, count, rowSize, fill }: WindowPlace & { readonly fill: number },
): Float32Array {
  const out = new Float32Array(count * rowSize).fill(fill);
  const first = Math.max(0, from * rowSize);
  const last = Math.min(source.length, (from + count) * rowSize);
  if (first < last) out.set(source.subarray(first, last), first - from * rowSize);
  return out;
}

/** Rows [from, from + count); outside the source its first or last row again. */
function held(source: Float32Array, { from, count, rowSize }: WindowPlace): Float32Array {
  const rows = source.length / rowSize;
  const out = new Float32Array(count * rowSize);
  for (let i = 0; i < count; i += 1) {
    const row = Math.min(rows - 1, Math.max(0, from + i));
    out.set(source.subarray(row * rowSize, (row + 1) * rowSize), i * rowSize);
  }
  return out;
}

function copyRows(
  source: Float32Array,
  target: Float32Array,
  {
    from,
    to,
    count,
    rowSize,
  }: {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly rowSize: number;
  },
): void {
  target.set(source.subarray(from * rowSize, (from + count) * rowSize), to * rowSize);
}

/** Adds a picture with a triangle over time; two of them at half a picture's distance make 1. */
function fadeIn(
  frames: Float32Array,
  picture: Float32Array,
  { start, hop }: { readonly start: number; readonly hop: number },
): void {
  for (let row = 0; row < 2 * hop; row += 1) {
    const frame = start + row;
    if (frame < 0 || (frame + 1) * BIN_COUNT > frames.length) continue;
    const share = row < hop ? (row + 0.5) / hop : (2 * hop - row - 0.5) / hop;
    for (let bin = 0; bin < BIN_COUNT; bin += 1) {
      const at = frame * BIN_COUNT + bin;
      frames[at] = frames[at]! + share * picture[row * BIN_COUNT + bin]!;
    }
  }
}

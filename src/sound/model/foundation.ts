/**
 * The closed-form part of the `spectral` model, fitted to the corpus without training.
 *
 * Principal components of groups of mel frames become the first encoder and decoder; a
 * least-squares map from those to the deviations of single bins becomes the first detail; the
 * principal components of the deviations become the basis of the learned detail. With pitch all of
 * them are fitted to what the comb of each frame leaves, and a least-squares map to its depth is
 * added.
 */

import { Graph, type Node } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import type { Program, Runtime } from "../tensor/runtime.ts";
import { BIN_COUNT, binFloors, MEL_BANDS, melMatrix, spreadMatrix } from "./bands.ts";
import { COMB_BANDS, Comb } from "./comb.ts";
import { CONDITION_COUNT, type Examples } from "./conditions.ts";
import type { FoundationPart } from "./kind.ts";
import { leastSquares } from "./linear-algebra.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";
import { type PrincipalComponents, principalComponents } from "./principal.ts";

/** Named parts; `values` in dB unless stated otherwise. */
export type SpectralFoundation = {
  /** Mean of a group's mel levels, shape [groupFrames * MEL_BANDS]. */
  readonly melMean: FoundationPart;
  /**
   * Centred mel levels -> latents of unit variance, shape [groupFrames * MEL_BANDS, latentSize];
   * with pitch the centred swings of depth follow them (comb.ts).
   */
  readonly encode: FoundationPart;
  /** Latents -> centred mel levels, shape [latentSize, groupFrames * MEL_BANDS]. */
  readonly decode: FoundationPart;
  /** Latents -> detail of a group, shape [latentSize, groupFrames * BIN_COUNT]. */
  readonly detail: FoundationPart;
  /** Mean detail of a group, shape [groupFrames * BIN_COUNT]. */
  readonly detailMean: FoundationPart;
  /** Directions of detail, scaled to their standard deviation, shape [detailCount, BIN_COUNT]. */
  readonly detailBasis: FoundationPart;
  /** Latents -> depth of the comb, shape [latentSize, groupFrames * COMB_BANDS]; with pitch. */
  readonly depth?: FoundationPart;
  /** That of mean latents, shape [groupFrames * COMB_BANDS]; with pitch. */
  readonly depthMean?: FoundationPart;
  /** Mean swing of depth, shape [groupFrames * COMB_BANDS]; with pitch. */
  readonly swingMean?: FoundationPart;
};

export interface FoundationShape {
  readonly groupFrames: number;
  readonly latentSize: number;
  readonly detailCount: number;
  /** @default false */
  readonly pitch?: boolean;
}

/** Directions of detail that the decoder may use. */
export const DETAIL_COUNT = 128;

/** Training continues from here, so the last digits of a component are not worth the time. */
const FIT_ROUNDS = 4;

/** Deviations smaller than this, in dB, are rounding: such directions stay silent. */
const DEVIATION_MIN_DB = 1e-3;

/**
 * Fits all parts to example frames.
 *
 * @param batches Each with the same number of frames, a multiple of groupFrames; iterated three
 *   times, and must be the same each time.
 */
export async function fitFoundation(
  runtime: Runtime,
  batches: () => Iterable<Examples>,
  shape: FoundationShape,
): Promise<SpectralFoundation> {
  const { groupFrames, latentSize, detailCount } = shape;
  const { frames, count } = sizesOf(batches());
  const groups = frames / groupFrames;
  const melSize = groupFrames * MEL_BANDS;

  const first = await summed(runtime, batches(), {
    model: momentsGraph(frames, shape),
    pitch: shape.pitch,
  });
  const heard = covarianceOf(first, { gram: "heardGram", sum: "heardSum", rows: groups * count });
  const detail = covarianceOf(first, {
    gram: "detailGram",
    sum: "detailSum",
    rows: frames * count,
  });
  const size = heard.mean.length;
  const components = await principalComponents(runtime, heard.covariance, {
    size,
    count: latentSize,
    rounds: FIT_ROUNDS,
  });
  const code = codeOf(components, { melSize, size, latentSize });

  const second = await summed(runtime, batches(), {
    model: detailGraph(frames, { ...shape, heardMean: heard.mean, encode: code.encode }),
    pitch: shape.pitch,
  });
  const total = groups * count;
  // Latents are centred and uncorrelated with unit variance, so least squares is a mean.
  const detailMap = second["product"]!.map((value) => value / total);
  const detailMean = second["sum"]!.map((value) => value / total);
  const detailComponents = await principalComponents(runtime, detail.covariance, {
    size: BIN_COUNT,
    count: detailCount,
    rounds: FIT_ROUNDS,
  });
  const basis = Float32Array.from(
    detailComponents.directions,
    (value, at) => value * deviationOf(detailComponents, Math.floor(at / BIN_COUNT)),
  );
  const part = (values: ArrayLike<number>, lengths: readonly number[]): FoundationPart => ({
    shape: lengths,
    values: Float32Array.from(values),
  });
  const binSize = groupFrames * BIN_COUNT;
  return {
    melMean: part(heard.mean.subarray(0, melSize), [melSize]),
    encode: part(code.encode, [size, latentSize]),
    decode: part(code.decode, [latentSize, melSize]),
    detail: part(detailMap, [latentSize, binSize]),
    detailMean: part(detailMean, [binSize]),
    detailBasis: part(basis, [detailCount, BIN_COUNT]),
    ...(shape.pitch === true && {
      ...depthParts(second, shape),
      swingMean: part(heard.mean.subarray(melSize), [size - melSize]),
    }),
  };
}

function sizesOf(batches: Iterable<Examples>): { frames: number; count: number } {
  let frames = 0;
  let count = 0;
  for (const batch of batches) {
    frames = batch.frames.length / BIN_COUNT;
    count += 1;
  }
  return { frames, count };
}

/** What stands for the voiced groups that a corpus has not, in groups of no depth. */
const DEPTH_PRIOR_GROUPS = 1;

/** Least squares from the latents and a constant to the depth, over voiced groups. */
function depthParts(
  { depthGram, depthProduct }: { readonly [name: string]: Float64Array },
  { groupFrames, latentSize }: FoundationShape,
): Pick<SpectralFoundation, "depth" | "depthMean"> {
  const size = groupFrames * COMB_BANDS;
  const inputs = latentSize + 1;
  const map = leastSquares(depthGram!, depthProduct!, {
    size: inputs,
    width: size,
    ridge: DEPTH_PRIOR_GROUPS,
  });
  return {
    depth: {
      shape: [latentSize, size],
      values: Float32Array.from(map.subarray(0, latentSize * size)),
    },
    depthMean: { shape: [size], values: Float32Array.from(map.subarray(latentSize * size)) },
  };
}

/** The shapes of all parts, for reading them back from a file. */
export function foundationShapes(shape: FoundationShape): {
  readonly [P in keyof SpectralFoundation]: readonly number[];
} {
  const { groupFrames, latentSize, detailCount, pitch } = shape;
  const depthSize = groupFrames * COMB_BANDS;
  return {
    melMean: [groupFrames * MEL_BANDS],
    encode: [groupFrames * MEL_BANDS + (pitch === true ? depthSize : 0), latentSize],
    decode: [latentSize, groupFrames * MEL_BANDS],
    detail: [latentSize, groupFrames * BIN_COUNT],
    detailMean: [groupFrames * BIN_COUNT],
    detailBasis: [detailCount, BIN_COUNT],
    ...(pitch === true && {
      depth: [latentSize, depthSize],
      depthMean: [depthSize],
      swingMean: [depthSize],
    }),
  };
}

/**
 * Components as a pair of maps with latents of unit variance between them; the second one gives the
 * mel levels alone, which come first.
 */
function codeOf(
  { directions, variances }: PrincipalComponents,
  { melSize, size, latentSize }: CodeShape,
): { encode: Float32Array; decode: Float32Array } {
  const encode = new Float32Array(size * latentSize);
  const decode = new Float32Array(latentSize * melSize);
  for (let i = 0; i < latentSize; i += 1) {
    const deviation = Math.sqrt(variances[i]!);
    if (deviation < DEVIATION_MIN_DB) continue;
    for (let j = 0; j < size; j += 1) {
      const value = directions[i * size + j]!;
      encode[j * latentSize + i] = value / deviation;
      if (j < melSize) decode[i * melSize + j] = value * deviation;
    }
  }
  return { encode, decode };
}

interface CodeShape {
  readonly melSize: number;
  /** Numbers of a group that are encoded. */
  readonly size: number;
  readonly latentSize: number;
}

function deviationOf({ variances }: PrincipalComponents, i: number): number {
  return Math.sqrt(variances[i] ?? 0);
}

/** Mel levels of groups and detail of frames, and their second moments. */
function momentsGraph(frames: number, { groupFrames, pitch }: FoundationShape): Uint8Array {
  const graph = new Graph();
  const heard = levels(graph, frames, pitch === true);
  const { detail } = heard;
  const groups = inGroups(graph, heard, groupFrames);
  return lower(graph, {
    heardGram: graph.matmul(groups, groups, { transposeA: true }),
    heardSum: graph.reduceSum(groups, [0]),
    detailGram: graph.matmul(detail, detail, { transposeA: true }),
    detailSum: graph.reduceSum(detail, [0]),
  });
}

function detailGraph(
  frames: number,
  options: FoundationShape & { readonly heardMean: Float32Array; readonly encode: Float32Array },
): Uint8Array {
  const { groupFrames, latentSize, heardMean, encode, pitch } = options;
  const size = heardMean.length;
  const graph = new Graph();
  const heard = levels(graph, frames, pitch === true);
  const { detail, comb } = heard;
  const centred = graph.sub(inGroups(graph, heard, groupFrames), graph.constant(heardMean, [size]));
  const latents = graph.matmul(centred, graph.constant(encode, [size, latentSize]));
  const details = graph.reshape(detail, [frames / groupFrames, groupFrames * BIN_COUNT]);
  return lower(graph, {
    product: graph.matmul(latents, details, { transposeA: true }),
    sum: graph.reduceSum(details, [0]),
    ...(comb && depthMoments(graph, { latents, ...comb })),
  });
}

/** What is encoded of each group: mel levels, then swings of depth. */
function inGroups(graph: Graph, { mel, comb }: Levels, groupFrames: number): Node {
  const groups = (mel.shape[0] ?? 0) / groupFrames;
  const levelsOf = graph.reshape(mel, [groups, groupFrames * MEL_BANDS]);
  if (comb === undefined) return levelsOf;
  const swings = graph.reshape(comb.swing, [groups, groupFrames * COMB_BANDS]);
  return graph.concat([levelsOf, swings], 1);
}

/** Sums for the least squares of depths, each group weighed by how voiced it is. */
function depthMoments(
  graph: Graph,
  { latents, depth, voicing }: { readonly latents: Node } & CombLevels,
): { depthGram: Node; depthProduct: Node } {
  const [groups = 0] = latents.shape;
  const groupFrames = (depth.shape[0] ?? 0) / groups;
  const weight = graph.reduceMean(graph.reshape(voicing, [groups, groupFrames]), [1]);
  const one = graph.constant(new Float32Array(groups).fill(1), [groups, 1]);
  const inputs = graph.mul(graph.concat([latents, one], 1), weight);
  const wanted = graph.mul(graph.reshape(depth, [groups, groupFrames * COMB_BANDS]), weight);
  return {
    depthGram: graph.matmul(inputs, inputs, { transposeA: true }),
    depthProduct: graph.matmul(inputs, wanted, { transposeA: true }),
  };
}

interface CombLevels {
  /** Measured as if all frames were voiced, in dB, shape [frames, COMB_BANDS]. */
  readonly depth: Node;
  /** Shape [frames, 1]. */
  readonly voicing: Node;
  /** See comb.ts; shape [frames, COMB_BANDS]. */
  readonly swing: Node;
}

interface Levels {
  /** Of mel bands, shape [frames, MEL_BANDS]; of their envelope where there is a comb. */
  readonly mel: Node;
  /** Deviations of bins from them, and from the comb, shape [frames, BIN_COUNT]. */
  readonly detail: Node;
  readonly comb?: CombLevels;
}

function levels(graph: Graph, frames: number, pitch: boolean): Levels {
  const matrix = melMatrix();
  const spread = spreadMatrix(matrix);
  const input = graph.input("frames", [frames, BIN_COUNT]);
  const power = powerOfDecibels(graph, input);
  const bank = graph.constant(matrix, [BIN_COUNT, MEL_BANDS]);
  const mel = decibelsOfPower(graph, graph.matmul(power, bank));
  const floors = graph.constant(binFloors(matrix, spread), [BIN_COUNT]);
  const spreadNode = graph.constant(spread, [MEL_BANDS, BIN_COUNT]);
  const heard = graph.max(input, floors);
  if (!pitch) return { mel, detail: graph.sub(heard, graph.matmul(mel, spreadNode)) };
  const conditions = graph.input("conditions", [frames, CONDITION_COUNT]);
  const octaves = graph.slice(conditions, 1, [0, 1]);
  const voicing = graph.slice(conditions, 1, [1, 2]);
  const comb = new Comb(graph);
  const lobes = comb.lobes(octaves);
  const depth = comb.depthOf(heard, lobes, octaves);
  const voiced = graph.mul(depth, voicing);
  const there = comb.of(lobes, voiced);
  const envelope = graph.sub(mel, comb.melOf(there));
  const smooth = graph.matmul(envelope, spreadNode);
  const detail = graph.sub(graph.sub(heard, smooth), there);
  const swing = comb.swingOf(voiced, voicing);
  return { mel: envelope, detail, comb: { depth, voicing, swing } };
}

/** Runs a graph on every batch and adds up each of its outputs, in float64. */
async function summed(
  runtime: Runtime,
  batches: Iterable<Examples>,
  { model, pitch = false }: { readonly model: Uint8Array; readonly pitch?: boolean | undefined },
): Promise<{ readonly [name: string]: Float64Array }> {
  const program: Program = await runtime.compile(model);
  const sums: Record<string, Float64Array> = {};
  for (const { frames, conditions } of batches) {
    const rows = frames.length / BIN_COUNT;
    const results = await program.run({
      frames: { data: frames, shape: [rows, BIN_COUNT] },
      ...(pitch && { conditions: { data: conditions, shape: [rows, CONDITION_COUNT] } }),
    });
    for (const [name, values] of Object.entries(results)) {
      sums[name] ??= new Float64Array(values.data.length);
      const sum = sums[name];
      for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + values.data[i]!;
    }
  }
  await program.release();
  return sums;
}

/** Second moments about 0 -> mean and covariance. */
function covarianceOf(
  sums: { readonly [name: string]: Float64Array },
  { gram, sum, rows }: { readonly gram: string; readonly sum: string; readonly rows: number },
): { mean: Float32Array; covariance: Float32Array } {
  const mean = Float32Array.from(sums[sum]!, (value) => value / rows);
  const size = mean.length;
  const covariance = Float32Array.from(sums[gram]!, (value, at) => {
    const i = Math.floor(at / size);
    return value / rows - mean[i]! * mean[at % size]!;
  });
  return { mean, covariance };
}

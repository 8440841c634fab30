/**
 * The closed-form part of the `spectral` model, fitted to the corpus without training.
 *
 * Principal components of groups of mel frames become the first encoder and decoder; a
 * least-squares map from those to the deviations of single bins becomes the first detail; the
 * principal components of the deviations become the basis of the learned detail.
 */

import { Graph, type Node } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import type { Program, Runtime } from "../tensor/runtime.ts";
import { BIN_COUNT, binFloors, MEL_BANDS, melMatrix, spreadMatrix } from "./bands.ts";
import type { FoundationPart } from "./kind.ts";
import { decibelsOfPower, powerOfDecibels } from "./power.ts";
import { type PrincipalComponents, principalComponents } from "./principal.ts";

/** Named parts; `values` in dB unless stated otherwise. */
export type SpectralFoundation = {
  /** Mean of a group's mel levels, shape [groupFrames * MEL_BANDS]. */
  readonly melMean: FoundationPart;
  /** Centred mel levels -> latents of unit variance, shape [groupFrames * MEL_BANDS, latentSize]. */
  readonly encode: FoundationPart;
  /** Latents -> centred mel levels, shape [latentSize, groupFrames * MEL_BANDS]. */
  readonly decode: FoundationPart;
  /** Latents -> detail of a group, shape [latentSize, groupFrames * BIN_COUNT]. */
  readonly detail: FoundationPart;
  /** Mean detail of a group, shape [groupFrames * BIN_COUNT]. */
  readonly detailMean: FoundationPart;
  /** Directions of detail, scaled to their standard deviation, shape [detailCount, BIN_COUNT]. */
  readonly detailBasis: FoundationPart;
};

export interface FoundationShape {
  readonly groupFrames: number;
  readonly latentSize: number;
  readonly detailCount: number;
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
 * @param batches Decibel frames, each shape [frames, BIN_COUNT] with the same number of frames,
 *   a multiple of groupFrames; iterated three times, and must be the same each time.
 */
export async function fitFoundation(
  runtime: Runtime,
  batches: () => Iterable<Float32Array>,
  shape: FoundationShape,
): Promise<SpectralFoundation> {
  const { groupFrames, latentSize, detailCount } = shape;
  const { frames, count } = sizesOf(batches());
  const groups = frames / groupFrames;
  const melSize = groupFrames * MEL_BANDS;

  const first = await summed(runtime, batches(), momentsGraph(frames, shape));
  const mel = covarianceOf(first, {
    gram: "melGram",
    sum: "melSum",
    rows: groups * count,
  });
  const detail = covarianceOf(first, {
    gram: "detailGram",
    sum: "detailSum",
    rows: frames * count,
  });
  const melComponents = await principalComponents(runtime, mel.covariance, {
    size: melSize,
    count: latentSize,
    rounds: FIT_ROUNDS,
  });
  const code = codeOf(melComponents, { melSize, latentSize });

  const second = await summed(
    runtime,
    batches(),
    detailGraph(frames, { ...shape, melMean: mel.mean, encode: code.encode }),
  );
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
    melMean: part(mel.mean, [melSize]),
    encode: part(code.encode, [melSize, latentSize]),
    decode: part(code.decode, [latentSize, melSize]),
    detail: part(detailMap, [latentSize, binSize]),
    detailMean: part(detailMean, [binSize]),
    detailBasis: part(basis, [detailCount, BIN_COUNT]),
  };
}

function sizesOf(batches: Iterable<Float32Array>): { frames: number; count: number } {
  let frames = 0;
  let count = 0;
  for (const batch of batches) {
    frames = batch.length / BIN_COUNT;
    count += 1;
  }
  return { frames, count };
}

/** The shapes of all parts, for reading them back from a file. */
export function foundationShapes(shape: FoundationShape): {
  readonly [P in keyof SpectralFoundation]: readonly number[];
} {
  const { groupFrames, latentSize, detailCount } = shape;
  return {
    melMean: [groupFrames * MEL_BANDS],
    encode: [groupFrames * MEL_BANDS, latentSize],
    decode: [latentSize, groupFrames * MEL_BANDS],
    detail: [latentSize, groupFrames * BIN_COUNT],
    detailMean: [groupFrames * BIN_COUNT],
    detailBasis: [detailCount, BIN_COUNT],
  };
}

/** Components as a pair of maps with latents of unit variance between them. */
function codeOf(
  { directions, variances }: PrincipalComponents,
  { melSize, latentSize }: { readonly melSize: number; readonly latentSize: number },
): { encode: Float32Array; decode: Float32Array } {
  const encode = new Float32Array(melSize * latentSize);
  const decode = new Float32Array(latentSize * melSize);
  for (let i = 0; i < latentSize; i += 1) {
    const deviation = Math.sqrt(variances[i]!);
    if (deviation < DEVIATION_MIN_DB) continue;
    for (let j = 0; j < melSize; j += 1) {
      const value = directions[i * melSize + j]!;
      encode[j * latentSize + i] = value / deviation;
      decode[i * melSize + j] = value * deviation;
    }
  }
  return { encode, decode };
}

function deviationOf({ variances }: PrincipalComponents, i: number): number {
  return Math.sqrt(variances[i] ?? 0);
}

/** Mel levels of groups and detail of frames, and their second moments. */
function momentsGraph(frames: number, { groupFrames }: FoundationShape): Uint8Array {
  const graph = new Graph();
  const { mel, detail } = levels(graph, frames);
  const groups = graph.reshape(mel, [frames / groupFrames, groupFrames * MEL_BANDS]);
  return lower(graph, {
    melGram: graph.matmul(groups, groups, { transposeA: true }),
    melSum: graph.reduceSum(groups, [0]),
    detailGram: graph.matmul(detail, detail, { transposeA: true }),
    detailSum: graph.reduceSum(detail, [0]),
  });
}

function detailGraph(
  frames: number,
  options: FoundationShape & { readonly melMean: Float32Array; readonly encode: Float32Array },
): Uint8Array {
  const { groupFrames, latentSize, melMean, encode } = options;
  const melSize = groupFrames * MEL_BANDS;
  const graph = new Graph();
  const { mel, detail } = levels(graph, frames);
  const groups = graph.reshape(mel, [frames / groupFrames, melSize]);
  const centred = graph.sub(groups, graph.constant(melMean, [melSize]));
  const latents = graph.matmul(centred, graph.constant(encode, [melSize, latentSize]));
  const details = graph.reshape(detail, [frames / groupFrames, groupFrames * BIN_COUNT]);
  return lower(graph, {
    product: graph.matmul(latents, details, { transposeA: true }),
    sum: graph.reduceSum(details, [0]),
  });
}

/** Mel levels [frames, MEL_BANDS], and the deviations of bins from them. */
function levels(graph: Graph, frames: number): { mel: Node; detail: Node } {
  const matrix = melMatrix();
  const spread = spreadMatrix(matrix);
  const input = graph.input("frames", [frames, BIN_COUNT]);
  const power = powerOfDecibels(graph, input);
  const bank = graph.constant(matrix, [BIN_COUNT, MEL_BANDS]);
  const mel = decibelsOfPower(graph, graph.matmul(power, bank));
  const floors = graph.constant(binFloors(matrix, spread), [BIN_COUNT]);
  const smooth = graph.matmul(mel, graph.constant(spread, [MEL_BANDS, BIN_COUNT]));
  return { mel, detail: graph.sub(graph.max(input, floors), smooth) };
}

/** Runs a graph on every batch and adds up each of its outputs, in float64. */
async function summed(
  runtime: Runtime,
  batches: Iterable<Float32Array>,
  model: Uint8Array,
): Promise<{ readonly [name: string]: Float64Array }> {
  const program: Program = await runtime.compile(model);
  const sums: Record<string, Float64Array> = {};
  for (const data of batches) {
    const shape = [data.length / BIN_COUNT, BIN_COUNT];
    for (const [name, values] of Object.entries(await program.run({ frames: { data, shape } }))) {
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

/**
 * One channel of one FLAC frame: the prediction that leaves the least, and what it leaves.
 *
 * Sums of products stay below 2^53, so that plain numbers hold them exactly at every depth.
 *
 * Source: RFC 9639, sections 9.2 and 10.
 */

import type { BitWriter } from "./bit-writer.ts";
import { linearPredictor, PRECISION_BITS, type Predictor } from "./flac-predictor.ts";
import { TYPE_CONSTANT, TYPE_FIXED, TYPE_LINEAR, TYPE_VERBATIM } from "./flac-subframe.ts";

/** Samples of one block, whole numbers of so many bits. */
export interface Block {
  readonly samples: Int32Array;
  readonly bits: number;
}

/** The fixed predictors, the newest sample first; a linear one comes beside them. */
const fixedPredictors: readonly Predictor[] = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]].map(
  (coefficients) => ({ coefficients, shift: 0 }),
);

export function writeSubframe(writer: BitWriter, block: Block): void {
  const { samples, bits } = block;
  if (samples.every((sample) => sample === samples[0])) {
    putHead(writer, TYPE_CONSTANT);
    writer.put(samples[0] ?? 0, bits);
    return;
  }
  const best = bestPrediction(block);
  if (best === undefined || best.rice.bits + best.headBits >= samples.length * bits) {
    putHead(writer, TYPE_VERBATIM);
    for (const sample of samples) writer.put(sample, bits);
    return;
  }
  const { predictor, isLinear, residual, rice } = best;
  const { coefficients, shift } = predictor;
  const order = coefficients.length;
  putHead(writer, isLinear ? TYPE_LINEAR + order - 1 : TYPE_FIXED + order);
  for (let i = 0; i < order; i += 1) writer.put(samples[i]!, bits);
  if (isLinear) {
    writer.put(PRECISION_BITS - 1, 4);
    writer.put(shift, 5);
    for (const coefficient of coefficients) writer.put(coefficient, PRECISION_BITS);
  }
  writeResidual(writer, residual.subarray(order), rice);
}

// --- internal ---

function putHead(writer: BitWriter, type: number): void {
  writer.put(type << 1, 8);
}

interface Prediction {
  readonly predictor: Predictor;
  readonly isLinear: boolean;
  /** The first `order` entries are 0 and not written. */
  readonly residual: Int32Array;
  readonly rice: Rice;
  readonly headBits: number;
}

/** Undefined where what a predictor leaves is more than 31 bits. */
function bestPrediction(block: Block): Prediction | undefined {
  const { samples, bits } = block;
  const linear = linearPredictor(samples);
  const candidates = [
    ...fixedPredictors
      .filter(({ coefficients }) => coefficients.length < samples.length)
      .map((predictor) => ({ predictor, isLinear: false })),
    ...(linear === undefined ? [] : [{ predictor: linear, isLinear: true }]),
  ];
  let best: Prediction | undefined;
  for (const { predictor, isLinear } of candidates) {
    const residual = residualOf(samples, predictor);
    if (residual === undefined) continue;
    const order = predictor.coefficients.length;
    const rice = riceFor(residual, order);
    const headBits = order * (bits + (isLinear ? PRECISION_BITS : 0)) + (isLinear ? 9 : 0);
    if (best === undefined || rice.bits + headBits < best.rice.bits + best.headBits) {
      best = { predictor, isLinear, residual, rice, headBits };
    }
  }
  return best;
}

/** What is left of each sample. */
function residualOf(samples: Int32Array, predictor: Predictor): Int32Array | undefined {
  const order = predictor.coefficients.length;
  // The oldest first, so that both arrays are walked in one direction.
  const weights = Float64Array.from(predictor.coefficients).reverse();
  const scale = 2 ** -predictor.shift;
  const residual = new Int32Array(samples.length);
  for (let i = order; i < samples.length; i += 1) {
    let sum = 0;
    for (let j = 0, at = i - order; j < order; j += 1, at += 1) sum += weights[j]! * samples[at]!;
    const left = samples[i]! - Math.floor(sum * scale);
    if (left >= RESIDUAL_LIMIT || left <= -RESIDUAL_LIMIT) return undefined;
    residual[i] = left;
  }
  return residual;
}

const RESIDUAL_LIMIT = 2 ** 30;

/** How the residual is written: in 2^partitionOrder parts, each with a number of low bits. */
interface Rice {
  readonly partitionOrder: number;
  /** Of each, in samples; the first lacks as many as stand before the residual. */
  readonly partLength: number;
  readonly parameters: readonly number[];
  /** All that it takes. */
  readonly bits: number;
}

const PARTITION_ORDER_MAX = 6;
const PARAMETER_MAX = 30;
/** Parameters above this need five bits each, which the method of the whole subframe says. */
const SHORT_PARAMETER_MAX = 14;

/** Sums of the finest partitions give those of the coarser ones. */
function riceFor(residual: Int32Array, order: number): Rice {
  const orderMax = partitionOrderMax(residual.length, order);
  let sums = foldedSums(residual, { order, partitionCount: 2 ** orderMax });
  let best: Rice | undefined;
  for (let partitionOrder = orderMax; partitionOrder >= 0; partitionOrder -= 1) {
    const partLength = residual.length / 2 ** partitionOrder;
    const parts = Array.from(sums, (sum, part) =>
      bestParameter(sum, part === 0 ? partLength - order : partLength),
    );
    const parameters = parts.map(({ parameter }) => parameter);
    const parameterBits = Math.max(...parameters) > SHORT_PARAMETER_MAX ? 5 : 4;
    const bits = parts.reduce((sum, part) => sum + part.bits + parameterBits, 6);
    if (best === undefined || bits < best.bits)
      best = { partitionOrder, partLength, parameters, bits };
    sums = sums.subarray(0, sums.length / 2).map((_, i) => sums[2 * i]! + sums[2 * i + 1]!);
  }
  return best!;
}

/** Partitions are of equal length, and the first is not shorter than the order. */
function partitionOrderMax(length: number, order: number): number {
  let most = 0;
  while (
    most < PARTITION_ORDER_MAX &&
    length % 2 ** (most + 1) === 0 &&
    length / 2 ** (most + 1) > order
  ) {
    most += 1;
  }
  return most;
}

function foldedSums(
  residual: Int32Array,
  { order, partitionCount }: { readonly order: number; readonly partitionCount: number },
): Float64Array {
  const partLength = residual.length / partitionCount;
  const sums = new Float64Array(partitionCount);
  for (let part = 0; part < partitionCount; part += 1) {
    const end = (part + 1) * partLength;
    let sum = 0;
    for (let i = part === 0 ? order : part * partLength; i < end; i += 1)
      sum += folded(residual[i]!);
    sums[part] = sum;
  }
  return sums;
}

/** Even numbers are positive, odd ones negative. */
function folded(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** By the mean: each number takes 1 + parameter bits and about mean / 2^parameter zeros. */
function bestParameter(
  sum: number,
  count: number,
): { readonly parameter: number; readonly bits: number } {
  let best = { parameter: 0, bits: Number.POSITIVE_INFINITY };
  const guess = count > 0 ? Math.floor(Math.log2(Math.max(1, sum / count))) : 0;
  const first = Math.max(0, guess - 1);
  for (let parameter = first; parameter <= Math.min(PARAMETER_MAX, guess + 1); parameter += 1) {
    // Rounding down takes half a unit off each quotient on the average.
    const zeros = Math.max(0, sum / 2 ** parameter - (parameter > 0 ? count / 2 : 0));
    const bits = count * (1 + parameter) + zeros;
    if (bits < best.bits) best = { parameter, bits };
  }
  return best;
}

/** @param residual Without the samples before it, so that the first part is the shorter one. */
function writeResidual(writer: BitWriter, residual: Int32Array, rice: Rice): void {
  const { partitionOrder, parameters, partLength } = rice;
  const isLong = Math.max(...parameters) > SHORT_PARAMETER_MAX;
  writer.put(isLong ? 1 : 0, 2);
  writer.put(partitionOrder, 4);
  const missing = partLength * parameters.length - residual.length;
  let at = 0;
  for (const [part, parameter] of parameters.entries()) {
    writer.put(parameter, isLong ? 5 : 4);
    const unit = 2 ** parameter;
    for (const end = (part + 1) * partLength - missing; at < end; at += 1) {
      const value = folded(residual[at]!);
      const quotient = Math.floor(value / unit);
      writer.unary(quotient);
      writer.put(value - quotient * unit, parameter);
    }
  }
}

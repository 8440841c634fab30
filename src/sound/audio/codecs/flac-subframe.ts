/**
 * One channel of one FLAC frame: a linear prediction and its residual.
 *
 * Sums of products stay below 2^53, so that plain numbers hold them exactly at every depth.
 *
 * Source: RFC 9639, sections 9.2 and 10.
 */

import type { BitReader } from "./bit-reader.ts";

/**
 * Reads a subframe, as integers.
 *
 * @param bits Of one sample, 4 to 33.
 * @returns Undefined if it is not valid.
 */
export function readSubframe(
  reader: BitReader,
  length: number,
  bits: number,
): Float64Array | undefined {
  if (reader.unsigned(1) !== 0) return undefined;
  const type = reader.unsigned(6);
  const wasted = reader.unsigned(1) === 0 ? 0 : reader.unary() + 1;
  if (wasted >= bits) return undefined;
  const samples = readByType(reader, type, { length, bits: bits - wasted });
  if (wasted > 0 && samples !== undefined) {
    for (let i = 0; i < length; i += 1) samples[i] = samples[i]! * 2 ** wasted;
  }
  return samples;
}

interface SubframeShape {
  readonly length: number;
  readonly bits: number;
}

/** The kinds of subframes, by their code. */
export const TYPE_CONSTANT = 0;
export const TYPE_VERBATIM = 1;
export const TYPE_FIXED = 8;
export const TYPE_LINEAR = 32;

/** Coefficients of the fixed predictors, the newest sample first. */
const fixedCoefficients = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

function readByType(
  reader: BitReader,
  type: number,
  { length, bits }: SubframeShape,
): Float64Array | undefined {
  const samples = new Float64Array(length);
  if (type === TYPE_CONSTANT) return samples.fill(reader.signed(bits));
  const fixed = fixedCoefficients[type - TYPE_FIXED];
  const order =
    type === TYPE_VERBATIM ? length : (fixed?.length ?? Math.max(0, type - TYPE_LINEAR + 1));
  if (order > length) return undefined;
  for (let i = 0; i < order; i += 1) samples[i] = reader.signed(bits);
  if (type === TYPE_VERBATIM) return samples;
  if (fixed !== undefined) {
    if (!readResidual(reader, samples, order)) return undefined;
    predict(samples, fixed, 0);
    return samples;
  }
  if (type < TYPE_LINEAR) return undefined;
  const precision = reader.unsigned(4) + 1;
  const shift = reader.signed(5);
  if (precision === 16 || shift < 0) return undefined;
  const coefficients = Array.from({ length: order }, () => reader.signed(precision));
  if (!readResidual(reader, samples, order)) return undefined;
  predict(samples, coefficients, shift);
  return samples;
}

/** Adds the prediction to each sample behind the first ones, in place. */
function predict(samples: Float64Array, coefficients: readonly number[], shift: number): void {
  const order = coefficients.length;
  // The oldest first, so that both arrays are walked in one direction.
  const weights = Float64Array.from(coefficients).reverse();
  const scale = 2 ** -shift;
  for (let i = order; i < samples.length; i += 1) {
    let sum = 0;
    for (let j = 0, at = i - order; j < order; j += 1, at += 1) sum += weights[j]! * samples[at]!;
    samples[i] = samples[i]! + Math.floor(sum * scale);
  }
}

/** Fills the samples behind the first `order` ones; false if the partitions make no sense. */
function readResidual(reader: BitReader, samples: Float64Array, order: number): boolean {
  const method = reader.unsigned(2);
  if (method > 1) return false;
  const parameterBits = method === 0 ? 4 : 5;
  const plainParameter = 2 ** parameterBits - 1;
  const partitionCount = 2 ** reader.unsigned(4);
  const partitionLength = samples.length / partitionCount;
  if (!Number.isInteger(partitionLength) || partitionLength < order) return false;
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const first = partition === 0 ? order : partition * partitionLength;
    const part = samples.subarray(first, (partition + 1) * partitionLength);
    const parameter = reader.unsigned(parameterBits);
    if (parameter === plainParameter) readPlain(reader, part);
    else readRice(reader, part, parameter);
    if (reader.isPastEnd) return false;
  }
  return true;
}

function readPlain(reader: BitReader, part: Float64Array): void {
  const bits = reader.unsigned(5);
  if (bits === 0) return;
  for (let i = 0; i < part.length; i += 1) part[i] = reader.signed(bits);
}

/** Zeros, a one, then the low bits; even numbers are positive, odd ones negative. */
function readRice(reader: BitReader, part: Float64Array, parameter: number): void {
  const unit = 2 ** parameter;
  for (let i = 0; i < part.length; i += 1) {
    const folded = reader.unary() * unit + reader.unsigned(parameter);
    if (folded <= 0x7fff_ffff) part[i] = (folded >>> 1) ^ -(folded & 1);
    else part[i] = folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }
}

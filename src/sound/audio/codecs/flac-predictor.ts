/**
 * The linear prediction of a block of samples from those before: Levinson's recursion on its
 * autocorrelation, in whole numbers.
 *
 * Source: J. Makhoul, "Linear prediction: a tutorial review", Proceedings of the IEEE 63 (1975).
 */

export interface Predictor {
  /** The newest sample first. */
  readonly coefficients: readonly number[];
  /** The weighted sum is divided by 2 to the power of this. */
  readonly shift: number;
}

/** Bits of a coefficient. */
export const PRECISION_BITS = 14;

const ORDER = 8;
const SHIFT_MAX = 15;

/** Undefined where the block is too short, or silent. */
export function linearPredictor(samples: Int32Array): Predictor | undefined {
  if (samples.length < 4 * ORDER) return undefined;
  const weights = levinson(autocorrelation(samples));
  const largest = Math.max(...weights.map(Math.abs));
  if (!(largest > 0 && Number.isFinite(largest))) return undefined;
  const shift = Math.min(SHIFT_MAX, PRECISION_BITS - 2 - Math.floor(Math.log2(largest)));
  if (shift < 0) return undefined;
  const limit = 2 ** (PRECISION_BITS - 1);
  const coefficients = weights.map((weight) =>
    Math.max(-limit, Math.min(limit - 1, Math.round(weight * 2 ** shift))),
  );
  return { coefficients, shift };
}

/** Of the block under a window that falls to zero at its ends. @returns Shape [ORDER + 1]. */
function autocorrelation(samples: Int32Array): number[] {
  const { length } = samples;
  const faded = new Float64Array(length);
  for (let i = 0; i < length; i += 1) {
    const place = (2 * (i + 0.5)) / length - 1;
    faded[i] = samples[i]! * (1 - place * place);
  }
  return Array.from({ length: ORDER + 1 }, (_, lag) => {
    let sum = 0;
    for (let i = lag; i < length; i += 1) sum += faded[i]! * faded[i - lag]!;
    return sum;
  });
}

/** @returns Weights of the samples before, the newest first, shape [ORDER]. */
function levinson(correlation: readonly number[]): number[] {
  let weights: number[] = [];
  // A little noise keeps the equations solvable for pure tones.
  let error = correlation[0]! * (1 + 1e-9);
  for (let order = 0; order < ORDER && error > 0; order += 1) {
    const predicted = weights.reduce((sum, weight, j) => sum + weight * correlation[order - j]!, 0);
    const reflection = (correlation[order + 1]! - predicted) / error;
    const mirrored = weights.toReversed();
    weights = [...weights.map((weight, j) => weight - reflection * mirrored[j]!), reflection];
    error *= 1 - reflection * reflection;
  }
  return weights;
}

/** Neighbours of a sound: the same gestures in the same time, moved a little in the latent space. */

import { fillNormal, seededRandom } from "../../random.ts";
import type { CorpusLatents } from "../model/model-file.ts";

export interface Variation {
  /** Direction: of two seeds they are nearly at right angles to each other. */
  readonly seed: number;
  /** How far, 0 to 1: at 1 by as much as the recordings vary. */
  readonly amount: number;
}

export interface VariedRows {
  /** Vectors of the recordings, shape [count, size]. */
  readonly means: CorpusLatents["means"];
  readonly size: number;
  /** Numbers at the end of each vector that stay. @default 0 */
  readonly kept?: number;
}

/**
 * Moves every vector of the paths by one and the same step. All variations of an amount are equally
 * far from the sound, and, because directions drawn by chance in so many dimensions are nearly at
 * right angles, about equally far from each other.
 */
export function varied<P extends { readonly path: Float32Array }>(
  gestures: readonly P[],
  { seed, amount }: Variation,
  { means, size, kept = 0 }: VariedRows,
): P[] {
  const deviations = deviationsOf(means, size);
  const moved = size - kept;
  const direction = fillNormal(seededRandom(seed), new Float32Array(moved));
  const length = Math.hypot(...direction) || 1;
  const step = direction.map(
    (value, i) => (amount * value * Math.sqrt(moved) * (deviations[i] ?? 0)) / length,
  );
  return gestures.map((gesture) => ({
    ...gesture,
    path: gesture.path.map((value, i) => value + (step[i % size] ?? 0)),
  }));
}

/** Of each dimension over the corpus. */
function deviationsOf(means: Float32Array, size: number): Float32Array {
  const count = Math.max(1, means.length / size);
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  for (const [i, value] of means.entries()) {
    sums[i % size] = (sums[i % size] ?? 0) + value;
    squares[i % size] = (squares[i % size] ?? 0) + value ** 2;
  }
  return Float32Array.from(sums, (sum, i) =>
    Math.sqrt(Math.max(0, (squares[i] ?? 0) / count - (sum / count) ** 2)),
  );
}

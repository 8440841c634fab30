/**
 * Characters: the directions in which a corpus varies most and that no control explains.
 *
 * A gesture is described by the latents of its beginning, its middle and its end, each as much as it
 * is heard. What the
 * descriptors of the offered controls explain of that is taken out, and the principal components of
 * the rest are characters, where files drawn anew give them again.
 */

import { below, seededRandom } from "../../../random.ts";
import { orthonormalise, symmetricEigen } from "../../model/linear-algebra.ts";
import type { GestureCorpus } from "../gesture-path.ts";
import type { Gesture } from "../gestures.ts";
import { stationShares } from "./path-moves.ts";
import { median } from "./statistics.ts";

/** A gesture of a recording, as numbers. */
export interface GestureCode {
  readonly file: number;
  /** In dB, shape [3][latents]: beginning, middle, end. */
  readonly latents: Float64Array;
  /** Of the controls that are offered, in deviations of the corpus. */
  readonly descriptors: readonly number[];
}

export interface Direction {
  /** Of unit length in dB, shape [3][latents]. */
  readonly unit: Float64Array;
  /** Where the gestures lie along it. */
  readonly scores: readonly number[];
  /** Share of the variance that controls leave. */
  readonly varianceShare: number;
  /** |cos| to the nearest direction of files drawn anew, the median of the bootstrap. */
  readonly stability: number;
}

const CHARACTERS_MAX = 3;
/** Files for each character: of few, little can be said. */
const FILES_EACH = 5;
/** By chance, directions of nothing are found again at up to 0.8. */
const STABLE = 0.85;
const VARIANCE_LEAST = 0.06;
const BOOTSTRAPS = 40;
/** Of gestures for each descriptor that is taken out. */
const GESTURES_EACH = 3;
const SEED = 1;

/**
 * Means of the latents, weighted by what counts as beginning, middle and end.
 *
 * @param decibels What each latent is heard as, see `audibleLatents`.
 */
export function latentsOfGesture(
  { vectors, size }: GestureCorpus,
  { start, length, peak }: Pick<Gesture, "start" | "length" | "peak">,
  decibels: Float64Array,
): Float64Array {
  const latents = decibels.length;
  const code = new Float64Array(3 * latents);
  const weights = [1e-9, 1e-9, 1e-9];
  for (let row = 0; row < length; row += 1) {
    for (const [k, share] of stationShares(row, { peak, rows: length }).entries()) {
      weights[k]! += share;
      for (let i = 0; i < latents; i += 1) {
        const value = vectors[(start + row) * size + i]!;
        code[k * latents + i] = code[k * latents + i]! + share * value;
      }
    }
  }
  return code.map((_, at) => {
    // A gesture that is over with its peak is all beginning.
    const station = weights[Math.floor(at / latents)]! < 1e-6 ? 0 : Math.floor(at / latents);
    const sum = code[station * latents + (at % latents)]!;
    return (decibels[at % latents]! * sum) / weights[station]!;
  });
}

/** The stable ones, that with the largest variance first. */
export function charactersOf(codes: readonly GestureCode[]): Direction[] {
  const files = [...new Set(codes.map(({ file }) => file))];
  const most = Math.min(CHARACTERS_MAX, Math.floor(files.length / FILES_EACH));
  if (most === 0) return [];
  const rest = unexplained(codes);
  const total = rest.reduce((sum, row) => sum + dot(row, row), 0);
  const found = principal(rest, most);
  const random = seededRandom(SEED);
  const again = Array.from({ length: BOOTSTRAPS }, () => {
    const resampled = files.map(() => files[below(random, files.length)]!);
    return principal(
      resampled.flatMap((file) => rest.filter((_, i) => codes[i]!.file === file)),
      most + 1,
    );
  });
  return found.flatMap((unit) => {
    const scores = rest.map((row) => dot(row, unit));
    const varianceShare = scores.reduce((sum, v) => sum + v * v, 0) / Math.max(total, 1e-12);
    const nearest = again.map((others) =>
      others.reduce((best, other) => Math.max(best, Math.abs(dot(unit, other))), 0),
    );
    const stability = Math.min(1, median(nearest));
    const isOne = stability >= STABLE && varianceShare >= VARIANCE_LEAST;
    return isOne ? [{ unit, scores, varianceShare, stability }] : [];
  });
}

// --- internal ---

/** The latents without their means and without what is linear in the descriptors. */
function unexplained(codes: readonly GestureCode[]): Float64Array[] {
  const count = codes.length;
  const known = Math.min(codes[0]!.descriptors.length, Math.floor(count / GESTURES_EACH));
  const columns = new Float64Array(count * (known + 1));
  for (const [row, { descriptors }] of codes.entries()) {
    columns[row * (known + 1)] = 1;
    for (let k = 0; k < known; k += 1) {
      const value = descriptors[k]!;
      columns[row * (known + 1) + k + 1] = Number.isFinite(value) ? value : 0;
    }
  }
  const basis = orthonormalise(columns, { size: count, width: known + 1 });
  const rest = codes.map(({ latents }) => latents.slice());
  for (let k = 0; k <= known; k += 1) {
    const part = new Float64Array(rest[0]!.length);
    for (const [row, values] of rest.entries()) addTo(part, values, basis[row * (known + 1) + k]!);
    for (const [row, values] of rest.entries()) addTo(values, part, -basis[row * (known + 1) + k]!);
  }
  return rest;
}

/** Directions of unit length, by the products of the rows: there are fewer of them than numbers. */
function principal(rows: readonly Float64Array[], count: number): Float64Array[] {
  const size = rows.length;
  const products = Float64Array.from({ length: size * size }, (_, at) =>
    dot(rows[Math.floor(at / size)]!, rows[at % size]!),
  );
  const { vectors } = symmetricEigen(products, size);
  return Array.from({ length: Math.min(count, size) }, (_, k) => {
    const direction = new Float64Array(rows[0]!.length);
    for (const [row, values] of rows.entries()) addTo(direction, values, vectors[k * size + row]!);
    const length = Math.sqrt(dot(direction, direction)) || 1;
    return direction.map((value) => value / length);
  });
}

function addTo(sum: Float64Array, values: Float64Array, share: number): void {
  for (let i = 0; i < sum.length; i += 1) sum[i] = sum[i]! + share * values[i]!;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

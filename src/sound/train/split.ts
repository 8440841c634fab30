/** Splits the files into training and validation. Always whole files. */

import { seededRandom, shuffled } from "../../random.ts";

export interface Split {
  /** In path order. */
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/**
 * A random split that only depends on the paths, the fraction and the seed.
 *
 * At least one file is on each side; a single file is on both, and the validation then only shows
 * how well that file is fitted.
 */
export function splitFiles(paths: readonly string[], fraction: number, seed: number): Split {
  if (paths.length === 1) return { train: paths, validation: paths };
  const count = Math.min(paths.length - 1, Math.max(1, Math.floor(paths.length * fraction)));
  const order = shuffled(seededRandom(seed), paths);
  const held = new Set(order.slice(0, count));
  return {
    train: paths.filter((path) => !held.has(path)),
    validation: paths.filter((path) => held.has(path)),
  };
}

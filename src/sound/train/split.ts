/** Which files a model learns from, and which it is judged by. Always whole files. */

import { seededRandom, shuffled } from "../../random.ts";

export interface Split {
  /** In path order. */
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

/**
 * A random split that only depends on the paths, the fraction and the seed.
 *
 * At least one file stands on each side; a single file stands on both, for then there is
 * nothing to hold out and the validation only says how well that file is known.
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

/** Splits the files into training and validation. Always whole files. */

import { UserError } from "../../errors.ts";
import { seededRandom, shuffled } from "../../random.ts";
import type { Fold } from "./settings.ts";

export interface Split {
  /** In path order. */
  readonly train: readonly string[];
  readonly validation: readonly string[];
}

export interface SplitOptions {
  /** Share of the files that is held out, 0 to 1. */
  readonly fraction: number;
  readonly seed: number;
  readonly bound?: ReadonlyMap<string, "train" | "validation">;
}

/**
 * A random split that only depends on the paths, the fraction and the seed.
 *
 * At least one file is on each side; a single file is on both, and the validation then only shows
 * how well that file is fitted.
 *
 * @param bound Sides that are decided already, by path: the rest is drawn.
 */
export function splitFiles(
  paths: readonly string[],
  { fraction, seed, bound = new Map() }: SplitOptions,
): Split {
  if (paths.length === 1) return { train: paths, validation: paths };
  const wanted = Math.min(paths.length - 1, Math.max(1, Math.floor(paths.length * fraction)));
  const before = paths.filter((path) => bound.get(path) === "validation");
  const free = paths.filter((path) => !bound.has(path));
  // Where every file is bound to be learned from, one of them has to be measured with all the same.
  const pool = before.length + free.length === 0 ? paths : free;
  const chosen = shuffled(seededRandom(seed), pool).slice(0, Math.max(0, wanted - before.length));
  const held = new Set([...before, ...chosen].slice(0, paths.length - 1));
  return {
    train: paths.filter((path) => !held.has(path)),
    validation: paths.filter((path) => held.has(path)),
  };
}

/**
 * Holds out one of the parts that a cross-validation deals the files into: over all its folds, each
 * file is held out once.
 *
 * @throws UserError "too-few-files" where a part would be empty.
 */
export function foldOfFiles(paths: readonly string[], { index, count, seed }: Fold): Split {
  if (paths.length < count) {
    throw new UserError({
      code: "too-few-files",
      message: `Cannot divide the recordings into ${count} parts: found ${paths.length} that can be used, need at least ${count}`,
      hint: "Ask for fewer --folds, or add recordings.",
      exitCode: 2,
    });
  }
  const dealt = shuffled(seededRandom(seed), paths);
  const held = new Set(dealt.filter((_, i) => i % count === index));
  return {
    train: paths.filter((path) => !held.has(path)),
    validation: paths.filter((path) => held.has(path)),
  };
}

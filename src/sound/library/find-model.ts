/** Finds a model of a library by its name or id. */

import { UserError } from "../../errors.ts";
import { nearestWord } from "../../suggest.ts";
import type { ModelManifest } from "./model-manifest.ts";

/** As many digits of an id as stand for it. */
export const ID_DIGITS_MIN = 4;

/**
 * What is meant, by the first of these that gives any: the id, the exact name, the name in other
 * case, then whatever the id begins with or the name contains.
 *
 * @returns One where it is clear, several where it is not, none where nothing fits.
 */
export function modelsMeant<T extends Pick<ModelManifest, "id" | "name">>(
  models: readonly T[],
  word: string,
): readonly T[] {
  const lower = word.toLowerCase();
  const isPartOf = ({ id, name }: T): boolean =>
    (word.length >= ID_DIGITS_MIN && id.startsWith(lower)) || name.toLowerCase().includes(lower);
  const rules: readonly ((model: T) => boolean)[] = [
    ({ id }) => id === lower,
    ({ name }) => name === word,
    ({ name }) => name.toLowerCase() === lower,
    isPartOf,
  ];
  for (const rule of rules) {
    const meant = models.filter(rule);
    if (meant.length > 0) return meant;
  }
  return [];
}

/**
 * The one that is meant.
 *
 * @throws UserError "model-not-found" or "model-ambiguous", which lists the ids (exit code 2).
 */
export function findManifest(models: readonly ModelManifest[], given: string): ModelManifest {
  const meant = modelsMeant(models, given);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  throw only === undefined ? notFound(models, given) : ambiguous(meant, given);
}

export interface ModelQuery {
  /** Each must stand in the name, the description, a tag or the id, in any case. */
  readonly words?: readonly string[];
  /** Each must be one of its tags. */
  readonly tags?: readonly string[];
  /** @default "date" */
  readonly sort?: ModelOrder;
  readonly reverse?: boolean;
}

/** Newest first; by name; best first; largest first; most recordings (in seconds) first. */
export type ModelOrder = "date" | "name" | "loss" | "size" | "sound";

/** Made once, and only where it is needed: to make it takes far longer than to compare. */
let byName: Intl.Collator | undefined;

const orders: { readonly [O in ModelOrder]: (a: ModelManifest, b: ModelManifest) => number } = {
  date: (a, b) => b.facts.trainedWallMs - a.facts.trainedWallMs,
  name: (a, b) => {
    byName ??= new Intl.Collator("en", { numeric: true });
    return byName.compare(a.name, b.name);
  },
  loss: (a, b) => lossOf(a) - lossOf(b),
  size: (a, b) => b.facts.bytes - a.facts.bytes,
  sound: (a, b) => b.facts.corpusSeconds - a.facts.corpusSeconds,
};

/** Where it was not measured: behind all others. */
function lossOf({ facts }: ModelManifest): number {
  return facts.validationLoss ?? Number.MAX_VALUE;
}

export function selectModels(
  models: readonly ModelManifest[],
  { words = [], tags = [], sort = "date", reverse = false }: ModelQuery,
): ModelManifest[] {
  const wanted = words.map((word) => word.toLowerCase());
  const found = models.filter(({ id, name, description, tags: own }) => {
    const text = [id, name, description, ...own].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word)) && tags.every((tag) => own.includes(tag));
  });
  found.sort((a, b) => orders[sort](a, b) || orders.name(a, b));
  return reverse ? found.reverse() : found;
}

function notFound(models: readonly ModelManifest[], given: string): UserError {
  const near = nearestWord(
    given,
    models.map(({ name }) => name),
  );
  return new UserError({
    code: "model-not-found",
    message: `Cannot find a model "${given}": there is no such file, run folder, name or id`,
    hint:
      near === undefined
        ? "`etude model list` shows the names; or give a model file (.etude) or the folder of a run."
        : `Did you mean "${near}"?`,
    exitCode: 2,
  });
}

const LISTED_MAX = 20;

function ambiguous(meant: readonly ModelManifest[], given: string): UserError {
  const listed = meant.slice(0, LISTED_MAX).map(({ id, name }) => `${id} (${name})`);
  const more = meant.length > LISTED_MAX ? `, and ${meant.length - LISTED_MAX} more` : "";
  return new UserError({
    code: "model-ambiguous",
    message: `Cannot tell which model "${given}" is: found ${listed.join(", ")}${more}`,
    hint: "Give the whole name, or the id.",
    exitCode: 2,
  });
}

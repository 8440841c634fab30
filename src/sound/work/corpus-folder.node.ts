/** Resolves a folder of recordings, or `@NAME` of a dataset. */

import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { missingSources, readDataset } from "../library/datasets.node.ts";
import type { Settings } from "../library/settings.ts";

export interface NamedFolder {
  /** Absolute; need not exist. */
  readonly folder: string;
  /** What a person calls it: the dataset's name, or the folder's. */
  readonly name: string;
}

/** Where names are looked up. */
export interface CorpusPlaces {
  readonly settings: { readonly paths: Pick<Settings["paths"], "datasets"> };
  /** Absolute path that relative ones start from. */
  readonly workingFolder: string;
}

/**
 * A folder whose own name starts with "@" wins over a dataset; "./@NAME" is always a folder.
 *
 * @throws UserError of `readDataset`, or "dataset-source-missing" (exit code 2).
 */
export async function corpusFolderOf(
  { settings, workingFolder }: CorpusPlaces,
  given: string,
): Promise<NamedFolder> {
  const folder = resolve(workingFolder, given);
  const isThere = (await stat(folder).catch(() => undefined)) !== undefined;
  if (!given.startsWith("@") || isThere) return { folder, name: basename(folder) };
  const dataset = await readDataset(settings.paths.datasets, given.slice(1));
  const [missing] = await missingSources(dataset);
  if (missing === undefined) return { folder: dataset.folder, name: dataset.name };
  throw new UserError({
    code: "dataset-source-missing",
    message: `Cannot use the dataset "${dataset.name}": "${missing.path}" is no longer there`,
    hint: "Put it back, or remove the dataset and add it anew; what was trained on it stays.",
    exitCode: 2,
  });
}

/** The folder that made sounds are written to. */

import { resolve } from "node:path";
import type { Settings } from "../library/settings.ts";
import { runOfModel } from "../train/run-of-model.node.ts";
import { defaultOutside, requireOutside } from "./outside-corpus.node.ts";

export interface SoundPlaces {
  readonly settings: { readonly paths: Settings["paths"] };
  /** Absolute path that relative ones start from. */
  readonly workingFolder: string;
}

/**
 * Refuses to write into the folder of the training recordings, as far as it is known.
 *
 * @param given As a person named it; the configured folder without it.
 * @throws UserError "inside-corpus" (exit code 2).
 */
export async function soundFolder(
  places: SoundPlaces,
  given: string | undefined,
  modelPath: string,
): Promise<string> {
  const { workingFolder, settings } = places;
  const corpusFolder = (await runOfModel(modelPath))?.corpusFolder;
  const folder = resolve(workingFolder, given ?? settings.paths.generated);
  if (corpusFolder === undefined) return folder;
  if (given === undefined) return defaultOutside(folder, corpusFolder, places);
  await requireOutside(folder, corpusFolder, "sounds");
  return folder;
}

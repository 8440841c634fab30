/** Sounds of the history become recordings of a dataset, with where they come from. */

import { writeFile } from "node:fs/promises";
import { parse } from "node:path";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { pickedMark } from "../audio/corpus/made-here.ts";
import { readHistory } from "../library/history-store.node.ts";
import { takeRecording } from "../library/recordings.node.ts";
import type { Settings } from "../library/settings.ts";
import { fileSafe } from "./file-safe.ts";
import { findEntry, rememberedSound, soundOfEntry } from "./history.node.ts";

export interface PickPlaces {
  readonly settings: {
    readonly paths: Pick<Settings["paths"], "datasets" | "history" | "models">;
  };
  readonly workingFolder: string;
}

export interface PickOptions {
  readonly dataset: string;
  /** Of the history; the first digits are enough. */
  readonly ids: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Copies sounds of the history, every sample as it was made, into a dataset, which is made where
 * there is none. `readCorpus` takes them in, unlike other sounds of étude, and says their origin.
 *
 * @returns The paths below the folder of recordings.
 * @throws UserError those of `findEntry`, `soundOfEntry` and `takeRecording`.
 */
export async function pickSounds(
  places: PickPlaces,
  { dataset, ids, signal }: PickOptions,
): Promise<string[]> {
  const { history, datasets } = places.settings.paths;
  const entries = await readHistory(history);
  const meant = ids.map((id) => findEntry(entries, id));
  const written: string[] = [];
  for (const entry of meant) {
    const sound = await soundOfEntry(history, entry, { places, signal });
    const { file, model, request } = await rememberedSound(history, entry);
    const origin = `history ${entry.id}, model ${model.name}, seed ${request.seed}`;
    const wav = writeWav(sound, { encoding: "float32", chunks: [pickedMark(origin)] });
    const path = `history/${fileSafe(parse(file.name).name)}-${entry.id}.wav`;
    written.push(
      await takeRecording(datasets, { dataset, path }, (target) => writeFile(target, wav)),
    );
  }
  return written;
}

/** Resolves what names a made sound: its file, the NAME.json beside it, or an id of the history. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { readHistory } from "../library/history-store.node.ts";
import type { Settings } from "../library/settings.ts";
import { findEntry, rememberedSound } from "./history.node.ts";
import { recordBeside } from "./regenerate.node.ts";
import type { SoundRecord } from "./sound-record.ts";

/** Where sounds are looked up. */
export interface SoundPlaces {
  readonly settings: { readonly paths: Pick<Settings["paths"], "history"> };
  /** Absolute path that relative ones start from. */
  readonly workingFolder: string;
}

/**
 * A file wins over an id of the history.
 *
 * @throws UserError of `recordBeside`, `findEntry` and `rememberedSound`.
 */
export async function namedSound(places: SoundPlaces, given: string): Promise<SoundRecord> {
  const path = resolve(places.workingFolder, given);
  const isThere = (await stat(path).catch(() => undefined)) !== undefined;
  if (isThere || !/^[0-9a-f]{4,12}$/i.test(given)) return recordBeside(path);
  const { history } = places.settings.paths;
  return rememberedSound(history, findEntry(await readHistory(history), given));
}

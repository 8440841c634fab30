/** Copies of sounds as loud as each other, to compare them by ear. */

import { join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { readSound } from "../audio/codecs/read-sound.node.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { levelMatched } from "./level-match.ts";

export interface ComparedSound {
  /** Of the copy, "A-NAME.wav". */
  readonly path: string;
  /** What it was turned down by, at most 0. */
  readonly gainDb: number;
}

/**
 * All are turned down to the quietest.
 *
 * @param paths Absolute paths of sounds.
 * @param folder Absolute path of the folder for the copies.
 * @throws UserError of reading a sound, and those of writing.
 */
export async function compareFiles(
  paths: readonly string[],
  folder: string,
): Promise<readonly ComparedSound[]> {
  const { sounds, gainsDb } = levelMatched(await Promise.all(paths.map((path) => readSound(path))));
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const written: ComparedSound[] = [];
  for (const [i, sound] of sounds.entries()) {
    const letter = String.fromCharCode(65 + (i % 26));
    const path = join(folder, `${letter}-${parse(paths[i] ?? "").name}.wav`);
    await replaceFile(path, writeWav(sound, { encoding: "float32", madeHere: true }));
    written.push({ path, gainDb: gainsDb[i] ?? 0 });
  }
  return written;
}

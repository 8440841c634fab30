/** A made sound into a file, with what makes it again beside it. */

import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { type WavEncoding, writeWav } from "../audio/codecs/wav-write.ts";
import type { Sound } from "../audio/sound.ts";
import { fileSafe } from "./file-safe.ts";
import type { SoundRecord } from "./sound-record.ts";

export interface WrittenSound {
  readonly path: string;
  /** What is known of it, as JSON: NAME.json beside it. */
  readonly sidecar: string;
}

/**
 * Never over a file that is there.
 *
 * @param record What the history adds to it is left out.
 */
export async function writeMade(
  { sound, record }: { readonly sound: Sound; readonly record: SoundRecord },
  { folder, encoding }: { readonly folder: string; readonly encoding: WavEncoding },
): Promise<WrittenSound> {
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const taken = new Set((await readdir(folder)).map((name) => parse(name).name));
  const stem = freeName(fileSafe(parse(record.file.name).name), taken);
  const path = join(folder, `${stem}.wav`);
  const sidecar = join(folder, `${stem}.json`);
  const { history: _, ...rest } = { history: undefined, ...record };
  const written: SoundRecord = { ...rest, file: { name: `${stem}.wav`, format: "wav", encoding } };
  await replaceFile(path, writeWav(sound, { encoding, madeHere: true }));
  await replaceFile(sidecar, `${JSON.stringify(written, null, 2)}\n`);
  return { path, sidecar };
}

/** NAME, or NAME-take2, ... if a file is called so, whatever it ends with. */
export function freeName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let take = 2; taken.has(candidate); take += 1) candidate = `${name}-take${take}`;
  taken.add(candidate);
  return candidate;
}

/** A made sound into a file, with what makes it again beside it. */

import { readdir } from "node:fs/promises";
import { join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { type AudioFileFormat, fileFormats } from "../audio/codecs/file-format.ts";
import type { SampleEncoding } from "../audio/codecs/pcm-write.ts";
import type { SoundTags } from "../audio/codecs/sound-tags.ts";
import { writeAudio } from "../audio/codecs/write-audio.ts";
import type { Sound } from "../audio/sound.ts";
import { fileSafe } from "./file-safe.ts";
import { loopChunks } from "./loop-chunks.ts";
import type { SoundRecord } from "./sound-record.ts";

/** The format of the files that are written. */
export interface SoundFileOptions {
  readonly format: AudioFileFormat;
  /** Of WAV, FLAC and AIFF. @default "int24" */
  readonly encoding?: SampleEncoding;
  /** Instead of its name as title, whichever take it is, "étude" as artist and the model as album. */
  readonly tags?: Pick<SoundTags, "title" | "artist" | "album" | "comment">;
}

export interface SoundToWrite {
  readonly sound: Sound;
  /** What is known of it but its file; what the history adds is left out. */
  readonly record: Omit<SoundRecord, "file">;
  /** Of its file, without an ending; where it is taken, NAME-take2. */
  readonly name: string;
}

export interface WrittenSound {
  readonly path: string;
  /** What is known of it, as JSON: NAME.json beside it. */
  readonly sidecar: string;
  readonly record: SoundRecord;
}

/**
 * A folder that is there afterwards, and writes sounds into it; never over a file that is there.
 *
 * @throws UserError of writing files.
 */
export async function soundWriter(
  folder: string,
  file: SoundFileOptions,
): Promise<(made: SoundToWrite) => Promise<WrittenSound>> {
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const taken = new Set((await readdir(folder)).map((name) => parse(name).name));
  const { extension } = fileFormats[file.format];
  return async ({ sound, record: known, name }) => {
    const stem = freeName(fileSafe(name), taken);
    const path = join(folder, `${stem}.${extension}`);
    const sidecar = join(folder, `${stem}.json`);
    const { history: _, ...bare } = { history: undefined, ...known };
    const record = { ...bare, file: { name: `${stem}.${extension}`, ...fileFacts(file) } };
    await replaceFile(path, await soundFile({ sound, record, name }, file));
    await replaceFile(sidecar, `${JSON.stringify(record, null, 2)}\n`);
    return { path, sidecar, record };
  };
}

/**
 * The bytes of the file that a made sound is written to, with its tags.
 *
 * @throws UserError "format-unfit" (exit code 2).
 */
export async function soundFile(
  { sound, record, name }: SoundToWrite,
  file: SoundFileOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const tags = { ...tagsOf(record, name), ...file.tags };
  const { loop } = record.request;
  const chunks = loop === undefined ? [] : loopChunks(sound, loop);
  return writeAudio(sound, { ...file, tags, chunks });
}

/** What stands in the record: lossy formats have no encoding of samples. */
function fileFacts({ format, encoding = "int24" }: SoundFileOptions): SoundFileOptions {
  return fileFormats[format].encodings.length > 0 ? { format, encoding } : { format };
}

/** What a sound says of itself, unless it is asked for otherwise. */
function tagsOf(record: Omit<SoundRecord, "file">, fileName: string): SoundTags {
  const { model, request, preset, title = fileName } = record;
  const { name } = model;
  return {
    ...{ title, artist: "étude", album: name, seed: request.seed, model: name },
    ...(preset !== undefined && { preset }),
  };
}

/** NAME, or NAME-take2, ... if a file is called so, whatever it ends with. */
function freeName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let take = 2; taken.has(candidate); take += 1) candidate = `${name}-take${take}`;
  taken.add(candidate);
  return candidate;
}

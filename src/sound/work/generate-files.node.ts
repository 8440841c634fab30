/** New sounds into files, each with what is known of it beside it. */

import { readdir } from "node:fs/promises";
import { basename, join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import { programName } from "../../package-name.node.ts";
import { type AudioFileFormat, fileFormats, requireFit } from "../audio/codecs/file-format.ts";
import type { SampleEncoding } from "../audio/codecs/pcm-write.ts";
import type { SoundTags } from "../audio/codecs/sound-tags.ts";
import { writeAudio } from "../audio/codecs/write-audio.ts";
import type { Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { fileSafe } from "./file-safe.ts";
import { requireSpace } from "./free-space.node.ts";
import { makeSound, requireLatents } from "./make-sound.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";
import { SEEDS, type SoundRequest } from "./sound-request.ts";
import { freeName } from "./write-made.node.ts";

export interface GeneratedFile {
  readonly path: string;
  /** What is known of it, as JSON: NAME.json beside it. */
  readonly sidecar: string;
  readonly seed: number;
  readonly format: AudioFileFormat;
  /** In hertz. */
  readonly sampleRate: number;
  readonly durationSeconds: number;
  /** Time that it took to make and write, in milliseconds. */
  readonly tookMs: number;
}

export interface GenerateFilesOptions {
  /** Where the files go; made if it is not there. */
  readonly folder: string;
  /** Sounds to write, with seeds that count upward from that of the request. */
  readonly count: number;
  readonly request: SoundRequest;
  /** @default WAV of 24 bits */
  readonly file?: SoundFileOptions;
}

export interface SoundFileOptions {
  readonly format: AudioFileFormat;
  /** Of WAV, FLAC and AIFF. @default "int24" */
  readonly encoding?: SampleEncoding;
  /** Instead of the name of the file as title, "étude" as artist and the model as album. */
  readonly tags?: Pick<SoundTags, "title" | "artist" | "album" | "comment">;
}

export interface MadeSound {
  readonly sound: Sound;
  readonly record: SoundRecord;
  /** Absolute, where it was written to a file. */
  readonly path?: string;
}

export interface GenerateFilesTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs" | "wallMs">;
  /** Is told of each sound that was written, and waited for: it comes into the history there. */
  onSound?(made: MadeSound): Promise<void>;
  onFile?(file: GeneratedFile): void;
  /** @param filesDone With the share of the one that is being made. */
  onProgress?(filesDone: number): void;
}

/**
 * Writes `count` new sounds; never over a file that is there.
 *
 * @throws UserError "model-unfinished" and "format-unfit" (exit code 2), "model-mute", "disk-full"
 *   where there would not be room for all of them, and those of writing files.
 * @example
 * const request = { version: 1, seed: 1, sampleRate: 48_000, quality: "normal" };
 * const options = { folder: "sounds", count: 8, file: { format: "flac" }, request };
 * await generateFiles(model, options, { runtime, clock: nodeClock });
 */
export async function generateFiles(
  model: Model,
  options: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  const { folder, count, request: first, file = DEFAULT_FILE } = options;
  requireLatents(model);
  requireFit({ ...fitOf(file), sampleRate: first.sampleRate, channelCount: 1 });
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const { runtime, clock } = tools;
  await requireSpace(folder, count * likelyBytes(first), `${count} sounds`);
  const about = await aboutSounds(model, runtime);
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const taken = new Set((await readdir(folder)).map((name) => parse(name).name));
  const written: GeneratedFile[] = [];
  try {
    for (let i = 0; i < count; i += 1) {
      const startedMs = clock.nowMs();
      const request = { ...first, seed: (first.seed + i) % SEEDS };
      const sound = await makeSound({ codec, model }, request, (share) =>
        tools.onProgress?.(i + share),
      );
      const name = freeName(`${fileSafe(model.description.name)}-${request.seed}`, taken);
      const { extension } = fileFormats[file.format];
      const path = join(folder, `${name}.${extension}`);
      const audio = await audioFacts(sound);
      const record: SoundRecord = {
        ...about,
        madeWallMs: clock.wallMs(),
        request,
        audio,
        file: { name: basename(path), ...fileFacts(file) },
      };
      const tags = { ...tagsOf(model, name, request), ...file.tags };
      await replaceFile(path, await writeAudio(sound, { ...file, tags }));
      const sidecar = join(folder, `${name}.json`);
      await replaceFile(sidecar, `${JSON.stringify(record, null, 2)}\n`);
      const made: GeneratedFile = {
        path,
        sidecar,
        seed: request.seed,
        format: file.format,
        sampleRate: audio.sampleRate,
        durationSeconds: audio.durationSeconds,
        tookMs: Math.round(clock.nowMs() - startedMs),
      };
      await tools.onSound?.({ sound, record, path });
      tools.onFile?.(made);
      written.push(made);
    }
  } finally {
    await codec.release();
  }
  return written;
}

const DEFAULT_FILE: SoundFileOptions = { format: "wav" };

function fitOf({ format, encoding }: SoundFileOptions): SoundFileOptions {
  return { format, ...(encoding && { encoding }) };
}

/** What stands in the record: lossy formats have no encoding of samples. */
function fileFacts({ format, encoding = "int24" }: SoundFileOptions): SoundFileOptions {
  return fileFormats[format].encodings.length > 0 ? { format, encoding } : { format };
}

/** What a sound says of itself, unless it is asked for otherwise. */
function tagsOf(model: Model, title: string, { seed }: SoundRequest): SoundTags {
  const { name } = model.description;
  return { title, artist: "étude", album: name, seed, model: name };
}

/** Of a gesture whose length the model chooses. */
const LIKELY_SECONDS = 3;

/** At four bytes a sample, and room for what lies beside it. */
function likelyBytes({ length, sampleRate }: SoundRequest): number {
  return 4 * (length ?? LIKELY_SECONDS * sampleRate) + 2 ** 13;
}

/** What the records of all sounds of a model have in common. */
async function aboutSounds(
  model: Model,
  { kind, threads }: Runtime,
): Promise<Pick<SoundRecord, "format" | "version" | "program" | "model" | "engine">> {
  return {
    format: "etude-sound",
    version: 1,
    program: await programName(),
    model: { name: model.description.name, sha256: await modelIdentity(model) },
    engine: { runtime: kind, threads },
  };
}

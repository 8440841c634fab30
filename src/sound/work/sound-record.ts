/**
 * What is known of a made sound: how it was made, by what, and what came out.
 *
 * It lies as NAME.json beside the sound, and in the history. Fields of a newer program survive.
 */

import * as v from "valibot";
import { checked, count, fields, finite, type Shape, sha256, wholeNumber } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { sha256Of } from "../../sha256.ts";
import { durationSeconds, lengthOf, type Sound } from "../audio/sound.ts";
import type { HistoryPart } from "../library/history-entry.ts";
import type { Closeness } from "./ancestors.ts";
import { type SoundRequest, soundRequestShape } from "./sound-request.ts";

export interface SoundRecord {
  readonly format: "etude-sound";
  readonly version: 1;
  /** "etude 0.1.0" */
  readonly program: string;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly madeWallMs: number;
  readonly model: ModelReference;
  readonly request: SoundRequest;
  /** Name of the preset that the request came from. */
  readonly preset?: string;
  /** That a person gave it. */
  readonly title?: string;
  /** By hand, from where the request stands: nothing makes it again. @default false */
  readonly isPlayed?: boolean;
  readonly engine: SoundEngine;
  readonly audio: AudioFacts;
  /** How near it is to the recordings. */
  readonly closeness?: Closeness;
  readonly file: SoundFile;
}

/** With what the history adds. */
export interface RememberedSound extends SoundRecord {
  readonly history: HistoryPart;
}

/** Which model, wherever it lies by now. */
export interface ModelReference {
  readonly name: string;
  /** See `modelIdentity`. */
  readonly sha256: string;
}

/** Another runtime, or another number of threads, rounds differently. */
export interface SoundEngine {
  readonly runtime: "native" | "wasm";
  readonly threads: number;
}

/** Of the sound, whatever file it is in. */
export interface AudioFacts {
  /** See `audioHash`. */
  readonly sha256: string;
  /** In hertz. */
  readonly sampleRate: number;
  readonly channels: number;
  /** In samples. */
  readonly length: number;
  readonly durationSeconds: number;
}

export interface SoundFile {
  /** Without its folder. */
  readonly name: string;
  /** "wav", "flac" */
  readonly format: string;
  /** Of its samples: "int24". Lossy formats have none. */
  readonly encoding?: string;
}

const VERSION = 1;

const soundRecordShape: Shape<SoundRecord> = fields<SoundRecord>({
  format: v.literal("etude-sound"),
  version: v.literal(VERSION),
  program: v.string(),
  madeWallMs: finite,
  model: fields<ModelReference>({ name: v.string(), sha256 }),
  request: soundRequestShape,
  preset: v.exactOptional(v.string()),
  title: v.exactOptional(v.string()),
  isPlayed: v.exactOptional(v.boolean()),
  engine: fields<SoundEngine>({
    runtime: v.picklist(["native", "wasm"]),
    threads: wholeNumber(1, 1024),
  }),
  audio: fields<AudioFacts>({
    sha256,
    sampleRate: wholeNumber(1, 1_000_000),
    channels: wholeNumber(1, 0xffff),
    length: count,
    durationSeconds: finite,
  }),
  closeness: v.exactOptional(v.looseObject({})) as unknown as Shape<Closeness>,
  file: fields<SoundFile>({
    name: v.string(),
    format: v.string(),
    encoding: v.exactOptional(v.string()),
  }),
});

/**
 * A record out of JSON.
 *
 * @param name What messages call it: its path, for one.
 * @throws UserError "sound-record-newer" or "sound-record-damaged" (exit code 2).
 */
export function readSoundRecord(value: unknown, name: string): SoundRecord {
  const version = Object(value)["version"];
  if (typeof version === "number" && version > VERSION) {
    throw new UserError({
      code: "sound-record-newer",
      message: `Cannot read "${name}": it has version ${version}, this program knows up to ${VERSION}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
  const { value: record, problem } = checked(soundRecordShape, value);
  if (record !== undefined) return record;
  throw new UserError({
    code: "sound-record-damaged",
    message: `Cannot read "${name}" as the record of a sound: ${problem}`,
    hint: "Give the NAME.json that étude wrote beside a sound.",
    exitCode: 2,
  });
}

export async function audioFacts(sound: Sound): Promise<AudioFacts> {
  return {
    sha256: await audioHash(sound),
    sampleRate: sound.sampleRate,
    channels: sound.channels.length,
    length: lengthOf(sound),
    durationSeconds: durationSeconds(sound),
  };
}

/**
 * SHA-256 of the samples as they were made, before they are rounded for a file: float32, little
 * endian, one channel after the other.
 */
export function audioHash({ channels }: Sound): Promise<string> {
  const bytes = new Uint8Array(channels.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of channels) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return sha256Of(bytes);
}

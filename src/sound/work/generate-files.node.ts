/** New sounds into files, each with what is known of it beside it. */

import type { Clock } from "../../host.ts";
import { programName } from "../../package-name.node.ts";
import { SEEDS } from "../../random.ts";
import { type AudioFileFormat, requireFit } from "../audio/codecs/file-format.ts";
import type { Sound } from "../audio/sound.ts";
import { channelsIn } from "../audio/space/space.ts";
import { openCodec } from "../latent/codec.ts";
import { loopLength } from "../latent/loop/loop-time.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { type Closeness, closenessOf } from "./ancestors.ts";
import { randomPositions, requireControls } from "./controls.ts";
import { requireSpace } from "./free-space.node.ts";
import { makeSound, requireLatents } from "./make-sound.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";
import { type SoundFileOptions, soundWriter } from "./write-made.node.ts";

/** One file that was written. */
export interface GeneratedFile {
  readonly path: string;
  /** What is known of it, as JSON: NAME.json beside it. */
  readonly sidecar: string;
  readonly seed: number;
  readonly format: AudioFileFormat;
  /** In hertz. */
  readonly sampleRate: number;
  readonly durationSeconds: number;
  /** How near it is to the recordings. */
  readonly closeness: Closeness;
  /** Time that it took to make and write, in milliseconds. */
  readonly tookMs: number;
}

/** Which sounds are written, and where. */
export interface GenerateFilesOptions {
  /** Where the files go; made if it is not there. */
  readonly folder: string;
  /** Sounds to write, with seeds that count upward from that of the request. */
  readonly count: number;
  readonly request: SoundRequest;
  /** Name of the preset that the request came from. */
  readonly preset?: string;
  /** Draws the positions of all controls that the request does not set, by each sound's seed. */
  readonly randomControls?: boolean;
  /** @default WAV of 24 bits */
  readonly file?: SoundFileOptions;
}

export interface MadeSound {
  readonly sound: Sound;
  readonly record: SoundRecord;
  /** Absolute, where it was written to a file. */
  readonly path?: string;
}

/** What `generateFiles` works with. */
export interface GenerateFilesTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs" | "wallMs">;
  /** Receives each sound that was written, and is awaited: it adds the sound to the history. */
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
  requireLatents(model);
  requireRequestFit(options);
  const { preset } = options;
  const { runtime } = tools;
  const about = {
    ...(await aboutSounds(model, runtime)),
    ...(preset !== undefined && { preset }),
  };
  const codec = await openCodec(runtime, model.recipe, model.layout);
  try {
    const maker = { codec, model };
    const making: SoundMaking = {
      name: model.description.name,
      about,
      requestOf: (seed) => requestOf(model, options, seed),
      make: (request, onProgress) => makeSound(maker, request, onProgress),
      closenessOf: (sound) => closenessOf(sound, maker),
    };
    return await writeSounds(making, options, tools);
  } finally {
    await codec.release();
  }
}

/** How the sounds of a batch are made, and what is known of all of them. */
export interface SoundMaking {
  /** The first part of the names of files. */
  readonly name: string;
  readonly about: Omit<SoundRecord, "madeWallMs" | "request" | "audio" | "file">;
  /** What is asked for, with a seed of the batch. */
  requestOf(seed: number): SoundRequest;
  make(request: SoundRequest, onProgress: (share: number) => void): Promise<Sound>;
  /** How near it is to recordings. */
  closenessOf(sound: Sound): Promise<Closeness>;
}

/** Makes and writes sounds, one seed after the other. @throws As `generateFiles`. */
export async function writeSounds(
  making: SoundMaking,
  options: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  const { folder, count, request: first, file = DEFAULT_FILE } = options;
  const { clock } = tools;
  const write = await soundWriter(folder, file);
  await requireSpace(folder, count * likelyBytes(first), `${count} sounds`);
  const { title } = file.tags ?? {};
  const about = { ...making.about, ...(title !== undefined && { title }) };
  const written: GeneratedFile[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedMs = clock.nowMs();
    const request = making.requestOf((first.seed + i) % SEEDS);
    const sound = await making.make(request, (share) => tools.onProgress?.(i + share));
    const audio = await audioFacts(sound);
    const closeness = await making.closenessOf(sound);
    const { path, sidecar, record } = await write({
      sound,
      name: `${making.name}-${request.seed}`,
      record: { ...about, madeWallMs: clock.wallMs(), request, audio, closeness },
    });
    const made: GeneratedFile = {
      path,
      sidecar,
      seed: request.seed,
      format: file.format,
      sampleRate: audio.sampleRate,
      durationSeconds: audio.durationSeconds,
      closeness,
      tookMs: Math.round(clock.nowMs() - startedMs),
    };
    await tools.onSound?.({ sound, record, path });
    tools.onFile?.(made);
    written.push(made);
  }
  return written;
}

function requestOf(
  { analysis }: Model,
  { request, randomControls }: GenerateFilesOptions,
  seed: number,
): SoundRequest {
  if (randomControls !== true) return { ...request, seed };
  const fixed = request.controls ?? {};
  const controls = randomPositions(requireControls(analysis, Object.keys(fixed)), { seed, fixed });
  return { ...request, seed, controls };
}

/** @throws UserError "format-unfit" (exit code 2) before anything is made. */
export function requireRequestFit({ request, file = DEFAULT_FILE }: GenerateFilesOptions): void {
  const { sampleRate, space } = request;
  requireFit({ ...fitOf(file), sampleRate, channelCount: channelsIn(space) });
}

const DEFAULT_FILE: SoundFileOptions = { format: "wav" };

function fitOf({ format, encoding }: SoundFileOptions): SoundFileOptions {
  return { format, ...(encoding && { encoding }) };
}

/** Of a gesture whose length the model chooses. */
const LIKELY_SECONDS = 3;

/** At four bytes a sample, and room for what lies beside it. */
function likelyBytes({ length, loop, sampleRate, space }: SoundRequest): number {
  const loopSamples = loop && loopLength(loop, sampleRate);
  const samples = loopSamples ?? length ?? LIKELY_SECONDS * sampleRate;
  return 4 * channelsIn(space) * samples + 2 ** 13;
}

/** What the records of all sounds of a model have in common. */
export async function aboutSounds(
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

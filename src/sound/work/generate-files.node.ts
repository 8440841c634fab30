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
import type { Closeness } from "./ancestors.ts";
import { type BatchSound, batchSound, type SoundCrew } from "./batch-sound.ts";
import { randomPositions, requireControls } from "./controls.ts";
import { requireSpace } from "./free-space.node.ts";
import { requireLatents } from "./make-sound.ts";
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
  /** @default each sound is made here, after the one before it */
  readonly crew?: SoundCrew;
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
  const making: Omit<SoundMaking, "make"> = {
    name: model.description.name,
    about,
    requestOf: (seed) => requestOf(model, options, seed),
  };
  const { crew } = tools;
  if (crew !== undefined) {
    const { make, size } = crew;
    return writeSounds({ ...making, make, atOnce: size }, options, tools);
  }
  const codec = await openCodec(runtime, model.recipe, model.layout);
  try {
    const maker = { codec, model };
    const make: SoundMaking["make"] = (request, onProgress) =>
      batchSound(maker, request, onProgress);
    return await writeSounds({ ...making, make }, options, tools);
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
  readonly make: SoundCrew["make"];
  /** How many are made at a time. @default 1 */
  readonly atOnce?: number;
}

/** Makes and writes sounds, in the order of their seeds. @throws As `generateFiles`. */
export async function writeSounds(
  making: SoundMaking,
  options: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  const { folder, count, request: first, file: fileOptions = DEFAULT_FILE } = options;
  const { clock } = tools;
  const write = await soundWriter(folder, fileOptions);
  await requireSpace(folder, count * likelyBytes(first), `${count} sounds`);
  const { title } = fileOptions.tags ?? {};
  const about = { ...making.about, ...(title !== undefined && { title }) };
  const written: GeneratedFile[] = [];
  const shares = new Float64Array(count);
  const begin = (i: number): Begun => {
    const startedMs = clock.nowMs();
    const request = making.requestOf((first.seed + i) % SEEDS);
    const made = making.make(request, (share) => {
      shares[i] = share;
      tools.onProgress?.(shares.reduce((sum, one) => sum + one, 0));
    });
    // What fails is told when its turn comes.
    made.catch(() => undefined);
    return { startedMs, request, made };
  };
  const { atOnce = 1 } = making;
  const begun: Begun[] = [];
  for (let i = 0; i < count; i += 1) {
    while (begun.length < atOnce && i + begun.length < count) begun.push(begin(i + begun.length));
    const { startedMs, request, made } = begun.shift()!;
    const { sound, closeness } = await made;
    shares[i] = 1;
    const audio = await audioFacts(sound);
    const { path, sidecar, record } = await write({
      sound,
      name: `${making.name}-${request.seed}`,
      record: { ...about, madeWallMs: clock.wallMs(), request, audio, closeness },
    });
    const file: GeneratedFile = {
      path,
      sidecar,
      seed: request.seed,
      format: fileOptions.format,
      sampleRate: audio.sampleRate,
      durationSeconds: audio.durationSeconds,
      closeness,
      tookMs: Math.round(clock.nowMs() - startedMs),
    };
    await tools.onSound?.({ sound, record, path });
    tools.onFile?.(file);
    written.push(file);
  }
  return written;
}

/** A sound that is being made. */
interface Begun {
  readonly startedMs: number;
  readonly request: SoundRequest;
  readonly made: Promise<BatchSound>;
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

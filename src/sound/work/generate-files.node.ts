/** New sounds into files, each with what is known of it beside it. */

import { readdir } from "node:fs/promises";
import { basename, join, parse } from "node:path";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import { programName } from "../../package-name.node.ts";
import { type WavEncoding, writeWav } from "../audio/codecs/wav-write.ts";
import { openCodec } from "../latent/codec.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { fileSafe } from "./file-safe.ts";
import { makeSound, requireLatents } from "./make-sound.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";
import { SEEDS, type SoundRequest } from "./sound-request.ts";

export interface GeneratedFile {
  readonly path: string;
  /** What is known of it, as JSON: NAME.json beside it. */
  readonly sidecar: string;
  readonly seed: number;
  readonly format: "wav";
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
  readonly encoding: WavEncoding;
  readonly request: SoundRequest;
}

export interface GenerateFilesTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs" | "wallMs">;
  onFile?(file: GeneratedFile): void;
  /** @param filesDone With the share of the one that is being made. */
  onProgress?(filesDone: number): void;
}

/**
 * Writes `count` new sounds; never over a file that is there.
 *
 * @throws UserError "model-unfinished" (exit code 2), "model-mute", and those of writing files.
 * @example
 * const request = { version: 1, seed: 1, sampleRate: 48_000, quality: "normal" };
 * const options = { folder: "sounds", count: 8, encoding: "int24", request };
 * await generateFiles(model, options, { runtime, clock: nodeClock });
 */
export async function generateFiles(
  model: Model,
  { folder, count, encoding, request: first }: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  requireLatents(model);
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const { runtime, clock } = tools;
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
      const path = join(folder, `${name}.wav`);
      const audio = await audioFacts(sound);
      const record: SoundRecord = {
        ...about,
        madeWallMs: clock.wallMs(),
        request,
        audio,
        file: { name: basename(path), format: "wav", encoding },
      };
      await replaceFile(path, writeWav(sound, { encoding, madeHere: true }));
      const sidecar = join(folder, `${name}.json`);
      await replaceFile(sidecar, `${JSON.stringify(record, null, 2)}\n`);
      const file: GeneratedFile = {
        path,
        sidecar,
        seed: request.seed,
        format: "wav",
        sampleRate: audio.sampleRate,
        durationSeconds: audio.durationSeconds,
        tookMs: Math.round(clock.nowMs() - startedMs),
      };
      tools.onFile?.(file);
      written.push(file);
    }
  } finally {
    await codec.release();
  }
  return written;
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

/** NAME, or NAME-take2, ... if a file is called so, whatever it ends with. */
function freeName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let take = 2; taken.has(candidate); take += 1) candidate = `${name}-take${take}`;
  taken.add(candidate);
  return candidate;
}

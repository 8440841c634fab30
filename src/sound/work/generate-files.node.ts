/** New sounds into files. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../errors.ts";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import { type WavEncoding, writeWav } from "../audio/codecs/wav-write.ts";
import { durationSeconds, type Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import { type GenerateOptions, generate } from "../latent/generate.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { fileSafe } from "./file-safe.ts";

/** Seeds are whole numbers from 0 to below this; a count that goes beyond begins at 0 again. */
export const SEEDS: number = 2 ** 32;

export interface GeneratedFile {
  readonly path: string;
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
  /** Sounds to write, with seeds that count upward from `sound.seed`. */
  readonly count: number;
  readonly encoding: WavEncoding;
  /** What is made. */
  readonly sound: Omit<GenerateOptions, "onProgress">;
}

export interface GenerateFilesTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs">;
  onFile?(file: GeneratedFile): void;
  /** @param filesDone With the share of the one that is being made. */
  onProgress?(filesDone: number): void;
}

/**
 * Writes `count` new sounds; never over a file that is there.
 *
 * @throws UserError "model-unfinished" (exit code 2), "model-mute", and those of writing files.
 * @example
 * const sound = { seed: 1, sampleRate: 48_000, quality: "normal" };
 * const options = { folder: "sounds", count: 8, encoding: "int24", sound };
 * await generateFiles(model, options, { runtime, clock: nodeClock });
 */
export async function generateFiles(
  model: Model,
  { folder, count, encoding, sound: wanted }: GenerateFilesOptions,
  tools: GenerateFilesTools,
): Promise<GeneratedFile[]> {
  requireLatents(model);
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const { runtime, clock } = tools;
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const taken = new Set(await readdir(folder));
  const written: GeneratedFile[] = [];
  try {
    for (let i = 0; i < count; i += 1) {
      const startedMs = clock.nowMs();
      const seed = (wanted.seed + i) % SEEDS;
      const onProgress = (share: number): void => tools.onProgress?.(i + share);
      const sound = await generate(codec, model, { ...wanted, seed, onProgress });
      requireSound(sound, model);
      const path = join(folder, freeName(`${fileSafe(model.description.name)}-${seed}`, taken));
      await replaceFile(path, writeWav(sound, { encoding, madeHere: true }));
      const file: GeneratedFile = {
        path,
        seed,
        format: "wav",
        sampleRate: sound.sampleRate,
        durationSeconds: durationSeconds(sound),
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

/** Checkpoints of the best model come without: they are looked up when a run ends. */
function requireLatents({ latents, description }: Model): void {
  if (latents.lengths.length > 0) return;
  throw new UserError({
    code: "model-unfinished",
    message: `Cannot generate with the model "${description.name}": it does not know yet where its recordings lie in the latent space`,
    hint: "Give the folder of its run instead.",
    exitCode: 2,
  });
}

/** Weights beyond all measure give no numbers, and those would be written as silence. */
function requireSound({ channels }: Sound, { description }: Model): void {
  const areNumbers = channels.every((samples) => samples.every(Number.isFinite));
  if (areNumbers && channels.some((samples) => samples.some((value) => value !== 0))) return;
  throw new UserError({
    code: "model-mute",
    message: `Cannot generate with the model "${description.name}": what it makes is not a sound`,
    hint: "Its training has gone astray, or its file was changed: use another model.",
  });
}

/** NAME.wav, or NAME-take2.wav, ... if that is taken. */
function freeName(name: string, taken: Set<string>): string {
  let candidate = `${name}.wav`;
  for (let take = 2; taken.has(candidate); take += 1) candidate = `${name}-take${take}.wav`;
  taken.add(candidate);
  return candidate;
}

/** Neighbours of one sound, and a sheet of their spectrograms. */

import { join, parse } from "node:path";
import { replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import type { Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { closenessOf } from "./ancestors.ts";
import { contactSheet } from "./contact-sheet.ts";
import type { FoundModel } from "./find-model.node.ts";
import { openFoundModel } from "./find-model.node.ts";
import { aboutSounds, type MadeSound } from "./generate-files.node.ts";
import { makeSound } from "./make-sound.ts";
import { writePng } from "./png.node.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";
import { type SoundFileOptions, soundWriter } from "./write-made.node.ts";

export interface VaryOptions {
  readonly count: number;
  /** 0 to 1: at 1 as far from the sound as the recordings vary. */
  readonly amount: number;
  readonly folder: string;
  readonly file: SoundFileOptions;
}

export interface VaryTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "wallMs">;
  readonly signal: AbortSignal;
  onSound?(made: MadeSound): Promise<void>;
  onFile?(path: string): void;
}

export interface Variations {
  readonly paths: readonly string[];
  /** The picture: the sound itself, then its variations in order. */
  readonly sheet: string;
}

/**
 * Writes variations of a sound, with what makes each of them again, and their contact sheet.
 *
 * @param record Of the sound, as it lies beside it.
 * @throws UserError those of opening models, `makeSound` and writing.
 */
export async function varySound(
  { record, found }: { readonly record: SoundRecord; readonly found: FoundModel },
  { count, amount, folder, file }: VaryOptions,
  tools: VaryTools,
): Promise<Variations> {
  const { runtime, clock, signal } = tools;
  const model = await openFoundModel(found, { runtime, signal });
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const voice = { codec, model };
  try {
    const about = await aboutSounds(model, runtime);
    const write = await soundWriter(folder, file);
    const stem = parse(record.file.name).name;
    const sounds: Sound[] = [await makeSound(voice, record.request)];
    const paths: string[] = [];
    for (let seed = 1; seed <= count; seed += 1) {
      signal.throwIfAborted();
      const request = { ...record.request, variation: { seed, amount } };
      const sound = await makeSound(voice, request);
      const audio = await audioFacts(sound);
      const closeness = await closenessOf(sound, voice);
      const known = { ...about, madeWallMs: clock.wallMs(), request, audio, closeness };
      const made = await write({ sound, record: known, name: `${stem}-variation-${seed}` });
      await tools.onSound?.({ sound, record: made.record, path: made.path });
      tools.onFile?.(made.path);
      sounds.push(sound);
      paths.push(made.path);
    }
    const first = paths[0] === undefined ? stem : parse(paths[0]).name;
    const sheet = join(folder, `${first.replace(/-variation-1/, "-variations")}.png`);
    await replaceFile(sheet, writePng(contactSheet(sounds)));
    return { paths, sheet };
  } finally {
    await codec.release();
  }
}

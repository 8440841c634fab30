/** Sounds around one sound into files, and a sheet of their spectrograms. */

import { join, parse } from "node:path";
import { replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import type { Sound } from "../audio/sound.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { contactSheet } from "./contact-sheet.ts";
import { aboutSounds, type MadeSound } from "./generate-files.node.ts";
import type { OpenMaker } from "./maker-of-record.node.ts";
import { GRID_POSITIONS, gridOf, type Neighbour, variationsOf } from "./neighbours.ts";
import { writePng } from "./png.node.ts";
import { audioFacts, type SoundRecord } from "./sound-record.ts";
import { type SoundFileOptions, soundWriter } from "./write-made.node.ts";

export interface VaryOptions {
  /** Neighbours, see `variationsOf`; or two controls of a grid, see `gridOf`. */
  readonly around:
    | { readonly count: number; readonly amount: number }
    | { readonly grid: readonly string[] };
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
  /**
   * The picture: the sound itself, then its variations in order; or the grid as `gridOf` has it, all
   * beside the loudest of them.
   */
  readonly sheet: string;
}

/**
 * Writes the sounds around a sound, with what makes each of them again, and their contact sheet.
 *
 * @param record Of the sound, as it lies beside it.
 * @param maker Of its model or its blend.
 * @throws UserError those of `gridOf`, of making and of writing sounds.
 */
export async function varySound(
  { record, maker }: { readonly record: SoundRecord; readonly maker: OpenMaker },
  { around, folder, file }: VaryOptions,
  tools: VaryTools,
): Promise<Variations> {
  const { runtime, clock, signal } = tools;
  const { model } = maker;
  const isGrid = "grid" in around;
  const neighbours: readonly Neighbour[] = isGrid
    ? gridOf(record.request, around.grid, model.analysis)
    : variationsOf(record.request, around);
  const about = await aboutSounds(model, runtime);
  const write = await soundWriter(folder, file);
  const stem = parse(record.file.name).name;
  const sounds: Sound[] = isGrid ? [] : [await maker.make(record.request)];
  const paths: string[] = [];
  for (const { request, what } of neighbours) {
    signal.throwIfAborted();
    const sound = await maker.make(request);
    const audio = await audioFacts(sound);
    const closeness = await maker.closenessOf(sound);
    const known = { ...about, madeWallMs: clock.wallMs(), request, audio, closeness };
    const made = await write({ sound, record: known, name: `${stem}-${what}` });
    await tools.onSound?.({ sound, record: made.record, path: made.path });
    tools.onFile?.(made.path);
    sounds.push(sound);
    paths.push(made.path);
  }
  const sheet = join(folder, `${sheetName(parse(paths[0] ?? stem).name, neighbours)}.png`);
  const columns = isGrid ? { columns: GRID_POSITIONS.length, loudest: "all" as const } : {};
  await replaceFile(sheet, writePng(contactSheet(sounds, columns)));
  return { paths, sheet };
}

/** As free as the name of the first sound is: NAME-variations, NAME-grid-take2. */
function sheetName(first: string, [neighbour]: readonly Neighbour[]): string {
  const what = neighbour?.what ?? "";
  return first.replace(what, what.startsWith("variation") ? "variations" : "grid");
}

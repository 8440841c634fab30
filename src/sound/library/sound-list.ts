/** Lists of kept sounds: found by words, sorted by a column. */

import type { SoundExport } from "./history-entry.ts";

/** What a sound is found and sorted by. */
export interface ListedSound {
  readonly id: string;
  readonly madeWallMs: number;
  readonly modelName: string;
  readonly seed: number;
  readonly durationSeconds: number;
  readonly bytes: number;
  readonly preset?: string;
  readonly title?: string;
  readonly tags?: readonly string[];
  readonly exports?: readonly SoundExport[];
}

/** By what a list can be sorted. */
const soundOrders = ["made", "name", "model", "length", "size", "export"] as const;
export type SoundOrder = (typeof soundOrders)[number];

/** What of a list is asked for. */
export interface SoundQuery {
  /** All must be there, in any case of letters; a number may also be the seed. */
  readonly words: readonly string[];
  /** Only those that were written to a file. */
  readonly isExported: boolean;
  readonly order: SoundOrder;
  /** The highest first. */
  readonly isDown: boolean;
}

/** Out of an address: "words=rain&order=name&up=yes&exported=yes". */
export function soundQueryOf(query: URLSearchParams): SoundQuery {
  return {
    words: (query.get("words") ?? "").split(/\s+/).filter(Boolean),
    isExported: query.has("exported"),
    order: soundOrders.find((one) => one === query.get("order")) ?? "made",
    isDown: !query.has("up"),
  };
}

/** The sounds that are asked for, in their order; where two are equal, the newer first. */
export function listedSounds<T extends ListedSound>(all: readonly T[], query: SoundQuery): T[] {
  const found = all.filter(
    (sound) => (!query.isExported || sound.exports?.length) && fitsWords(sound, query.words),
  );
  const sign = query.isDown ? -1 : 1;
  return found.sort((a, b) => {
    const [x, y] = [keys[query.order](a), keys[query.order](b)];
    return x < y ? -sign : x > y ? sign : b.madeWallMs - a.madeWallMs;
  });
}

/** What a sound is called: by its title, or after its model and seed. */
function soundName({ title, modelName, seed }: ListedSound): string {
  return title ?? `${modelName} ${seed}`;
}

const keys: { readonly [order in SoundOrder]: (sound: ListedSound) => string | number } = {
  made: ({ madeWallMs }) => madeWallMs,
  name: (sound) => soundName(sound).toLowerCase(),
  model: ({ modelName }) => modelName.toLowerCase(),
  length: ({ durationSeconds }) => durationSeconds,
  size: ({ bytes }) => bytes,
  export: ({ exports = [] }) => exports.at(-1)?.wallMs ?? 0,
};

/** Whether all words are in what is known of a sound. */
export function fitsWords(sound: ListedSound, words: readonly string[]): boolean {
  const { id, modelName, seed, preset = "", tags = [], exports = [] } = sound;
  const written = exports.flatMap(({ format, path }) => [format, path]);
  const text = [id, modelName, soundName(sound), preset, ...tags, ...written]
    .join("\n")
    .toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()) || word === String(seed));
}

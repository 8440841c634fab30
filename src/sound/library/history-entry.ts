/**
 * What the history knows of a sound: the record that lies beside it, and a little of its own.
 *
 * Only what a list needs is read here; the rest of the record belongs to the code that makes sounds.
 */

import * as v from "valibot";
import { count, fields, finite, type Shape, sha256 } from "../../checked.ts";
import type { Waveform } from "../audio/waveform.ts";

/** A line of a list. */
export interface HistoryFacts {
  readonly id: string;
  readonly madeWallMs: number;
  readonly modelName: string;
  /** First 12 digits of its identity. */
  readonly modelId: string;
  readonly seed: number;
  readonly durationSeconds: number;
  /** Of the kept sound; 0 where only what makes it again is kept. */
  readonly bytes: number;
  readonly preset?: string;
  /** That a person gave it. */
  readonly title?: string;
  /** By hand: what was played once cannot be made again. */
  readonly isPlayed?: boolean;
  /** None where there are none. */
  readonly tags?: readonly string[];
  /** The newest last; none where it was never written to a file. */
  readonly exports?: readonly SoundExport[];
}

/** That a sound was written to a file, or handed to the downloads of a browser. */
export interface SoundExport {
  readonly wallMs: number;
  /** "flac" */
  readonly format: string;
  /** Absolute; of a download its name alone, for a browser does not say where it puts it. */
  readonly path: string;
}

/** The file of an entry: a record of a made sound with `history`. */
export interface HistoryRecord {
  readonly madeWallMs: number;
  readonly model: { readonly name: string; readonly sha256: string };
  readonly request: { readonly seed: number };
  readonly audio: { readonly sha256: string; readonly durationSeconds: number };
  /** That it was made with. */
  readonly preset?: string;
  readonly title?: string;
  readonly isPlayed?: boolean;
  readonly history: HistoryPart;
}

export interface HistoryPart {
  readonly id: string;
  /** Where it was written, absolute; absent where it was not. */
  readonly path?: string;
  /** See `packedWaveform`. */
  readonly waveform: string;
  /** That a person gave it. */
  readonly tags?: readonly string[];
  /** The newest last. */
  readonly exports?: readonly SoundExport[];
}

/** 12 hexadecimal digits. */
const historyId: Shape<string> = v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/));

const soundExport: Shape<SoundExport> = fields<SoundExport>({
  wallMs: finite,
  format: v.string(),
  path: v.string(),
});

export const historyRecordShape: Shape<HistoryRecord> = fields<HistoryRecord>({
  madeWallMs: finite,
  model: fields<HistoryRecord["model"]>({ name: v.string(), sha256 }),
  request: fields<HistoryRecord["request"]>({ seed: count }),
  audio: fields<HistoryRecord["audio"]>({ sha256, durationSeconds: finite }),
  preset: v.exactOptional(v.string()),
  title: v.exactOptional(v.string()),
  isPlayed: v.exactOptional(v.boolean()),
  history: fields<HistoryPart>({
    id: historyId,
    path: v.exactOptional(v.string()),
    waveform: v.string(),
    tags: v.exactOptional(v.array(v.string())),
    exports: v.exactOptional(v.array(soundExport)),
  }),
});

/** A sound exported to the same place again is there once; older ones than these are forgotten. */
const EXPORTS_MAX = 16;

/** Takes an export into the list. */
export function withExport(
  exports: readonly SoundExport[],
  added: SoundExport,
): readonly SoundExport[] {
  const others = exports.filter(({ path }) => path !== added.path);
  return [...others, added].slice(-EXPORTS_MAX);
}

export function factsOf(
  { history, madeWallMs, model, request, audio, preset, title, isPlayed }: HistoryRecord,
  bytes: number,
): HistoryFacts {
  return {
    id: history.id,
    madeWallMs,
    modelName: model.name,
    modelId: model.sha256.slice(0, 12),
    seed: request.seed,
    durationSeconds: audio.durationSeconds,
    bytes,
    ...(preset !== undefined && { preset }),
    ...(title !== undefined && { title }),
    ...(isPlayed && { isPlayed }),
    ...(history.tags?.length && { tags: history.tags }),
    ...(history.exports?.length && { exports: history.exports }),
  };
}

/** A line of the index: a list, since names would be most of it; "" and 0 stand for what is not. */
type IndexLine = readonly [
  ...[string, number, string, string, number, number, number],
  ...[preset?: string, title?: string, isPlayed?: 0 | 1],
  ...[tags?: readonly string[], exports?: readonly SoundExport[]],
];

export function toIndexLine(facts: HistoryFacts): string {
  const { id, madeWallMs, modelName, modelId, seed, durationSeconds, bytes } = facts;
  const { preset = "", title = "", isPlayed = false, tags = [], exports = [] } = facts;
  const line = [id, madeWallMs, modelName, modelId, seed, durationSeconds, bytes];
  const more = [preset, title, isPlayed ? 1 : 0, tags, exports];
  const isNothing = (value: (typeof more)[number]): boolean =>
    Array.isArray(value) ? value.length === 0 : !value;
  const used = more.findLastIndex((value) => !isNothing(value)) + 1;
  return `${JSON.stringify([...line, ...more.slice(0, used)])}\n`;
}

/** The line that takes an entry out of the list. */
export function toGoneLine(id: string): string {
  return `${JSON.stringify([id])}\n`;
}

/** The entries of an index, in the order in which they came; a later line of an id counts. */
export function entriesOfIndex(text: string): HistoryFacts[] {
  const lines = new Map<string, IndexLine>();
  for (const value of valuesOf(text)) {
    if (!Array.isArray(value)) continue;
    if (value.length === 1) lines.delete(String(value[0]));
    else if (isIndexLine(value)) lines.set(value[0], value);
  }
  return Array.from(lines.values(), factsOfLine);
}

/** All lines at once, which takes half as long; one by one where some are damaged. */
function valuesOf(text: string): unknown[] {
  try {
    return JSON.parse(`[${text.trim().replaceAll("\n", ",")}]`) as unknown[];
  } catch {
    return text.split("\n").map(parsedLine);
  }
}

function parsedLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const tagList = v.array(v.string());
const exportList = v.array(soundExport);

const NUMBERS = [1, 4, 5, 6];
const TEXTS = [0, 2, 3];

/** By hand, and by place: of 50,000 lines a check by shape, or one array more, is what takes longest. */
function isIndexLine(value: readonly unknown[]): value is IndexLine {
  const [preset, tags, exports] = [value[7], value[10], value[11]];
  return (
    TEXTS.every((i) => typeof value[i] === "string") &&
    NUMBERS.every((i) => typeof value[i] === "number") &&
    (preset === undefined || typeof preset === "string") &&
    (tags === undefined || v.is(tagList, tags)) &&
    (exports === undefined || v.is(exportList, exports))
  );
}

function factsOfLine(line: IndexLine): HistoryFacts {
  const facts: HistoryFacts = {
    id: line[0],
    madeWallMs: line[1],
    modelName: line[2],
    modelId: line[3],
    seed: line[4],
    durationSeconds: line[5],
    bytes: line[6],
  };
  if (line.length === 7) return facts;
  const [, , , , , , , preset, title, isPlayed, tags, exports] = line;
  return {
    ...facts,
    ...(preset && { preset }),
    ...(typeof title === "string" && title && { title }),
    ...(isPlayed === 1 && { isPlayed: true }),
    ...(tags?.length && { tags }),
    ...(exports?.length && { exports }),
  };
}

export const WAVEFORM_COLUMNS = 200;
const FULL_SCALE = 127;

/**
 * The outline of a sound in 200 columns, as text: the lowest and the highest sample of each, in
 * 127ths of full scale, rounded outward, so that no peak is lost.
 */
export function packedWaveform({ lows, highs }: Waveform): string {
  const bytes = new Int8Array(2 * lows.length);
  for (const [i, low] of lows.entries()) {
    bytes[2 * i] = Math.max(-128, Math.floor(low * FULL_SCALE));
    bytes[2 * i + 1] = Math.min(127, Math.ceil((highs[i] ?? 0) * FULL_SCALE));
  }
  return btoa(String.fromCharCode(...new Uint8Array(bytes.buffer)));
}

/** @returns No columns where the text is none of ours. */
export function unpackedWaveform(text: string): Waveform {
  let letters: string;
  try {
    letters = atob(text);
  } catch {
    letters = "";
  }
  const values = Int8Array.from(letters, (letter) => letter.charCodeAt(0));
  const columns = Math.floor(values.length / 2);
  const at = (offset: number) => (_: unknown, i: number) =>
    (values[2 * i + offset] ?? 0) / FULL_SCALE;
  return {
    lows: Float32Array.from({ length: columns }, at(0)),
    highs: Float32Array.from({ length: columns }, at(1)),
  };
}

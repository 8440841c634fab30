/** Adds made sounds to the history, with all that makes them again. */

import { readFile } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import { sha256Of } from "../../sha256.ts";
import { decodeBytes } from "../audio/codecs/decode.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import type { Sound } from "../audio/sound.ts";
import { waveformOf } from "../audio/waveform.ts";
import { ID_DIGITS_MIN } from "../library/find-model.ts";
import {
  type HistoryFacts,
  type HistoryRecord,
  packedWaveform,
  type SoundExport,
  unpackedWaveform,
  WAVEFORM_COLUMNS,
  withExport,
} from "../library/history-entry.ts";
import {
  addEntry,
  changeEntry,
  dropSounds,
  entryPaths,
  putSoundBack,
  readEntry,
  readHistory,
} from "../library/history-store.node.ts";
import { changedTags, type TagChange } from "../library/tags.ts";
import type { MadeSound } from "./generate-files.node.ts";
import { type RegenerateTools, regenerate } from "./regenerate.node.ts";
import {
  audioHash,
  type RememberedSound,
  readSoundRecord,
  type SoundRecord,
} from "./sound-record.ts";
import { waveformSvg } from "./waveform-svg.ts";

/**
 * Takes a sound into the history, as exact as it was made.
 *
 * @param history Folder of the history.
 */
export async function rememberSound(
  history: string,
  { sound, record, path }: MadeSound,
): Promise<HistoryFacts> {
  const identity = JSON.stringify([record.audio.sha256, record.madeWallMs, path]);
  const id = (await sha256Of(new TextEncoder().encode(identity))).slice(0, 12);
  const waveform = packedWaveform(waveformOf(sound.channels, WAVEFORM_COLUMNS));
  const remembered: RememberedSound = {
    ...record,
    history: { id, ...(path !== undefined && { path }), waveform },
  };
  return addEntry(history, remembered, exactWav(sound));
}

function exactWav(sound: Sound): Uint8Array {
  return writeWav(sound, { encoding: "float32", madeHere: true });
}

/**
 * @param given An id, or what it begins with.
 * @throws UserError "history-not-found" or "history-ambiguous" (exit code 2).
 */
export function findEntry(entries: readonly HistoryFacts[], given: string): HistoryFacts {
  const digits = given.toLowerCase();
  const isMeant = ({ id }: HistoryFacts): boolean =>
    id === digits || (digits.length >= ID_DIGITS_MIN && id.startsWith(digits));
  const meant = entries.filter(isMeant);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  throw new UserError({
    code: only === undefined ? "history-not-found" : "history-ambiguous",
    message:
      only === undefined
        ? `Cannot find "${given}" in the history: no sound has this id`
        : `Cannot tell which sound "${given}" is: found ${meant.map(({ id }) => id).join(", ")}`,
    hint: "`etude history list` shows the ids; their first four digits are enough where they are of one sound alone.",
    exitCode: 2,
  });
}

/** @throws UserError "history-entry-gone", and those of `readSoundRecord`. */
export async function rememberedSound(
  history: string,
  entry: HistoryFacts,
): Promise<RememberedSound> {
  const found = await readEntry(history, entry);
  if (found === undefined) throw entryGone(history, entry);
  const record = readSoundRecord(found, entryPaths(history, entry).record);
  return { ...record, history: found.history };
}

function entryGone(history: string, entry: HistoryFacts): UserError {
  return new UserError({
    code: "history-entry-gone",
    message: `Cannot read "${entryPaths(history, entry).record}": it is gone or damaged`,
    hint: "Run `etude history repair`.",
  });
}

/**
 * The sound of an entry, every sample as it was made: the one that is kept, or made again where it
 * is not, or is damaged.
 *
 * @throws UserError "sound-differs" where it cannot be made again, with why.
 */
export async function soundOfEntry(
  history: string,
  entry: HistoryFacts,
  tools: RegenerateTools,
): Promise<Sound> {
  const record = await rememberedSound(history, entry);
  const kept = await keptSound(entryPaths(history, entry).sound);
  if (kept !== undefined && (await audioHash(kept)) === record.audio.sha256) return kept;
  return madeAgain(record, tools);
}

async function keptSound(path: string): Promise<Sound | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const outcome = await decodeBytes(bytes);
  return outcome.ok ? outcome.sound : undefined;
}

const TITLE_LENGTH_MAX = 120;

/**
 * Gives a sound of the history a name.
 *
 * @throws UserError "sound-title" (exit code 2), and "history-entry-gone".
 */
export async function nameSound(
  history: string,
  entry: HistoryFacts,
  title: string,
): Promise<HistoryFacts> {
  const called = requireTitle(title);
  return changed(history, entry, (record) => ({ ...record, title: called }));
}

/** Gives tags to a sound of the history and takes some away. @throws UserError "history-entry-gone". */
export function tagSound(
  history: string,
  entry: HistoryFacts,
  change: TagChange,
): Promise<HistoryFacts> {
  return changed(history, entry, ({ history: part, ...record }) => ({
    ...record,
    history: { ...part, tags: changedTags(part.tags ?? [], change) },
  }));
}

/**
 * Remembers that a sound of the history was written to a file. Nothing fails where that cannot be
 * remembered, in a history that cannot be written, for one: the file is there.
 */
export async function noteExport(
  history: string,
  entry: HistoryFacts,
  added: SoundExport,
): Promise<void> {
  try {
    await changed(history, entry, ({ history: part, ...record }) => ({
      ...record,
      history: { ...part, exports: withExport(part.exports ?? [], added) },
    }));
  } catch (failure) {
    if (!(failure instanceof UserError)) throw failure;
  }
}

async function changed(
  history: string,
  entry: HistoryFacts,
  change: (record: HistoryRecord) => HistoryRecord,
): Promise<HistoryFacts> {
  const facts = await changeEntry(history, entry, change);
  if (facts === undefined) throw entryGone(history, entry);
  return facts;
}

/** @throws UserError "sound-title" (exit code 2). */
export function requireTitle(given: string): string {
  const title = given.trim();
  if (title !== "" && title.length <= TITLE_LENGTH_MAX && !/\p{Cc}/u.test(title)) return title;
  throw new UserError({
    code: "sound-title",
    message: `Cannot call a sound ${JSON.stringify(given)}: need 1 to ${TITLE_LENGTH_MAX} characters without line breaks`,
    hint: "Choose another name.",
    exitCode: 2,
  });
}

/** Makes a sound again, and puts it back into the history. */
export async function restoreSound(
  history: string,
  entry: HistoryFacts,
  tools: RegenerateTools,
): Promise<Sound> {
  const sound = await madeAgain(await rememberedSound(history, entry), tools);
  await putSoundBack(history, entry, exactWav(sound));
  return sound;
}

/** @throws UserError "sound-differs". */
export async function madeAgain(record: SoundRecord, tools: RegenerateTools): Promise<Sound> {
  const { sound, isSame, reasons } = await regenerate(record, tools);
  if (isSame) return sound;
  throw new UserError({
    code: "sound-differs",
    message: `Cannot make the same sound again: ${reasons.join("; ")}`,
    hint: "Write what comes out all the same with `etude regenerate --anyway`.",
  });
}

/**
 * Deletes the oldest sounds until the rest take no more than `keepBytes`. What makes them again is
 * kept; what was played by hand stays whole.
 *
 * @returns Those that were deleted, or would be.
 */
export async function pruneHistory(
  history: string,
  { keepBytes, dryRun }: { readonly keepBytes: number; readonly dryRun: boolean },
): Promise<HistoryFacts[]> {
  const entries = (await readHistory(history)).toSorted((a, b) => a.madeWallMs - b.madeWallMs);
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0);
  const dropped: HistoryFacts[] = [];
  for (const entry of entries) {
    if (bytes <= keepBytes) break;
    // What was played cannot be made again.
    if (entry.bytes === 0 || entry.isPlayed) continue;
    bytes -= entry.bytes;
    dropped.push(entry);
  }
  if (!dryRun && dropped.length > 0) await dropSounds(history, dropped);
  return dropped;
}

/** A picture of a sound, 400 by 80: no peak is missing. */
export function thumbnailOf({ history, file, request }: RememberedSound): string {
  return waveformSvg(unpackedWaveform(history.waveform), {
    attributes: {},
    title: `${file.name}, seed ${request.seed}`,
  });
}

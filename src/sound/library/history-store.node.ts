/**
 * The history in a folder: of each sound ID.json, with all that makes it again, and ID.wav, in a
 * folder for its month.
 *
 * These files are the truth. index.jsonl, to which a line is added for each change, only makes lists
 * fast: it is written after the files, so a folder that changed after it was written holds something
 * that it does not know, and is read anew. Writers hold the lock.
 */

import { statSync } from "node:fs";
import { appendFile, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { checkedJson } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { makeFolder, makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import {
  entriesOfIndex,
  factsOf,
  type HistoryFacts,
  type HistoryRecord,
  historyRecordShape,
  toGoneLine,
  toIndexLine,
} from "./history-entry.ts";
import { withLock } from "./lock.node.ts";

export interface EntryPaths {
  readonly record: string;
  /** 32-bit float: every sample as it was made. */
  readonly sound: string;
}

/** @param history Absolute path, like everywhere here. */
export function entryPaths(
  history: string,
  { id, madeWallMs }: Pick<HistoryFacts, "id" | "madeWallMs">,
): EntryPaths {
  const folder = join(history, monthOf(madeWallMs));
  return { record: join(folder, `${id}.json`), sound: join(folder, `${id}.wav`) };
}

/** Of equal length each, so that a list of folders is in order: "m00687". */
function monthOf(wallMs: number): string {
  const months = Math.floor(Math.max(0, wallMs) / MONTH_MS);
  return `m${String(months).padStart(5, "0")}`;
}

/** A twelfth of a year. */
const MONTH_MS = (365.25 / 12) * 86_400_000;

/** Adds a sound. @throws UserError "disk-full" and others of writing. */
export async function addEntry(
  history: string,
  record: HistoryRecord,
  sound: Uint8Array,
): Promise<HistoryFacts> {
  const facts = factsOf(record, sound.length);
  const paths = entryPaths(history, facts);
  const aside = join(history, `.${facts.id}-${process.pid}-${threadId}.tmp`);
  try {
    await makePrivateFolder(history);
    // The large part is written before the lock is taken.
    await writeFile(aside, sound);
    await changing(history, async () => {
      await makeFolder(join(history, monthOf(facts.madeWallMs)));
      await rename(aside, paths.sound);
      await replaceFile(paths.record, `${JSON.stringify(record)}\n`);
      return [toIndexLine(facts)];
    });
    return facts;
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw cause instanceof UserError ? cause : notWritten(history, cause);
  }
}

/** @returns undefined where its file is gone or cannot be read. */
export async function readEntry(
  history: string,
  entry: Pick<HistoryFacts, "id" | "madeWallMs">,
): Promise<HistoryRecord | undefined> {
  const text = await readFile(entryPaths(history, entry).record, "utf8").catch(() => "");
  const { value } = checkedJson(historyRecordShape, text);
  return value?.history.id === entry.id ? value : undefined;
}

/** Deletes sounds with all that is known of them. */
export async function deleteEntries(
  history: string,
  entries: readonly HistoryFacts[],
): Promise<void> {
  await changing(history, async () => {
    for (const entry of entries) {
      const { record, sound } = entryPaths(history, entry);
      await rm(record, { force: true });
      await rm(sound, { force: true });
    }
    return entries.map(({ id }) => toGoneLine(id));
  });
}

/** Deletes the sounds, and keeps what makes them again. */
export async function dropSounds(history: string, entries: readonly HistoryFacts[]): Promise<void> {
  await changing(history, async () => {
    for (const entry of entries) await rm(entryPaths(history, entry).sound, { force: true });
    return entries.map((entry) => toIndexLine({ ...entry, bytes: 0 }));
  });
}

/**
 * Changes what is known of a sound; the sound stays. Of several who change it at once, each gets
 * what the one before has written.
 *
 * @returns undefined where its file is gone or cannot be read.
 */
export async function changeEntry(
  history: string,
  entry: HistoryFacts,
  change: (record: HistoryRecord) => HistoryRecord,
): Promise<HistoryFacts | undefined> {
  let facts: HistoryFacts | undefined;
  await changing(history, async () => {
    const before = await readEntry(history, entry);
    if (before === undefined) return [];
    const record = change(before);
    facts = factsOf(record, entry.bytes);
    await replaceFile(entryPaths(history, entry).record, `${JSON.stringify(record)}\n`);
    return [toIndexLine(facts)];
  });
  return facts;
}

/** Puts a sound back that was dropped. */
export async function putSoundBack(
  history: string,
  entry: HistoryFacts,
  sound: Uint8Array,
): Promise<void> {
  await changing(history, async () => {
    await replaceFile(entryPaths(history, entry).sound, sound);
    return [toIndexLine({ ...entry, bytes: sound.length })];
  });
}

/** All sounds of the history, the newest last; none where there is no such folder. */
export async function readHistory(history: string): Promise<HistoryFacts[]> {
  if (await isStale(history)) {
    // Of a folder that cannot be written the index is the best that is known.
    await changing(history, async () => []).catch(() => undefined);
  }
  return entriesOfIndex(await indexText(history));
}

/** Makes the index anew from the files. @returns How many sounds there are. */
export async function rebuildIndex(history: string): Promise<number> {
  let found = 0;
  await withLock(lockPath(history), async () => {
    const lines: HistoryFacts[] = [];
    for (const month of await monthsIn(history)) lines.push(...(await entriesOf(history, month)));
    lines.sort((a, b) => a.madeWallMs - b.madeWallMs);
    found = lines.length;
    await replaceFile(indexPath(history), lines.map(toIndexLine).join(""));
  });
  return found;
}

function lockPath(history: string): string {
  return join(history, "lock");
}

function indexPath(history: string): string {
  return join(history, "index.jsonl");
}

function indexText(history: string): Promise<string> {
  return readFile(indexPath(history), "utf8").catch(() => "");
}

/** Changes files, then adds the lines that report it; first brings the index up to date. */
async function changing(history: string, change: () => Promise<readonly string[]>): Promise<void> {
  await withLock(lockPath(history), async () => {
    const missed = (await isStale(history)) ? await missedLines(history) : [];
    const lines = [...missed, ...(await change())].join("");
    // At least an empty line: what the index is newer than, it knows.
    await appendFile(indexPath(history), `${await separator(history)}${lines || "\n"}`);
  });
}

/** A crash can cut the last line short; what follows must not become part of it. */
async function separator(history: string): Promise<string> {
  return (await endsWhole(history)) ? "" : "\n";
}

const LINE_FEED = 10;

/** Whether the index is empty or ends with a whole line. */
async function endsWhole(history: string): Promise<boolean> {
  const file = await open(indexPath(history)).catch(() => undefined);
  if (file === undefined) return true;
  try {
    const { size } = await file.stat();
    if (size === 0) return true;
    const last = Buffer.alloc(1);
    await file.read(last, 0, 1, size - 1);
    return last[0] === LINE_FEED;
  } finally {
    await file.close();
  }
}

/** Whether files may have come or gone that the index does not know of. */
async function isStale(history: string): Promise<boolean> {
  const months = await monthsIn(history);
  if (months.length === 0) return false;
  const index = await stat(indexPath(history)).catch(() => undefined);
  if (index === undefined || !(await endsWhole(history))) return true;
  return months.some((month) => {
    const folder = statSync(join(history, month), { throwIfNoEntry: false });
    return folder !== undefined && folder.mtimeMs > index.mtimeMs;
  });
}

async function monthsIn(history: string): Promise<string[]> {
  const names = await readdir(history).catch(() => []);
  return names.filter((name) => /^m\d{5}$/.test(name)).toSorted();
}

/** What the index must contain to agree with the files. */
async function missedLines(history: string): Promise<string[]> {
  const known = new Map(entriesOfIndex(await indexText(history)).map((entry) => [entry.id, entry]));
  const lines: string[] = [];
  for (const month of await monthsIn(history)) {
    const names = await readdir(join(history, month)).catch(() => []);
    for (const name of names) {
      const id = name.slice(0, -".json".length);
      if (!name.endsWith(".json") || known.delete(id)) continue;
      const entry = await entryAt(history, month, id);
      if (entry !== undefined) lines.push(toIndexLine(entry));
    }
  }
  return [...[...known.keys()].map(toGoneLine), ...lines];
}

async function entriesOf(history: string, month: string): Promise<HistoryFacts[]> {
  const names = await readdir(join(history, month)).catch(() => []);
  const entries: HistoryFacts[] = [];
  for (const name of names.filter((one) => one.endsWith(".json"))) {
    const entry = await entryAt(history, month, name.slice(0, -".json".length));
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

async function entryAt(
  history: string,
  month: string,
  id: string,
): Promise<HistoryFacts | undefined> {
  const folder = join(history, month);
  const text = await readFile(join(folder, `${id}.json`), "utf8").catch(() => "");
  const { value } = checkedJson(historyRecordShape, text);
  if (value === undefined || value.history.id !== id) return undefined;
  const sound = await stat(join(folder, `${id}.wav`)).catch(() => undefined);
  return factsOf(value, sound?.size ?? 0);
}

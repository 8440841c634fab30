/** The folder of a run: its layout, its record, and the lock of the process that uses it. */

import { readdir, readFile, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkedJson } from "../../checked.ts";
import { messageOf, UserError } from "../../errors.ts";
import { type FileLock, tryLock } from "../../file-lock.node.ts";
import { isErrno, keepPrivate, makeFolder, notWritten, replaceFile } from "../../files.node.ts";
import { outdated } from "../model/kinds.ts";
import { recordHead, recordShape, sealOf, type ToldRecord } from "./check-record.ts";
import { RUN_VERSION, type RunRecord } from "./job.ts";
import { type TrainSettings, usualChunkSeconds } from "./settings.ts";

export interface RunPaths {
  readonly record: string;
  readonly events: string;
  readonly foundation: string;
  readonly checkpoints: string;
  /** The best model so far, among the checkpoints. */
  readonly best: string;
  readonly previews: string;
  readonly lock: string;
  /** The finished model. */
  readonly model: string;
}

export function runPaths(folder: string): RunPaths {
  return {
    record: join(folder, "run.json"),
    events: join(folder, "events.jsonl"),
    foundation: join(folder, "foundation.safetensors"),
    checkpoints: join(folder, "checkpoints"),
    best: join(folder, "checkpoints", "best.etude"),
    previews: join(folder, "previews"),
    lock: join(folder, "lock"),
    model: join(folder, "model.etude"),
  };
}

/**
 * Makes the folder for a new run. The remains of one that stopped before it saved anything are
 * reused.
 *
 * @throws UserError "run-folder-taken" if it already holds a run, or other files; "run-in-use" if
 *   another process is about to begin one there.
 */
export async function makeRunFolder(folder: string): Promise<RunPaths> {
  const paths = runPaths(folder);
  try {
    await makeFolder(folder);
    // Checked before the lock is taken, so that nothing is touched in a folder with other files.
    await requireUnbegun(folder);
    const lock = await lockRun(folder);
    try {
      await requireUnbegun(folder);
      await rm(paths.events, { force: true });
      await keepPrivate(folder);
      await makeFolder(paths.checkpoints);
      await makeFolder(paths.previews);
    } finally {
      await lock.release();
    }
  } catch (cause) {
    throw cause instanceof UserError ? cause : notWritten(folder, cause);
  }
  return paths;
}

async function requireUnbegun(folder: string): Promise<void> {
  const entries = await readdir(folder);
  const kept = await readdir(runPaths(folder).checkpoints).catch(() => []);
  if (kept.length === 0 && entries.every(isBeforeARun)) return;
  throw taken(folder, entries.includes("run.json"));
}

/** Files of a run that has no record yet. */
const BEFORE_A_RUN: ReadonlySet<string> = new Set([
  ".gitignore",
  "checkpoints",
  "events.jsonl",
  "foundation.safetensors",
  "previews",
]);

/** Partial files left by a kill, the record included. */
const HALF_WRITTEN = /^(?:foundation\.safetensors|run\.json)\.\d+\.tmp$/;

/** The lock, and the lock for taking it over. */
const LOCK = /^lock(?:\.|$)/;

function isBeforeARun(name: string): boolean {
  return BEFORE_A_RUN.has(name) || HALF_WRITTEN.test(name) || LOCK.test(name);
}

export interface DiscardOptions {
  /**
   * Also deletes a run that has a record already; otherwise it is kept for inspection. @default
   * false
   */
  readonly withRecord?: boolean;
}

/**
 * Deletes the remains of a run that ended before it saved anything, since there is nothing to
 * resume. A folder with a checkpoint, a preview or foreign files is left alone.
 *
 * @param made Folders made for it, the innermost first; only empty ones are deleted.
 * @returns Whether the run is gone.
 */
export async function discardUnbegunRun(
  folder: string,
  made: readonly string[],
  { withRecord = false }: DiscardOptions = {},
): Promise<boolean> {
  const paths = runPaths(folder);
  const entries = await readdir(folder).catch(() => []);
  const inside = [paths.checkpoints, paths.previews].map((path) => readdir(path).catch(() => []));
  const kept = (await Promise.all(inside)).flat();
  // The lock is no longer ours: another run has started there.
  const isOurs = (name: string): boolean =>
    !LOCK.test(name) && (isBeforeARun(name) || (withRecord && name === "run.json"));
  if (kept.length > 0 || !entries.every(isOurs)) return false;
  for (const name of entries) {
    const path = join(folder, name);
    if (path === paths.checkpoints || path === paths.previews) await rmdir(path).catch(() => {});
    else await rm(path, { force: true }).catch(() => {});
  }
  for (const path of made) {
    // Another process may have put something there.
    const isGone = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!isGone) break;
  }
  return true;
}

function taken(folder: string, isRun: boolean): UserError {
  return new UserError({
    code: "run-folder-taken",
    message: `Cannot start a new run in "${folder}": ${isRun ? "it already holds one" : "it is not empty"}`,
    hint: isRun
      ? `Continue it with \`etude resume\`, or choose another --output-dir.`
      : "Choose another --output-dir.",
    exitCode: 2,
  });
}

/** @returns The record with its seal, as written. */
export async function writeRunRecord(folder: string, record: RunRecord): Promise<RunRecord> {
  const sealed = { ...record, sha256: await sealOf(record) };
  await replaceFile(runPaths(folder).record, `${JSON.stringify(sealed, null, 2)}\n`);
  return sealed;
}

/**
 * @returns The record with its seal, computed where an earlier étude wrote none.
 * @throws UserError "run-not-found", "run-damaged" or "run-newer-than-program".
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const text = await readFile(runPaths(folder).record, "utf8").catch(async (cause: unknown) => {
    const absent = isErrno(cause) && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
    throw new UserError({
      code: "run-not-found",
      message: `Cannot open "${folder}": ${absent ? await withoutRun(folder) : messageOf(cause)}`,
      hint: "Give the folder that `etude train` wrote, the one with run.json in it.",
      exitCode: 2,
      cause,
    });
  });
  const record = await parsedRecord(text, folder);
  return { ...record, settings: sinceThen(record.settings, folder) };
}

/** Settings of a run from before examples could have any length. */
function sinceThen(settings: ToldRecord["settings"], folder: string): TrainSettings {
  const { chunkSeconds } = settings;
  if (chunkSeconds !== undefined) return { ...settings, chunkSeconds };
  const change = outdated(settings.model, settings);
  if (change !== undefined) {
    throw new UserError({
      code: "run-outdated",
      message: `Cannot open "${folder}": ${change}`,
      hint: "Train anew.",
      exitCode: 2,
    });
  }
  return { ...settings, chunkSeconds: usualChunkSeconds(settings.model) };
}

async function withoutRun(folder: string): Promise<string> {
  const status = await stat(folder).catch(() => undefined);
  if (status === undefined) return "there is no such folder";
  return status.isDirectory()
    ? "it holds no run.json, need a run folder"
    : "it is a file, need a run folder";
}

async function parsedRecord(text: string, folder: string): Promise<ToldRecord> {
  const head = checkedJson(recordHead, text);
  if (head.value === undefined) throw damagedRecord(folder, "does not describe a run");
  const { version } = head.value;
  if (version > RUN_VERSION) {
    throw new UserError({
      code: "run-newer-than-program",
      message: `Cannot open "${folder}": its run.json has version ${version}, this program knows up to ${RUN_VERSION}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
  const { value: record, problem } = checkedJson(recordShape, text);
  if (record === undefined) throw damagedRecord(folder, `is damaged: ${problem}`);
  const sha256 = await sealOf(record);
  if (record.sha256 !== undefined && record.sha256 !== sha256) {
    throw damagedRecord(folder, "was changed since étude wrote it");
  }
  return { ...record, sha256 };
}

function damagedRecord(folder: string, what: string): UserError {
  return new UserError({
    code: "run-damaged",
    message: `Cannot open "${folder}": its run.json ${what}`,
    hint: "The checkpoints are untouched; restore run.json from a copy.",
  });
}

/**
 * Locks the run folder for this process. A stale lock of a dead process is taken over, and its
 * partial files are removed.
 *
 * @throws UserError "run-in-use", naming the process that holds it.
 */
export async function lockRun(folder: string): Promise<FileLock> {
  const attempt = await tryLock(runPaths(folder).lock);
  if (!("lock" in attempt)) throw inUse(folder, attempt.heldBy);
  await removeHalfWritten(folder);
  return attempt.lock;
}

async function removeHalfWritten(folder: string): Promise<void> {
  const { checkpoints, previews } = runPaths(folder);
  for (const place of [folder, checkpoints, previews]) {
    for (const name of await readdir(place).catch(() => [])) {
      if (name.endsWith(".tmp")) await rm(join(place, name), { force: true });
    }
  }
}

export function inUse(folder: string, holder: string): UserError {
  return new UserError({
    code: "run-in-use",
    message: `Cannot use the run "${folder}": ${holder} is working on it`,
    hint: "Wait for it or stop it. If it no longer runs, delete the file named lock in that folder.",
  });
}

/** The folder of a run: its layout, its record, and the lock of the process that uses it. */

import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { type FileLock, type LockHolder, tryLock } from "../../file-lock.node.ts";
import { keepPrivate, makeFolder, notWritten } from "../../files.node.ts";
import { folderStore, isAbsent } from "./folder-store.node.ts";
import type { RunRecord } from "./job.ts";
import { readRecord, runNotFound } from "./record-file.ts";
import { RUN_FILES } from "./run-store.ts";

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
    record: join(folder, RUN_FILES.record),
    events: join(folder, "events.jsonl"),
    foundation: join(folder, RUN_FILES.foundation),
    checkpoints: join(folder, "checkpoints"),
    best: join(folder, RUN_FILES.best),
    previews: join(folder, "previews"),
    lock: join(folder, "lock"),
    model: join(folder, RUN_FILES.model),
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

/** @throws UserError "run-not-found" and the others of `readRecord`. */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const found = await stat(folder).catch((cause: unknown) => {
    throw runNotFound(
      folder,
      isAbsent(cause) ? "there is no such folder" : messageOf(cause),
      cause,
    );
  });
  if (!found.isDirectory()) throw runNotFound(folder, "it is a file, need a run folder");
  return readRecord(folderStore(folder));
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

export function inUse(folder: string, { name, isAlive }: LockHolder): UserError {
  return new UserError({
    code: "run-in-use",
    message: isAlive
      ? `Cannot use the run "${folder}": ${name} is working on it`
      : `Cannot use the run "${folder}": ${name} is working on it, as far as can be seen from here`,
    hint: isAlive
      ? "Wait for it, or stop it."
      : `If it has ended there, delete its lock, then try again: rm "${runPaths(folder).lock}"`,
  });
}

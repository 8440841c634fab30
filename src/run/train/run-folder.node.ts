/** The folder of a run: where what lies, and whose it is at the moment. */

import { readdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno, makeFolder, notWritten, replaceFile } from "../../files.node.ts";
import { RUN_VERSION, type RunRecord } from "./job.ts";
import { type TrainSettings, usualChunkSeconds } from "./settings.ts";

export interface RunPaths {
  readonly record: string;
  readonly events: string;
  readonly foundation: string;
  readonly checkpoints: string;
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
    previews: join(folder, "previews"),
    lock: join(folder, "lock"),
    model: join(folder, "model.etude"),
  };
}

/**
 * Makes the folder for a new run. What is left of one that was stopped before it had anything
 * to keep is taken over.
 *
 * @throws UserError "run-folder-taken" if it already holds a run, or other files; "run-in-use" if
 *   another process is about to begin one there.
 */
export async function makeRunFolder(folder: string): Promise<RunPaths> {
  const paths = runPaths(folder);
  try {
    await makeFolder(folder);
    const entries = await readdir(folder);
    const kept = await readdir(paths.checkpoints).catch(() => []);
    if (kept.length > 0 || !entries.every((name) => BEFORE_A_RUN.has(name))) {
      throw taken(folder, entries.includes("run.json"));
    }
    if (entries.includes("lock")) await clearStaleLock(paths.lock, folder);
    await rm(paths.events, { force: true });
    await makeFolder(paths.checkpoints);
    await makeFolder(paths.previews);
  } catch (cause) {
    throw cause instanceof UserError ? cause : notWritten(folder, cause);
  }
  return paths;
}

/** What a run makes before it has a record. */
const BEFORE_A_RUN: ReadonlySet<string> = new Set([
  "checkpoints",
  "events.jsonl",
  "foundation.safetensors",
  "lock",
  "previews",
]);

export interface DiscardOptions {
  /** Also a run that has a record already; without, it stays to be looked at. @default false */
  readonly withRecord?: boolean;
}

/**
 * Takes away what a run left that ended before it had anything to keep: there is nothing to resume.
 * A folder that holds a checkpoint, a preview or anything that no run makes stays as it is.
 *
 * @param made Folders that were made for it, the innermost first; only empty ones go.
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
  // A lock is not ours any more: somebody has begun another run there.
  const isOurs = (name: string): boolean =>
    name !== "lock" && (BEFORE_A_RUN.has(name) || (withRecord && name === "run.json"));
  if (kept.length > 0 || !entries.every(isOurs)) return false;
  for (const name of entries) {
    const path = join(folder, name);
    if (path === paths.checkpoints || path === paths.previews) await rmdir(path).catch(() => {});
    else await rm(path, { force: true }).catch(() => {});
  }
  for (const path of made) {
    // Somebody else may have put something there.
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

export async function writeRunRecord(folder: string, record: RunRecord): Promise<void> {
  await replaceFile(runPaths(folder).record, `${JSON.stringify(record, null, 2)}\n`);
}

/** @throws UserError "run-not-found", "run-damaged" or "run-newer-than-program". */
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
  const record = parseRecord(text, folder);
  if (record.version > RUN_VERSION) {
    throw new UserError({
      code: "run-newer-than-program",
      message: `Cannot open "${folder}": its run.json has version ${record.version}, this program knows up to ${RUN_VERSION}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
  return { ...record, settings: sinceThen(record.settings, folder) };
}

/** Settings of a run from before examples could have any length, and `mel` another scale. */
function sinceThen(settings: TrainSettings, folder: string): TrainSettings {
  const { chunkSeconds }: Partial<TrainSettings> = settings;
  if (chunkSeconds !== undefined) return settings;
  if (settings.model === "mel") {
    throw new UserError({
      code: "run-outdated",
      message: `Cannot open "${folder}": its mel model sees loudness on a scale that is no longer used`,
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

function parseRecord(text: string, folder: string): RunRecord {
  try {
    const record = JSON.parse(text) as RunRecord;
    if (record.format === "etude-run" && typeof record.version === "number") return record;
  } catch {
    // Told below, like a file of another kind.
  }
  throw new UserError({
    code: "run-damaged",
    message: `Cannot open "${folder}": its run.json does not describe a run`,
    hint: "The checkpoints are untouched; restore run.json from a copy.",
  });
}

export interface RunLock {
  release(): Promise<void>;
}

/**
 * Takes the run folder for this process. A lock left by a process that is gone is taken over,
 * and what that one left half written is removed.
 *
 * @throws UserError "run-in-use" with the process that has it.
 */
export async function lockRun(folder: string): Promise<RunLock> {
  const path = runPaths(folder).lock;
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      await removeHalfWritten(folder);
      return { release: () => rm(path, { force: true }) };
    } catch (cause) {
      if (!isErrno(cause) || cause.code !== "EEXIST") throw notWritten(path, cause);
      await clearStaleLock(path, folder);
    }
  }
  throw inUse(folder, "another process");
}

async function removeHalfWritten(folder: string): Promise<void> {
  const { checkpoints, previews } = runPaths(folder);
  for (const place of [folder, checkpoints, previews]) {
    for (const name of await readdir(place).catch(() => [])) {
      if (name.endsWith(".tmp")) await rm(join(place, name), { force: true });
    }
  }
}

async function clearStaleLock(path: string, folder: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return;
  const { pid, host } = parseLock(text);
  // A lock without its text belongs to a process that is just writing it.
  if (pid === undefined) throw inUse(folder, "another process");
  if (host !== hostname()) throw inUse(folder, `process ${pid} on ${host}`);
  if (isAlive(pid) && !(await isZombie(pid))) throw inUse(folder, `process ${pid}`);
  await rm(path, { force: true });
}

function parseLock(text: string): { readonly pid?: number; readonly host?: string } {
  try {
    return JSON.parse(text) as { pid?: number; host?: string };
  } catch {
    return {};
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error) && error.code === "EPERM";
  }
}

/** Ended, but nobody has asked for its exit code yet, as happens for ever in some containers. */
async function isZombie(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return /^ [ZX]/.test(text.slice(text.lastIndexOf(")") + 1));
}

function inUse(folder: string, holder: string): UserError {
  return new UserError({
    code: "run-in-use",
    message: `Cannot use the run "${folder}": ${holder} is working on it`,
    hint: "Wait for it or stop it. If it is gone for good, delete the file named lock in there.",
  });
}

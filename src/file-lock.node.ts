/**
 * A lock between processes: a file that names its holder.
 *
 * It is created whole, so it is never read half written. The lock of a process that has ended is removed
 * under a lock of its own, PATH.takeover, after a second check: of several processes that find it
 * stale, a slow one cannot remove the new lock of a faster one.
 */

import { link, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import { isErrno, notWritten } from "./files.node.ts";
import { isGone, isInSight, type ProcessIdentity, thisProcess } from "./process-identity.node.ts";

export interface FileLock {
  release(): Promise<void>;
}

export type LockAttempt = { readonly lock: FileLock } | { readonly heldBy: LockHolder };

/** Who has a lock, for messages. */
export interface LockHolder {
  /** "process 12", "process 12 on HOST" */
  readonly name: string;
  /** Certainly alive. Where it cannot be seen from here, only a person knows. */
  readonly isAlive: boolean;
}

/** Attempts that may be lost to other processes before giving up. */
const ATTEMPTS_MAX = 20;

/**
 * Takes the lock if nobody holds it or its holder is gone. Does not wait for a holder.
 *
 * @throws UserError "disk-full" or "file-not-written" if the file cannot be made.
 */
export async function tryLock(path: string): Promise<LockAttempt> {
  const text = JSON.stringify(await thisProcess());
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    if (await create(path, text)) {
      await removeHalfMade(path);
      return { lock: { release: () => removeOwn(path, text) } };
    }
    const found = await holderOf(path);
    if (found === undefined) continue;
    if (!found.isStale) return { heldBy: found };
    const takeover = await tryLock(`${path}.takeover`);
    if (!("lock" in takeover)) return takeover;
    try {
      if ((await holderOf(path))?.isStale === true) await rm(path, { force: true });
    } finally {
      await takeover.lock.release();
    }
  }
  return { heldBy: { name: UNKNOWN_NAME, isAlive: false } };
}

/** Who holds the lock, without taking it; undefined if nobody does. */
export async function lockHolder(path: string): Promise<LockHolder | undefined> {
  const found = await holderOf(path);
  return found?.isStale === false ? found : undefined;
}

/** @returns Whether the file at `path` is now ours; false if there is one already. */
async function create(path: string, text: string): Promise<boolean> {
  const aside = nameAside(path);
  try {
    await writeFile(aside, text, { flag: "wx" });
    try {
      await link(aside, path);
    } catch (cause) {
      // The holder of the lock may remove files that others left unfinished.
      if (isErrno(cause) && (cause.code === "EEXIST" || cause.code === "ENOENT")) return false;
      // Some file systems have no links. There, a lock can be found before its text is written.
      await writeFile(path, text, { flag: "wx" });
    }
    return true;
  } catch (cause) {
    if (isErrno(cause) && cause.code === "EEXIST") return false;
    throw notWritten(path, cause);
  } finally {
    await rm(aside, { force: true });
  }
}

let asideCount = 0;

function nameAside(path: string): string {
  asideCount += 1;
  return `${path}.${process.pid}-${threadId}-${asideCount}.tmp`;
}

/** What processes left that were killed while they made this lock or its takeover's. */
async function removeHalfMade(path: string): Promise<void> {
  const folder = dirname(path);
  const isAside = /^(\.takeover)?\.\d+-\d+-\d+\.tmp$/;
  const ours = basename(path);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(ours) || !isAside.test(name.slice(ours.length))) continue;
    const aside = join(folder, name);
    if (await isOlder(aside, path)) await rm(aside, { force: true });
  }
}

async function removeOwn(path: string, text: string): Promise<void> {
  const found = await readFile(path, "utf8").catch(() => undefined);
  if (found === text) await rm(path, { force: true });
}

const UNKNOWN_NAME = "another process";

interface Holder extends LockHolder {
  readonly isStale: boolean;
}

/** @returns undefined where there is no lock. */
async function holderOf(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const them = parsed(text);
  if (them === undefined) {
    return { name: UNKNOWN_NAME, isStale: await isOld(path), isAlive: false };
  }
  const me = await thisProcess();
  const name = `process ${them.pid}${them.host === me.host ? "" : ` on ${them.host}`}`;
  const isStale = await isGone(them, me);
  return { name, isStale, isAlive: !isStale && isInSight(them, me) };
}

function parsed(text: string): ProcessIdentity | undefined {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { pid, host, ...more } = { ...(found as Partial<Record<keyof ProcessIdentity, unknown>>) };
  if (typeof pid !== "number" || !Number.isInteger(pid) || pid <= 0) return undefined;
  if (typeof host !== "string") return undefined;
  const texts = Object.entries(more).filter(([, value]) => typeof value === "string");
  return { ...Object.fromEntries(texts), pid, host };
}

/** Far longer than writing a line takes. */
const WRITTEN_WITHIN_MS = 10_000;

/** By the clock that dates the file itself: another machine's, where the folder is shared. */
async function isOld(path: string): Promise<boolean> {
  const probe = nameAside(path);
  try {
    await writeFile(probe, "", { flag: "wx" });
    return await isOlder(path, probe);
  } catch {
    return false;
  } finally {
    await rm(probe, { force: true });
  }
}

/** @param fresh A file that was written just now. */
async function isOlder(path: string, fresh: string): Promise<boolean> {
  const found = await Promise.all([stat(fresh), stat(path)]).catch(() => undefined);
  if (found === undefined) return false;
  const [now, then] = found;
  return now.mtimeMs - then.mtimeMs > WRITTEN_WITHIN_MS;
}

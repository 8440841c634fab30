/** One at a time, also between processes. */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../errors.ts";
import { isErrno, makeFolder, notWritten } from "../files.node.ts";

const WAIT_MS_MAX = 10_000;
const POLL_MS = 20;

/**
 * Holds the lock file while `work` runs. A lock that a dead process left is taken over.
 *
 * @throws UserError "library-busy" if somebody else holds it for 10 s; "file-not-written" or
 *   "disk-full" if it cannot be made.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await take(path);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<void> {
  const mine = JSON.stringify({ pid: process.pid, host: hostname() });
  await makeFolder(dirname(path)).catch((cause: unknown) => {
    throw notWritten(dirname(path), cause);
  });
  for (let waitedMs = 0; waitedMs <= WAIT_MS_MAX; waitedMs += POLL_MS) {
    try {
      await writeFile(path, mine, { flag: "wx" });
      return;
    } catch (cause) {
      if (!isErrno(cause) || cause.code !== "EEXIST") throw notWritten(path, cause);
    }
    await removeIfStale(path);
    await delay(POLL_MS);
  }
  throw new UserError({
    code: "library-busy",
    message: `Cannot change the library: another process has held "${path}" for ${WAIT_MS_MAX / 1000} s`,
    hint: "Try again. If no other étude is running, delete that file.",
  });
}

async function removeIfStale(path: string): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => "");
  const { pid, host } = parsed(text);
  if (pid === undefined || host !== hostname() || isAlive(pid)) return;
  // Of several that find it stale, the one whose rename succeeds removes it, unless another lock
  // has come in its place meanwhile; that one goes back.
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
    if ((await readFile(aside, "utf8")) === text) await rm(aside);
    else await rename(aside, path);
  } catch {
    // Somebody else was faster.
  }
}

function parsed(text: string): { readonly pid?: number; readonly host?: string } {
  try {
    return JSON.parse(text) as { pid?: number; host?: string };
  } catch {
    // Its owner is just writing it.
    return {};
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isErrno(error) && error.code === "EPERM";
  }
}

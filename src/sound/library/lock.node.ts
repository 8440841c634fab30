/** Serialises changes of the library, also between processes. */

import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import { type FileLock, type LockHolder, tryLock } from "../../file-lock.node.ts";
import { makeFolder, notWritten } from "../../files.node.ts";

const WAIT_MS_MAX = 10_000;
const POLL_MS = 20;

/**
 * Holds the lock file while `work` runs. A lock that a dead process left is taken over.
 *
 * @throws UserError "library-busy" if another process holds it for 10 s; "file-not-written" or
 *   "disk-full" if it cannot be made.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = await take(path);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function take(path: string): Promise<FileLock> {
  await makeFolder(dirname(path)).catch((cause: unknown) => {
    throw notWritten(dirname(path), cause);
  });
  let holder: LockHolder | undefined;
  for (let waitedMs = 0; waitedMs <= WAIT_MS_MAX; waitedMs += POLL_MS) {
    const attempt = await tryLock(path);
    if ("lock" in attempt) return attempt.lock;
    holder = attempt.heldBy;
    await delay(POLL_MS);
  }
  throw new UserError({
    code: "library-busy",
    message: `Cannot change the library: ${holder?.name} has held "${path}" for ${WAIT_MS_MAX / 1000} s`,
    hint: holder?.isAlive
      ? "Wait for it, or stop it."
      : `If it has ended there, delete its lock, then try again: rm "${path}"`,
  });
}

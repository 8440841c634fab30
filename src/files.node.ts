/** Writing files so that a crash at any moment leaves the old one or the new one, whole. */

import { constants } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { messageOf, UserError } from "./errors.ts";

/**
 * Writes beside the target, syncs, renames, and syncs the folder.
 *
 * @throws UserError "disk-full" or "file-not-written"; the old file is then as it was.
 */
export async function replaceFile(path: string, data: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, "w");
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw notWritten(path, cause);
  }
}

/** Turns a failure to write into one that a person can act on. */
export function notWritten(path: string, cause: unknown): UserError {
  const full = isErrno(cause) && (cause.code === "ENOSPC" || cause.code === "EDQUOT");
  return new UserError({
    code: full ? "disk-full" : "file-not-written",
    message: `Cannot write "${path}": ${full ? "the disk is full" : messageOf(cause)}`,
    hint: full
      ? "Free some space; what was saved before is intact, and `etude resume` goes on from there."
      : "Check that the folder exists and may be written to.",
    cause,
  });
}

export function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error;
}

/** A rename lasts only when the folder is on the disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY).catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } catch {
    // Some file systems cannot sync a folder; they have no better promise to give.
  } finally {
    await handle.close();
  }
}

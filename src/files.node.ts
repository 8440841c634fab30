/** Writing files so that a crash at any moment leaves the old one or the new one, whole. */

import { constants, mkdirSync, statSync } from "node:fs";
import { access, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { constants as systemConstants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { messageOf, UserError } from "./errors.ts";

/**
 * Writes beside the target, syncs, renames, and syncs the folder.
 *
 * @throws UserError "disk-full", "quota-exceeded" or "file-not-written"; the old file is then as it was.
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

/**
 * Makes a folder and those above it, unless they are there.
 *
 * Not by `mkdir` with `recursive`: Node 20 never comes back from it, and eats a processor, where
 * the system says ENOENT of a folder in one that exists, as in /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  const folder = resolve(path);
  if (await isFolder(folder)) return;
  const parent = dirname(folder);
  if (parent !== folder) await makeFolder(parent);
  await mkdir(folder).catch(async (cause: unknown) => {
    // Another process may have been faster.
    if (!(await isFolder(folder))) throw cause;
  });
}

/**
 * Makes a folder for sounds, unless it is there, with a `.gitignore` that keeps all of it out of
 * version control: what is made of a person's recordings is theirs.
 */
export async function makePrivateFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  await makeFolder(path);
  await keepPrivate(path);
}

/** The same for a folder that is there, if it has no `.gitignore` of its own. */
export async function keepPrivate(folder: string): Promise<void> {
  await writeFile(join(folder, ".gitignore"), "*\n", { flag: "wx" }).catch((cause: unknown) => {
    if (!isErrno(cause) || cause.code !== "EEXIST") throw cause;
  });
}

/** Whether something can be written there; of a folder that is not there yet, in the nearest above. */
export async function canBeWritten(path: string): Promise<boolean> {
  try {
    await access(path, constants.W_OK);
    return true;
  } catch (error) {
    const isAbsent = isErrno(error) && error.code === "ENOENT";
    return isAbsent && dirname(path) !== path && canBeWritten(dirname(path));
  }
}

/** `makeFolder` at once, where nothing may come between. */
export function makeFolderSync(path: string): void {
  const folder = resolve(path);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(folder);
  if (parent !== folder) makeFolderSync(parent);
  mkdirSync(folder);
}

async function isFolder(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => undefined);
  return status?.isDirectory() === true;
}

/** Turns a failure to write into one that a person can act on. */
export function notWritten(path: string, cause: unknown): UserError {
  const { code, reason, hint } = writeFailureOf(cause);
  return new UserError({ code, message: `Cannot write "${path}": ${reason}`, hint, cause });
}

export interface WriteFailure {
  readonly code: "disk-full" | "quota-exceeded" | "file-not-written";
  /** A sentence without a full stop, starting in lower case. */
  readonly reason: string;
  readonly hint: string;
}

/** Why something could not be written, and what a person can do about it. */
export function writeFailureOf(cause: unknown): WriteFailure {
  const code = isErrno(cause) ? (isQuota(cause) ? "EDQUOT" : cause.code) : undefined;
  const other = "file-not-written";
  switch (code) {
    case "ENOSPC":
      return {
        code: "disk-full",
        reason: "the disk is full",
        hint: "Free some space, then try again.",
      };
    case "EDQUOT":
      return {
        code: "quota-exceeded",
        reason: "your share of the disk (its quota) is used up",
        hint: "Delete files of your own there, or ask whoever runs the machine for more.",
      };
    case "EFBIG":
      return {
        code: other,
        reason: "the file is larger than this disk or a limit of yours allows",
        hint: "Choose a folder on another disk, raise the limit (ulimit -f), or write less.",
      };
    case "EISDIR":
      return { code: other, reason: "found a folder, need a file", hint: "Name a file in it." };
    case "EEXIST":
    case "ENOTDIR":
      return { code: other, reason: "a file is where a folder is needed", hint: CHECK_FOLDER };
    default:
      return { code: other, reason: messageOf(cause), hint: CHECK_FOLDER };
  }
}

const CHECK_FOLDER = "Check that the folder exists and may be written to.";

/** Node 20 has no name for it: its code then reads "Unknown system error -122". */
function isQuota({ errno }: NodeJS.ErrnoException): boolean {
  return errno !== undefined && -errno === systemConstants.errno.EDQUOT;
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

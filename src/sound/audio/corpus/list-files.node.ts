/**
 * Lists every file under a folder in a stable order, including names that are not valid text.
 *
 * Names are kept as the raw bytes from the disk, which need not be UTF-8.
 */

import { readdir, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { messageOf, UserError } from "../../../errors.ts";
import { type DecodeFailure, decodeFailure } from "../codecs/decode-outcome.ts";

export interface ListedFile {
  /** Relative to the folder, with "/"; bytes that are not UTF-8 are written "\\xff". */
  readonly path: string;
  /** What to open. */
  readonly diskPath: Uint8Array;
  /** Why it cannot be opened, where that is known already. */
  readonly failure?: DecodeFailure;
}

/**
 * Lists a folder and its subfolders, sorted by path. Files and folders whose name starts with a dot
 * are skipped below the folder, not above it. Links are followed; each real folder is visited once,
 * so a link to a folder above cannot trap the walk.
 *
 * @throws UserError if the folder is missing, is a file, or cannot be read.
 */
export async function listFiles(folder: string): Promise<ListedFile[]> {
  await requireFolder(folder);
  const files: ListedFile[] = [];
  const visited = new Set<string>();
  const pending: Place[] = [{ path: "", diskPath: Buffer.from(folder) }];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    try {
      const real = (await realpath(place.diskPath, "buffer")).toString("latin1");
      if (visited.has(real)) continue;
      visited.add(real);
      const names = await readdir(place.diskPath, "buffer");
      for (const name of names.toSorted(Buffer.compare)) {
        if (name[0] === DOT) continue;
        const child = childOf(place, name);
        const found = await kindAt(child);
        if (found.kind === "folder") pending.push(child);
        else files.push({ ...child, ...(found.failure && { failure: found.failure }) });
      }
    } catch (error) {
      if (place.path === "") throw unreadableFolder(folder, error);
      const failure = decodeFailure("unreadable", `cannot be listed: ${messageOf(error)}`);
      files.push({ path: `${place.path}/`, diskPath: place.diskPath, failure });
    }
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}

interface Place {
  readonly path: string;
  readonly diskPath: Buffer;
}

const DOT = 0x2e;

function childOf(parent: Place, name: Buffer): Place {
  const text = nameToText(name);
  return {
    path: parent.path === "" ? text : `${parent.path}/${text}`,
    diskPath: Buffer.concat([parent.diskPath, Buffer.from(sep), name]),
  };
}

function nameToText(name: Buffer): string {
  const text = name.toString("utf8");
  if (Buffer.from(text, "utf8").equals(name)) return text;
  return Array.from(name, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`,
  ).join("");
}

async function kindAt({
  diskPath,
}: Place): Promise<{ kind: "folder" | "file"; failure?: DecodeFailure }> {
  try {
    const status = await stat(diskPath);
    if (status.isDirectory()) return { kind: "folder" };
    if (status.isFile()) return { kind: "file" };
    // Opening a pipe would wait for a writer that never comes.
    return { kind: "file", failure: decodeFailure("unreadable", "it is a device or a pipe") };
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    const message = deadLinks.get(code) ?? `cannot be opened: ${messageOf(error)}`;
    return { kind: "file", failure: decodeFailure("unreadable", message) };
  }
}

/** Error codes of links that lead to no file. */
const deadLinks: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "it is a link to a missing file"],
  ["ELOOP", "it is a link that leads back to itself"],
]);

async function requireFolder(folder: string): Promise<void> {
  const status = await stat(folder).catch((error: unknown) => {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw missing ? missingFolder(folder, error) : unreadableFolder(folder, error);
  });
  if (status.isDirectory()) return;
  throw new UserError({
    code: "corpus-not-a-folder",
    message: `Cannot read "${folder}" as a corpus: it is a file, need a folder`,
    hint: "Give the folder that holds the recordings, not one of them.",
    exitCode: 2,
  });
}

function missingFolder(folder: string, cause: unknown): UserError {
  return new UserError({
    code: "corpus-not-found",
    message: `Cannot read "${folder}" as a corpus: there is no such folder`,
    hint: "Check the spelling, or give the full path.",
    exitCode: 2,
    cause,
  });
}

function unreadableFolder(folder: string, cause: unknown): UserError {
  return new UserError({
    code: "corpus-unreadable",
    message: `Cannot read "${folder}" as a corpus: ${messageOf(cause)}`,
    hint: "Make the folder readable for you, or copy the recordings elsewhere.",
    exitCode: 2,
    cause,
  });
}

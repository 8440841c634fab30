/** A run kept in a folder of its own. */

import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isErrno, notWritten, replaceFile } from "../../files.node.ts";
import type { RunStore } from "./run-store.ts";

/**
 * @param folder Absolute path.
 * @param shown What messages call it.
 */
export function folderStore(folder: string, shown: string = folder): RunStore {
  return {
    place: shown,
    pathOf: (name) => join(shown, name),
    read: (name) =>
      unlessAbsent(async () => {
        const { buffer, byteOffset, length } = await readFile(join(folder, name));
        return new Uint8Array(buffer, byteOffset, length);
      }),
    write: async (name, bytes) => {
      const path = join(folder, name);
      if (dirname(path) !== folder) await restoreFolder(dirname(path));
      await replaceFile(path, bytes);
    },
    remove: (name) => rm(join(folder, name), { force: true }),
    namesIn: async (group) => {
      const names = await readdir(join(folder, group)).catch(() => []);
      return names.map((name) => `${group}/${name}`);
    },
    bytesOf: (name) => unlessAbsent(async () => (await stat(join(folder, name))).size),
  };
}

async function unlessAbsent<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (cause) {
    if (isAbsent(cause)) return undefined;
    throw cause;
  }
}

/** Whether something failed because there is no such file or folder. */
export function isAbsent(cause: unknown): boolean {
  return isErrno(cause) && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}

/** The user may have deleted it to free space. The folder of the run itself is not restored. */
async function restoreFolder(path: string): Promise<void> {
  await mkdir(path).catch((cause: unknown) => {
    if (!isErrno(cause) || cause.code !== "EEXIST") throw notWritten(path, cause);
  });
}

/**
 * Objects as files of a folder: OBJECTS/PLACE/SHA256.
 *
 * Files are linked, not copied, where the disk allows it: étude replaces files by a rename and never
 * changes one, so a link keeps what it was.
 */

import { copyFile, link, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";
import { isErrno, makeFolder, notWritten } from "../files.node.ts";
import { sha256OfFile } from "./file-hash.node.ts";
import type { Objects } from "./queue.ts";

/** @param session Of this process: in names of files that are being written. */
export function folderObjects(folder: string, session: string): Objects {
  let count = 0;
  /** Links or copies under another name, then renames: whole or not at all. */
  const put = async (from: string, to: string): Promise<void> => {
    count += 1;
    const aside = `${to}.${session}-${count}.tmp`;
    try {
      await makeFolder(dirname(to));
      await link(from, aside).catch(async (cause: unknown) => {
        if (isErrno(cause) && cause.code === "ENOENT") throw cause;
        await copyFile(from, aside);
      });
      await rename(aside, to);
    } finally {
      await rm(aside, { force: true }).catch(() => undefined);
    }
  };
  const pathOf = (place: string, sha256: string): string => join(folder, place, sha256);
  const has = (place: string, sha256: string): Promise<boolean> =>
    stat(pathOf(place, sha256)).then(
      () => true,
      () => false,
    );
  return {
    has,
    async put(place, sha256, path) {
      if (await has(place, sha256)) return;
      await put(path, pathOf(place, sha256)).catch((cause: unknown) => {
        throw isErrno(cause) && cause.code === "ENOENT" ? cause : notWritten(folder, cause);
      });
    },
    async get(place, sha256, path) {
      const from = pathOf(place, sha256);
      if (!(await has(place, sha256))) throw missing(sha256);
      if ((await sha256OfFile(from)).sha256 !== sha256) throw damaged(sha256);
      await put(from, path).catch((cause: unknown) => {
        throw notWritten(path, cause);
      });
    },
    async forget(place, hashes) {
      for (const sha256 of hashes) await rm(pathOf(place, sha256), { force: true });
    },
  };
}

export function missing(sha256: string): UserError {
  return new UserError({
    code: "object-missing",
    message: `Cannot fetch a file of the sweep: found none with the hash ${sha256.slice(0, 12)}...`,
    hint: "Start the coordinator again with `etude sweep --resume`: it hands over what is missing.",
  });
}

export function damaged(sha256: string): UserError {
  return new UserError({
    code: "object-damaged",
    message: `Cannot use a file of the sweep: its content has not the hash ${sha256.slice(0, 12)}...`,
    hint: "It was changed on its way; it will be fetched again.",
  });
}

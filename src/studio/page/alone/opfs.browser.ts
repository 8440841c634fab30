/**
 * Files that the browser keeps for this page: its own file system, which no other site sees.
 *
 * A file is written beside itself and takes its place when it is whole, as the browser promises.
 */

import { UserError } from "../../../errors.ts";
import type { RunStore } from "../../../sound/train/run-store.ts";

/** Names are paths with "/". */
export interface Files {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** @throws UserError "disk-full". */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** A file, or a folder with all in it; what is not there is as good as removed. */
  remove(name: string): Promise<void>;
  /** Names of what lies in a folder, without it; none where there is no such folder. */
  namesIn(folder: string): Promise<string[]>;
  bytesOf(name: string): Promise<number | undefined>;
}

export async function openOpfs(): Promise<Files> {
  const root = await navigator.storage.getDirectory();
  const folderOf = async (parts: readonly string[], create: boolean) => {
    let folder = root;
    for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
    return folder;
  };
  const split = (name: string): { readonly above: string[]; readonly last: string } => {
    const parts = name.split("/").map(encoded);
    return { above: parts.slice(0, -1), last: parts.at(-1) ?? "" };
  };
  const fileOf = (name: string): Promise<File | undefined> =>
    unlessAbsent(async () => {
      const { above, last } = split(name);
      return (await (await folderOf(above, false)).getFileHandle(last)).getFile();
    });
  return {
    read: async (name) => {
      const file = await fileOf(name);
      return file && new Uint8Array(await file.arrayBuffer());
    },
    write: async (name, bytes) => {
      const { above, last } = split(name);
      try {
        const folder = await folderOf(above, true);
        const handle = await folder.getFileHandle(last, { create: true });
        const target = await handle.createWritable();
        await target.write(new Uint8Array(bytes));
        await target.close();
      } catch (cause) {
        throw isNamed(cause, "QuotaExceededError") ? full(name, cause) : cause;
      }
    },
    remove: async (name) => {
      const { above, last } = split(name);
      await unlessAbsent(async () =>
        (await folderOf(above, false)).removeEntry(last, { recursive: true }),
      );
    },
    namesIn: async (name) => {
      const names: string[] = [];
      await unlessAbsent(async () => {
        const folder = await folderOf(name.split("/").map(encoded), false);
        for await (const one of folder.keys()) names.push(decodeURIComponent(one));
      });
      return names.sort();
    },
    bytesOf: async (name) => (await fileOf(name))?.size,
  };
}

/** A run below a folder. */
export function runStoreIn(files: Files, folder: string): RunStore {
  const at = (name: string): string => `${folder}/${name}`;
  return {
    place: folder,
    pathOf: at,
    read: (name) => files.read(at(name)),
    write: (name, bytes) => files.write(at(name), bytes),
    remove: (name) => files.remove(at(name)),
    namesIn: async (group) => (await files.namesIn(at(group))).map((name) => `${group}/${name}`),
    bytesOf: (name) => files.bytesOf(at(name)),
  };
}

// --- internal ---

/** Any name becomes one that the browser takes: none of them is "." or "..". */
function encoded(part: string): string {
  return encodeURIComponent(part).replace(/^\./, "%2E");
}

async function unlessAbsent<T>(look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (cause) {
    if (isNamed(cause, "NotFoundError") || isNamed(cause, "TypeMismatchError")) return undefined;
    throw cause;
  }
}

function isNamed(cause: unknown, name: string): boolean {
  return cause instanceof DOMException && cause.name === name;
}

function full(name: string, cause: unknown): UserError {
  return new UserError({
    code: "disk-full",
    message: `Cannot keep "${name}": the browser gives this page no more room`,
    hint: "Delete runs and sounds here that are not needed, or free some disk.",
    cause,
  });
}

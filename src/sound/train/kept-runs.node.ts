/** Lists the runs in a folder: state, size, and whether a process is using them. */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { lockHolder } from "../../file-lock.node.ts";
import { hasCheckpoints } from "./checkpoints.ts";
import { folderStore } from "./folder-store.node.ts";
import { inUse, lockRun, readRunRecord, runPaths } from "./run-folder.node.ts";
import type { RunStore } from "./run-store.ts";
import { spareFiles } from "./spare-files.ts";

/** Plain JSON. */
export interface KeptRun {
  readonly folder: string;
  /** Of its model. */
  readonly name: string;
  readonly createdWallMs: number;
  readonly state: "at-work" | "finished" | "stopped" | "not-begun";
  /** Of all its files. */
  readonly bytes: number;
}

/**
 * @param place Absolute path of a folder of runs, or of one run.
 * @returns The folders of its runs, by name; none where there is no such place.
 */
export async function runFolders(place: string): Promise<string[]> {
  const isRun = (folder: string): Promise<boolean> =>
    stat(runPaths(folder).record).then(
      () => true,
      () => false,
    );
  if (await isRun(place)) return [place];
  const names = await readdir(place).catch(() => []);
  const folders = names.toSorted().map((name) => join(place, name));
  const found = await Promise.all(folders.map(isRun));
  return folders.filter((_, i) => found[i]);
}

/** @throws UserError of `readRunRecord`. */
export async function keptRun(folder: string): Promise<KeptRun> {
  const { name, createdWallMs } = await readRunRecord(folder);
  return { folder, name, createdWallMs, state: await stateOf(folder), bytes: await sizeOf(folder) };
}

async function stateOf(folder: string): Promise<KeptRun["state"]> {
  const { lock, model } = runPaths(folder);
  if ((await lockHolder(lock)) !== undefined) return "at-work";
  if ((await stat(model).catch(() => undefined)) !== undefined) return "finished";
  return (await hasCheckpoints(folderStore(folder))) ? "stopped" : "not-begun";
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => stat(join(parentPath, name)).catch(() => undefined));
  return (await Promise.all(sizes)).reduce((sum, found) => sum + (found?.size ?? 0), 0);
}

/** Of a run that can do without it. */
export interface SpareFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Deletes files that a run no longer needs.
 *
 * @param options.dryRun Only looks.
 * @returns What was deleted, or would be; nothing where the run has not begun.
 * @throws UserError "run-in-use", and those of `spareFiles`.
 */
export async function pruneRun(
  folder: string,
  { dryRun }: { readonly dryRun: boolean },
): Promise<readonly SpareFile[]> {
  const store = folderStore(folder);
  if (dryRun) {
    const holder = await lockHolder(runPaths(folder).lock);
    if (holder !== undefined) throw inUse(folder, holder);
    return spareFilesIn(store);
  }
  const lock = await lockRun(folder);
  try {
    const spare = await spareFilesIn(store);
    for (const { path } of spare) await rm(path, { force: true });
    return spare;
  } finally {
    await lock.release();
  }
}

async function spareFilesIn(store: RunStore): Promise<SpareFile[]> {
  if (!(await hasCheckpoints(store))) return [];
  const names = await spareFiles(store);
  return Promise.all(
    names.map(async (name) => ({
      path: store.pathOf(name),
      bytes: (await store.bytesOf(name)) ?? 0,
    })),
  );
}

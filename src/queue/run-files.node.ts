/** Hands over and takes up the files that another worker needs to continue a run. */

import { copyFile, link, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { eventToLine } from "../events/wire.ts";
import { isErrno, makeFolder } from "../files.node.ts";
import { checkpointNames } from "../sound/train/checkpoints.ts";
import { folderStore } from "../sound/train/folder-store.node.ts";
import { makeRunFolder, runPaths } from "../sound/train/run-folder.node.ts";
import { RUN_FILES } from "../sound/train/run-store.ts";
import { sha256OfFile } from "./file-hash.node.ts";
import type { Handover, KeptFile } from "./lease.ts";
import type { Objects } from "./queue.ts";

/** Of one job, wherever its files go. */
export interface RunShelf {
  readonly objects: Pick<Objects, "put" | "get">;
  readonly place: string;
}

/**
 * Puts the record of a run, its newest checkpoint and its models on the shelf. The run may go on
 * meanwhile: each file is pinned by a link before it is read.
 *
 * @returns undefined where there is no record yet, so that there is nothing to go on with.
 */
export async function handOver(
  runFolder: string,
  { objects, place }: RunShelf,
): Promise<readonly KeptFile[] | undefined> {
  const pins = join(runFolder, "handover");
  await rm(pins, { recursive: true, force: true });
  await mkdir(pins);
  try {
    const files: KeptFile[] = [];
    for (const name of await neededNames(runFolder)) {
      const pin = join(pins, String(files.length));
      if (!(await pinned(join(runFolder, name), pin))) continue;
      const { sha256, bytes } = await sha256OfFile(pin);
      await objects.put(place, sha256, pin);
      files.push({ name, sha256, bytes });
    }
    return files.some(({ name }) => name === RUN_FILES.record) ? files : undefined;
  } finally {
    await rm(pins, { recursive: true, force: true });
  }
}

/** The best model before the checkpoint that names it: it may only be the later of the two. */
async function neededNames(runFolder: string): Promise<string[]> {
  const { record, foundation, origin, best, model } = RUN_FILES;
  const [newest] = await checkpointNames(folderStore(runFolder));
  return [record, foundation, origin, ...(newest === undefined ? [] : [newest]), best, model];
}

async function pinned(path: string, pin: string): Promise<boolean> {
  try {
    await link(path, pin).catch((cause: unknown) => {
      if (isErrno(cause) && cause.code === "ENOENT") throw cause;
      return copyFile(path, pin);
    });
    return true;
  } catch (cause) {
    if (isErrno(cause) && cause.code === "ENOENT") return false;
    throw cause;
  }
}

/**
 * Makes a run folder from what was handed over, so that the run goes on there.
 *
 * @throws UserError "object-missing" or "object-damaged", and of writing.
 */
export async function takeUp(
  runFolder: string,
  { files, log, step }: Handover,
  shelf: RunShelf,
): Promise<void> {
  await makeRunFolder(runFolder);
  await fetchFiles(runFolder, files, shelf);
  if (log.seq === 0) return;
  // The log continues where it stood; earlier events have been sent already.
  const text = `the run goes on from step ${step}`;
  const stub = { type: "notice", level: "info", code: "taken-up", text } as const;
  const line = eventToLine({ ...stub, seq: log.seq - 1, atMs: log.atMs });
  await writeFile(runPaths(runFolder).events, line);
}

/** @param folder Of a run, which need not exist. */
export async function fetchFiles(
  folder: string,
  files: readonly KeptFile[],
  { objects, place }: RunShelf,
): Promise<void> {
  for (const { name, sha256 } of files) {
    const path = join(folder, name);
    await makeFolder(dirname(path));
    await objects.get(place, sha256, path);
  }
}

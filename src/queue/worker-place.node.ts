/**
 * The folder in which the workers of a machine keep what a server sent them.
 *
 *     corpora/SHA256   recordings, kept for the next job up to a limit
 *     SESSION          the run that a worker is training
 *     SESSION.lock     held while that worker is running
 */

import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { type FileLock, tryLock } from "../file-lock.node.ts";
import { makeFolder } from "../files.node.ts";
import { listFiles } from "../sound/audio/corpus/list-files.node.ts";

export interface WorkerPlace {
  readonly cache: string;
  readonly workFolder: string;
  readonly lock: FileLock | undefined;
}

/** Makes the folder of a worker, and removes those of workers that were killed. */
export async function openWorkerPlace(place: string, session: string): Promise<WorkerPlace> {
  const cache = join(place, "corpora");
  await makeFolder(cache);
  const attempt = await tryLock(join(place, `${session}.lock`));
  await removeAbandoned(place, cache);
  return {
    cache,
    workFolder: join(place, session),
    lock: "lock" in attempt ? attempt.lock : undefined,
  };
}

async function removeAbandoned(place: string, cache: string): Promise<void> {
  for (const name of await readdir(place)) {
    const session = name.match(/^(.+)\.lock$/)?.[1];
    if (session === undefined) continue;
    const attempt = await tryLock(join(place, name));
    if (!("lock" in attempt)) continue;
    await rm(join(place, session), { recursive: true, force: true });
    for (const entry of await readdir(cache)) {
      // Recordings that it had not fetched to the end: see `fetchCorpus`.
      if (!entry.startsWith(".") || !entry.includes(session)) continue;
      await rm(join(cache, entry), { recursive: true, force: true });
    }
    await attempt.lock.release();
  }
}

/** A corpus that was used this recently may be one that another worker is about to read. */
const IN_USE_MS = 3_600_000;

export interface PruneOptions {
  /** Total of all corpora; what exceeds it goes, the longest unused first. 0 for no limit. */
  readonly keepBytes: number;
  readonly nowWallMs: number;
}

/**
 * Notes that a cached corpus is used now.
 *
 * @returns Whether it is there.
 */
export async function markUsed(corpusFolder: string, nowWallMs: number): Promise<boolean> {
  return utimes(corpusFolder, nowWallMs / 1000, nowWallMs / 1000).then(
    () => true,
    () => false,
  );
}

/** Deletes the corpora that exceed the limit, but none that was used within the last hour. */
export async function pruneCorpora(
  cache: string,
  { keepBytes, nowWallMs }: PruneOptions,
): Promise<void> {
  if (keepBytes === 0) return;
  const names = (await readdir(cache)).filter((name) => !name.startsWith("."));
  const corpora = await Promise.all(
    names.map(async (name) => {
      const folder = join(cache, name);
      const usedMs = (await stat(folder)).mtimeMs;
      const files = await listFiles(folder);
      const sizes = await Promise.all(files.map(({ diskPath }) => stat(Buffer.from(diskPath))));
      return { folder, usedMs, bytes: sizes.reduce((sum, { size }) => sum + size, 0) };
    }),
  );
  let keptBytes = 0;
  for (const { folder, usedMs, bytes } of corpora.toSorted((a, b) => b.usedMs - a.usedMs)) {
    keptBytes += bytes;
    if (keptBytes <= keepBytes || nowWallMs - usedMs < IN_USE_MS) continue;
    await rm(folder, { recursive: true, force: true });
    keptBytes -= bytes;
  }
}

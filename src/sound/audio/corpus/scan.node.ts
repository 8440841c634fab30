/**
 * Scans a folder: its files one at a time, each with its state and, if it is used, its sound.
 *
 * Only a few sounds are in memory at once. The result does not depend on thread timing: files come
 * in path order, and of two equal ones the first is kept.
 */

import type { DecoderPool } from "../codecs/decoder-pool.node.ts";
import type { OnShare } from "../on-share.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";
import { type CorpusEntry, corpusJudge, type Prepared } from "./judge.ts";
import { type ListedFile, listFiles } from "./list-files.node.ts";
import type { FileShare } from "./with-shares.ts";

export interface ScanTools {
  readonly pool: DecoderPool;
  readonly signal?: AbortSignal;
  /** Come before all others, so that of equal sounds these are the ones that are used. */
  readonly first?: ReadonlySet<string>;
  /** Called while a long file is read, about the one that is waited for. */
  onShare?(done: FileShare): void;
}

/**
 * Walks a folder and yields each file with its state, and with its sound if it is used.
 *
 * @throws UserError "corpus-not-found", "corpus-not-a-folder" or "corpus-unreadable" (exit code 2).
 * @throws the signal's reason when it aborts.
 */
export async function* readCorpus(folder: string, tools: ScanTools): AsyncGenerator<CorpusEntry> {
  const { pool, signal, first, onShare } = tools;
  const listed = (await listFiles(folder)).toSorted(
    (a, b) => Number(first?.has(b.path) ?? false) - Number(first?.has(a.path) ?? false),
  );
  const judge = corpusJudge();
  const ahead: Promise<Prepared>[] = [];
  let started = 0;
  let awaited = 0;
  for (const [index, listedFile] of listed.entries()) {
    // One more than there are threads, so that none of them waits while the consumer works.
    while (started < listed.length && ahead.length <= pool.workerCount) {
      const position = started;
      const next = prepareListed(listed[position]!, pool, (share) => {
        if (position === awaited) onShare?.({ share, index: position, fileCount: listed.length });
      });
      // If the consumer stops early, rejections of the rest have no handler.
      next.catch(() => undefined);
      ahead.push(next);
      started += 1;
    }
    signal?.throwIfAborted();
    awaited = index;
    const prepared = await unlessAborted(ahead.shift()!, signal);
    const { path, diskPath } = listedFile;
    yield judge({ path, diskPath, index, fileCount: listed.length }, prepared);
  }
}

/**
 * Rejects as soon as the signal aborts, even while a long file decodes.
 *
 * Not a race against one promise for all files: that promise would hold every result, hundreds of
 * megabytes of sound, as long as the signal exists.
 */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

async function prepareListed(
  listed: ListedFile,
  pool: DecoderPool,
  onShare: OnShare,
): Promise<Prepared> {
  if (listed.failure !== undefined) return { bytes: 0, outcome: listed.failure };
  return pool.prepare(listed.diskPath, MODEL_RATE_HZ, onShare);
}

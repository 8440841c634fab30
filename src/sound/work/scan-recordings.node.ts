/** Scans a corpus for its report, with pictures and augmented examples of its recordings if asked. */

import { createDecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { type CorpusFile, type CorpusReport, corpusReport } from "../audio/corpus/corpus.ts";
import type { CorpusEntry } from "../audio/corpus/judge.ts";
import { readCorpus } from "../audio/corpus/scan.node.ts";
import type { FileShare } from "../audio/corpus/with-shares.ts";
import { type AugmentedExample, openExamples } from "./augmented-examples.node.ts";
import { openThumbnails, type Thumbnail } from "./thumbnails.node.ts";

export interface ScanOptions {
  /** Decoders that work at the same time. */
  readonly threads: number;
  /** Absolute path of a folder outside the corpus, for a picture of each recording. */
  readonly thumbnailFolder?: string | undefined;
  /** Absolute path of a folder outside the corpus, for examples of the augmentation. */
  readonly exampleFolder?: string | undefined;
  /** Of the examples. @default 1 */
  readonly exampleSeed?: number;
}

export interface ScanTools {
  readonly signal: AbortSignal;
  /** @param share Of the file that is read, 0 to 1. */
  onProgress?(done: FileShare): void;
  /** Called with each file in path order, before the next is asked for. */
  onEntry?(entry: CorpusEntry): void;
}

export interface CorpusScan {
  readonly report: CorpusReport;
  readonly thumbnails:
    | { readonly folder: string; readonly files: readonly Thumbnail[] }
    | undefined;
  readonly augmented:
    | { readonly folder: string; readonly examples: readonly AugmentedExample[] }
    | undefined;
}

/**
 * @param folder Absolute path of the corpus.
 * @throws UserError those of `readCorpus`, "inside-corpus" (exit code 2), and those of writing files;
 *   the signal's reason when it aborts.
 */
export async function scanRecordings(
  folder: string,
  options: ScanOptions,
  { signal, onProgress, onEntry }: ScanTools,
): Promise<CorpusScan> {
  const { threads, thumbnailFolder, exampleFolder, exampleSeed: seed = 1 } = options;
  const pool = createDecoderPool({ workerCount: threads });
  try {
    const examples =
      exampleFolder && (await openExamples(exampleFolder, { seed, corpusFolder: folder }));
    const draw = thumbnailFolder && (await openThumbnails(thumbnailFolder, folder));
    const files: CorpusFile[] = [];
    const thumbnails: Thumbnail[] = [];
    const onShare = (done: FileShare): void => onProgress?.(done);
    for await (const entry of readCorpus(folder, { pool, signal, onShare })) {
      const { file, mono, index, fileCount } = entry;
      onProgress?.({ share: 1, index, fileCount });
      files.push(file);
      if (examples && mono !== undefined) await examples.add(file.path, mono);
      const thumbnail = draw ? await draw(entry) : undefined;
      if (thumbnail !== undefined) thumbnails.push(thumbnail);
      onEntry?.(entry);
    }
    return {
      report: corpusReport(folder, files),
      thumbnails: thumbnailFolder ? { folder: thumbnailFolder, files: thumbnails } : undefined,
      augmented:
        examples && exampleFolder
          ? { folder: exampleFolder, examples: await examples.finish() }
          : undefined,
    };
  } finally {
    await pool.close();
  }
}

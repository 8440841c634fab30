/** The sounds of a corpus, while they are read, as frames in memory. */

import type { News } from "../../events/events.ts";
import { type CorpusFile, corpusReport, requireSounds } from "../audio/corpus/corpus.ts";
import type { CorpusEntry } from "../audio/corpus/judge.ts";
import type { FileShare } from "../audio/corpus/with-shares.ts";
import { type InPieces, partOf } from "../audio/on-share.ts";
import { framesInPieces, type PackedFrames, packInPieces } from "../model/sound-frames.ts";
import type { CorpusFrames, FileFrames } from "./corpus-source.ts";

/**
 * Yields progress; returns the frames.
 *
 * @param folder As the report names it.
 * @throws UserError where there are no sounds, and what the reading throws.
 */
export async function* gatheredFrames(
  folder: string,
  reading: AsyncIterable<CorpusEntry | FileShare>,
): AsyncGenerator<News, CorpusFrames> {
  const all: CorpusFile[] = [];
  const files: FileFrames[] = [];
  for await (const item of reading) {
    if ("share" in item) {
      const { share, index: done, fileCount: total } = item;
      yield { type: "phase-progress", phase: "reading", done, total, share: READ_SHARE * share };
      continue;
    }
    const { file, mono, contentHash, soundHash, index, fileCount } = item;
    all.push(file);
    if (mono !== undefined && contentHash !== undefined && soundHash !== undefined) {
      const frames = yield* withProgress(packedFrames(mono), { index, fileCount });
      files.push({
        path: file.path,
        foundAt: file.path,
        bytes: file.bytes,
        sha256: contentHash,
        soundHash,
        frames,
      });
    }
    yield { type: "phase-progress", phase: "reading", done: index + 1, total: fileCount };
  }
  const report = corpusReport(folder, all);
  requireSounds(report);
  return { report, files };
}

/** How much of the time of a long file goes into reading it; the rest goes into its frames. */
const READ_SHARE = 0.5;

function* packedFrames(mono: Float32Array): InPieces<PackedFrames> {
  const frames = yield* partOf(framesInPieces(mono), 0, 0.95);
  return yield* partOf(packInPieces(frames), 0.95, 1);
}

/** Of a short sound nothing is told: it is done at once. */
function* withProgress<Result>(
  pieces: InPieces<Result>,
  { index: done, fileCount: total }: { readonly index: number; readonly fileCount: number },
): Generator<News, Result, undefined> {
  let told = 0;
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
    const share = READ_SHARE + (1 - READ_SHARE) * next.value;
    if (share < told + 0.01 || next.value === 0) continue;
    told = share;
    yield { type: "phase-progress", phase: "reading", done, total, share };
  }
}

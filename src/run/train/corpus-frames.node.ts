/** A folder of recordings -> frames in memory, a quarter of the size of the sound itself. */

import {
  type CorpusFile,
  type CorpusReport,
  corpusReport,
  requireSounds,
} from "../../audio/corpus.ts";
import { createDecoderPool } from "../../audio/decoder-pool.node.ts";
import { readCorpus } from "../../audio/scan.node.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { News } from "../../events/events.ts";
import { framesOfSound, type PackedFrames, packFrames } from "../../model/sound-frames.ts";

export interface CorpusFrames {
  readonly report: CorpusReport;
  /** Of the used files, in path order. */
  readonly files: readonly FileFrames[];
  /** The first seconds of each file at MODEL_RATE_HZ, for comparing by ear; most are let go soon. */
  readonly openings: Map<string, Float32Array>;
}

export interface FileFrames {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly sha256: string;
  readonly frames: PackedFrames;
}

const OPENING_SECONDS = 2;

/** Yields progress; returns the frames. */
export async function* readCorpusFrames(
  folder: string,
  signal: AbortSignal,
): AsyncGenerator<News, CorpusFrames> {
  const pool = createDecoderPool();
  const all: CorpusFile[] = [];
  const files: FileFrames[] = [];
  const openings = new Map<string, Float32Array>();
  try {
    for await (const entry of readCorpus(folder, { pool, signal })) {
      const { file, mono, contentHash, index, fileCount } = entry;
      all.push(file);
      if (mono !== undefined && contentHash !== undefined) {
        files.push({
          path: file.path,
          bytes: file.bytes,
          sha256: contentHash,
          frames: packFrames(framesOfSound(mono)),
        });
        openings.set(file.path, mono.slice(0, OPENING_SECONDS * MODEL_RATE_HZ));
      }
      yield { type: "phase-progress", phase: "reading", done: index + 1, total: fileCount };
    }
  } finally {
    await pool.close();
  }
  const report = corpusReport(folder, all);
  requireSounds(report);
  return { report, files, openings };
}

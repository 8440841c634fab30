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
}

export interface FileFrames {
  readonly path: string;
  readonly bytes: number;
  readonly frames: PackedFrames;
  /** The first seconds at MODEL_RATE_HZ, for comparing by ear. */
  readonly opening: Float32Array;
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
  try {
    for await (const { file, mono, index, fileCount } of readCorpus(folder, { pool, signal })) {
      all.push(file);
      if (mono !== undefined) {
        files.push({
          path: file.path,
          bytes: file.bytes,
          frames: packFrames(framesOfSound(mono)),
          opening: mono.slice(0, OPENING_SECONDS * MODEL_RATE_HZ),
        });
      }
      yield { type: "phase-progress", phase: "reading", done: index + 1, total: fileCount };
    }
  } finally {
    await pool.close();
  }
  const report = corpusReport(folder, all);
  requireSounds(report);
  return { report, files };
}

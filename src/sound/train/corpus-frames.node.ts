/** Reads a folder of recordings into frames in memory, a quarter of the size of the sound. */

import { join } from "node:path";
import type { News } from "../../events/events.ts";
import { createDecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import {
  type CorpusFile,
  type CorpusReport,
  corpusReport,
  requireSounds,
} from "../audio/corpus/corpus.ts";
import { readCorpus, type ScanTools } from "../audio/corpus/scan.node.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { framesOfSound, type PackedFrames, packFrames } from "../model/sound-frames.ts";

export interface CorpusFrames {
  readonly report: CorpusReport;
  /** Of the used files, in path order. */
  readonly files: readonly FileFrames[];
}

export interface FileFrames {
  /** Its name in the run. */
  readonly path: string;
  /** Its current path in the folder. */
  readonly foundAt: string;
  readonly bytes: number;
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly sha256: string;
  /** SHA-256 of its sound, whatever format that is in. */
  readonly soundHash: string;
  readonly frames: PackedFrames;
}

const OPENING_SECONDS = 2;

/**
 * Yields progress; returns the frames.
 *
 * @param options.first Paths that a run knows already: they take precedence over copies of them.
 */
export async function* readCorpusFrames(
  folder: string,
  options: Pick<ScanTools, "first"> & { readonly signal: AbortSignal },
): AsyncGenerator<News, CorpusFrames> {
  const pool = createDecoderPool();
  const all: CorpusFile[] = [];
  const files: FileFrames[] = [];
  try {
    for await (const entry of readCorpus(folder, { pool, ...options })) {
      const { file, mono, contentHash, soundHash, index, fileCount } = entry;
      all.push(file);
      if (mono !== undefined && contentHash !== undefined && soundHash !== undefined) {
        files.push({
          path: file.path,
          foundAt: file.path,
          bytes: file.bytes,
          sha256: contentHash,
          soundHash,
          frames: packFrames(framesOfSound(mono)),
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

/**
 * The first seconds of a few files at MODEL_RATE_HZ, for comparison by ear; read again, because
 * keeping those of all files would take more memory than the frames.
 *
 * @returns By path; files that cannot be read any more are left out.
 */
export async function readOpenings(
  folder: string,
  paths: readonly string[],
): Promise<Map<string, Float32Array>> {
  const pool = createDecoderPool();
  const openings = new Map<string, Float32Array>();
  try {
    for (const path of paths) {
      const { outcome } = await pool.prepare(join(folder, path), MODEL_RATE_HZ);
      if (outcome.ok) openings.set(path, outcome.mono.slice(0, OPENING_SECONDS * MODEL_RATE_HZ));
    }
  } finally {
    await pool.close();
  }
  return openings;
}

/** Reads a folder of recordings into frames in memory. */

import { join } from "node:path";
import type { News } from "../../events/events.ts";
import { createDecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { readCorpus } from "../audio/corpus/scan.node.ts";
import { withShares } from "../audio/corpus/with-shares.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { CorpusFrames, CorpusSource, ReadOptions } from "./corpus-source.ts";
import { gatheredFrames } from "./gathered-frames.ts";

/** The recordings in a folder, given by its absolute path. */
export function folderCorpus(folder: string): CorpusSource {
  return {
    read: (options) => readCorpusFrames(folder, options),
    openings: (starts) => readOpenings(folder, starts),
  };
}

const OPENING_SECONDS = 2;

/** Yields progress; returns the frames. */
async function* readCorpusFrames(
  folder: string,
  options: ReadOptions,
): AsyncGenerator<News, CorpusFrames> {
  const pool = createDecoderPool();
  try {
    const reading = withShares((onShare) => readCorpus(folder, { pool, ...options, onShare }));
    return yield* gatheredFrames(folder, reading);
  } finally {
    await pool.close();
  }
}

/** Read again, because keeping the openings of all files would take more memory than the frames. */
async function readOpenings(
  folder: string,
  starts: ReadonlyMap<string, number>,
): Promise<Map<string, Float32Array>> {
  const pool = createDecoderPool();
  const openings = new Map<string, Float32Array>();
  try {
    for (const [place, startSeconds] of starts) {
      const { outcome } = await pool.prepare(join(folder, place), MODEL_RATE_HZ);
      if (!outcome.ok) continue;
      const start = Math.round(startSeconds * MODEL_RATE_HZ);
      openings.set(place, outcome.mono.slice(start, start + OPENING_SECONDS * MODEL_RATE_HZ));
    }
  } finally {
    await pool.close();
  }
  return openings;
}

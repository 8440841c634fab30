/** The interface to the recordings of a run. */

import type { News } from "../../events/events.ts";
import type { CorpusReport } from "../audio/corpus/corpus.ts";
import type { PackedFrames } from "../model/sound-frames.ts";

export interface CorpusSource {
  /**
   * Yields progress; returns the frames.
   *
   * @throws the signal's reason when it aborts, and UserError where there are no sounds.
   */
  read(options: ReadOptions): AsyncGenerator<News, CorpusFrames>;
  /**
   * Two seconds of a few files, for comparison by ear.
   *
   * @param starts Where the files lie, `foundAt`, and from which second on.
   * @returns Samples at MODEL_RATE_HZ, by place; files that cannot be read any more are left out.
   */
  openings(starts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, Float32Array>>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Paths that the run knows already: they take precedence over copies of them. */
  readonly first?: ReadonlySet<string>;
}

/** A quarter of the size of the sound itself. */
export interface CorpusFrames {
  readonly report: CorpusReport;
  /** Of the used files, in path order. */
  readonly files: readonly FileFrames[];
}

export interface FileFrames {
  /** Its name in the run. */
  readonly path: string;
  /** Its current path in the source. */
  readonly foundAt: string;
  readonly bytes: number;
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly sha256: string;
  /** SHA-256 of its sound, whatever format that is in. */
  readonly soundHash: string;
  readonly frames: PackedFrames;
}

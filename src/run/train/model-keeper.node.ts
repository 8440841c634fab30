/**
 * The best weights so far: kept in memory when they come, written with the next checkpoint,
 * and made into the model file at the end.
 */

import { join } from "node:path";
import { replaceFile } from "../../files.node.ts";
import type { Codec } from "../../latent/codec.ts";
import { corpusLatents } from "../../latent/corpus-latents.ts";
import type { Learner } from "../../model/learner.ts";
import {
  type CorpusLatents,
  type Model,
  type ModelDescription,
  readModel,
  writeModel,
} from "../../model/model-file.ts";
import type { PackedFrames } from "../../model/sound-frames.ts";
import { BEST_NAME, readBest } from "./checkpoint-store.node.ts";
import { levelsOf } from "./previews.ts";
import type { Progress } from "./progress.ts";

export interface ModelKeeper {
  /** Remembers the learner's average weights as the best. */
  keep(progress: Progress): void;
  /** Writes what was remembered since the last call. */
  write(): Promise<void>;
}

export interface ModelKeeperParts {
  readonly learner: Learner;
  readonly foundation: Model["foundation"];
  readonly checkpointFolder: string;
  describe(progress: Progress): ModelDescription;
}

const noLatents: CorpusLatents = {
  means: new Float32Array(0),
  lengths: [],
  texture: new Float32Array(0),
  loudness: new Float32Array(0),
};

export function modelKeeper(parts: ModelKeeperParts): ModelKeeper {
  const { learner, foundation, checkpointFolder } = parts;
  let pending: Omit<Model, "recipe"> | undefined;
  return {
    keep: (progress) => {
      pending = {
        description: parts.describe(progress),
        layout: learner.layout,
        foundation,
        weights: Float32Array.from(learner.state.average),
        statistics: Float32Array.from(learner.state.statistics),
        latents: noLatents,
      };
    },
    write: async () => {
      if (pending === undefined) return;
      await replaceFile(join(checkpointFolder, BEST_NAME), await writeModel(pending));
      pending = undefined;
    },
  };
}

/**
 * The best model with the latents of its training files: what `generate` draws from.
 *
 * @returns Undefined if no best was ever kept.
 */
export async function finishedModel(
  codec: Codec,
  files: readonly PackedFrames[],
  checkpointFolder: string,
): Promise<Omit<Model, "recipe"> | undefined> {
  const bytes = await readBest(checkpointFolder);
  if (bytes === undefined) return undefined;
  const best = await readModel(bytes, BEST_NAME);
  return {
    ...best,
    latents: await corpusLatents(codec, best, levelsOfEach(files)),
  };
}

/** What a model remembers of its corpus, in frames: four minutes are more than a walk can use. */
const REMEMBERED_FRAMES = 24_000;

/** Files in turn, for unpacked they take four times the memory; long ones cut so that all fit. */
function* levelsOfEach(files: readonly PackedFrames[]): Generator<Float32Array> {
  const most = fairShare(
    files.map(({ frameCount }) => frameCount),
    REMEMBERED_FRAMES,
  );
  for (const file of files) yield levelsOf(file, Math.min(file.frameCount, most));
}

/** The largest length such that all lengths, cut to it, sum up to at most `total`. */
export function fairShare(lengths: readonly number[], total: number): number {
  let left = total;
  const sorted = lengths.toSorted((a, b) => a - b);
  for (const [i, length] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - i));
    if (length > share) return Math.max(1, share);
    left -= length;
  }
  return sorted.at(-1) ?? 0;
}

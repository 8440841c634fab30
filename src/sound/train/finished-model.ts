/** The model that a run ends with: the best one, and what it remembers of its recordings. */

import type { Codec } from "../latent/codec.ts";
import { corpusLatents, type RecordingLevels } from "../latent/corpus-latents.ts";
import type { Model } from "../model/model-file.ts";
import type { PackedFrames } from "../model/sound-frames.ts";
import { heardOf } from "./previews.ts";

/** The best model with the latents of its training files: what `generate` draws from. */
export async function finishedModel<M extends Omit<Model, "recipe">>(
  codec: Codec,
  files: readonly PackedFrames[],
  best: M,
): Promise<M> {
  return { ...best, latents: await corpusLatents(codec, best, levelsOfEach(files)) };
}

/**
 * How much of its corpus a model holds as latents, in frames: four minutes are more than generation
 * can use.
 */
const REMEMBERED_FRAMES = 24_000;

/**
 * Files one at a time, because unpacked they take four times the memory; long ones are cut so that
 * all fit.
 */
function* levelsOfEach(files: readonly PackedFrames[]): Generator<RecordingLevels> {
  const most = fairShare(
    files.map(({ frameCount }) => frameCount),
    REMEMBERED_FRAMES,
  );
  for (const file of files) {
    const heard = heardOf(file, Math.min(file.frameCount, most));
    yield { ...heard, reference: file.reference };
  }
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

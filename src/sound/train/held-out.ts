/**
 * Holds out a stretch of a single take.
 *
 * Several recordings are split by whole files. A corpus of one long take has no second file, so a
 * stretch of time is held out of it instead, with a guard on each side that belongs to neither: a
 * note that is still sounding would stand on both.
 */

import { below, seededRandom } from "../../random.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { CONDITION_COUNT } from "../model/conditions.ts";
import type { StretchSeconds } from "../model/description.ts";
import type { PackedFrames } from "../model/sound-frames.ts";

/** Frames [start, end) of a file, and how many on each side are not used at all. */
export interface HeldOutFrames {
  readonly start: number;
  readonly end: number;
  readonly guard: number;
}

const FRAMES_PER_SECOND = MODEL_RATE_HZ / defaultStft.hopLength;

/** As long as a preview; less says little of a take. */
const STRETCH_SECONDS_MIN = 2;

/** A shorter take is not split: what would be left is too little to learn from. */
export const SPLIT_SECONDS_MIN = 10;

/** Seconds, and the share of a short take that this must not exceed. */
const GUARD_SECONDS = 2;
const GUARD_SHARE = 0.1;

/** Shorter pieces beside the guard are left out. */
const PIECE_SECONDS_MIN = 1;

/** A stretch in which less sounds than this share of what sounds on average is drawn again. */
const LOUDNESS_SHARE = 0.5;
const DRAWS_MAX = 8;

/**
 * Which stretch of a take is held out; it depends on nothing but the arguments.
 *
 * @param fraction Of the take's length, in [0, 0.5].
 * @returns undefined for a take shorter than SPLIT_SECONDS_MIN.
 */
export function stretchToHoldOut(
  frames: PackedFrames,
  fraction: number,
  seed: number,
): HeldOutFrames | undefined {
  const { frameCount } = frames;
  if (frameCount < SPLIT_SECONDS_MIN * FRAMES_PER_SECOND) return undefined;
  const least = Math.ceil(STRETCH_SECONDS_MIN * FRAMES_PER_SECOND);
  const length = Math.max(least, Math.round(fraction * frameCount));
  const guard = Math.round(Math.min(GUARD_SECONDS * FRAMES_PER_SECOND, GUARD_SHARE * frameCount));
  const random = seededRandom(seed);
  const wanted = LOUDNESS_SHARE * meanStep(frames);
  let start = 0;
  for (let draw = 0; draw < DRAWS_MAX; draw += 1) {
    start = below(random, frameCount - length + 1);
    if (meanStep(sliceFrames(frames, start, start + length)) >= wanted) break;
  }
  return { start, end: start + length, guard };
}

function meanStep({ steps }: PackedFrames): number {
  let sum = 0;
  // Every seventh: a take may be an hour long.
  for (let i = 0; i < steps.length; i += 7) sum += steps[i] ?? 0;
  return (7 * sum) / Math.max(1, steps.length);
}

/** Frames [start, end), in the same memory. */
function sliceFrames(frames: PackedFrames, start: number, end: number): PackedFrames {
  const { frameCount, steps, conditions } = frames;
  const binCount = steps.length / frameCount;
  return {
    ...frames,
    frameCount: end - start,
    steps: steps.subarray(start * binCount, end * binCount),
    conditions: conditions.subarray(start * CONDITION_COUNT, end * CONDITION_COUNT),
  };
}

/** What is held out of a take, and the pieces before and after it that are learned from. */
export function splitTake(
  frames: PackedFrames,
  { start, end, guard }: HeldOutFrames,
): { readonly train: readonly PackedFrames[]; readonly validation: PackedFrames } {
  const least = PIECE_SECONDS_MIN * FRAMES_PER_SECOND;
  const pieces = [
    [0, start - guard],
    [end + guard, frames.frameCount],
  ] as const;
  return {
    train: pieces.flatMap(([from, to]) =>
      to - from < least ? [] : [sliceFrames(frames, from, to)],
    ),
    validation: sliceFrames(frames, start, end),
  };
}

export function secondsOf({ start, end, guard }: HeldOutFrames): StretchSeconds {
  return {
    startSeconds: start / FRAMES_PER_SECOND,
    endSeconds: end / FRAMES_PER_SECOND,
    guardSeconds: guard / FRAMES_PER_SECOND,
  };
}

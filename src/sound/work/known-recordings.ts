/** Finds the recordings of a training by content, and the held-out stretch of a single take. */

import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { RecordingIdentity, StretchSeconds } from "../model/description.ts";

/** Whether a file is one of these recordings: the same bytes, or the same sound in another format. */
export function isAmong(
  recordings: readonly RecordingIdentity[],
): (file: RecordingIdentity) => boolean {
  const hashes = new Set(recordings.flatMap(hashesOf));
  return (file) => hashesOf(file).some((hash) => hashes.has(hash));
}

function hashesOf({ contentHash, soundHash }: RecordingIdentity): string[] {
  return soundHash === undefined ? [contentHash] : [contentHash, soundHash];
}

/** @returns Which stretch of a file was held out; undefined for a file that was whole on its side. */
export function stretchFinder(
  heldOut: readonly RecordingIdentity[],
): (file: RecordingIdentity) => StretchSeconds | undefined {
  const split = heldOut.filter(({ stretch }) => stretch !== undefined);
  const tests = split.map(({ stretch, ...identity }) => ({ stretch, isIt: isAmong([identity]) }));
  return (file) => tests.find(({ isIt }) => isIt(file))?.stretch;
}

export interface TakeParts {
  /** What was learned from: before and after the stretch, without the guard around it. */
  readonly learned: readonly Float32Array[];
  readonly heldOut: Float32Array;
}

/** @param mono Samples at MODEL_RATE_HZ. */
export function partsOfTake(
  mono: Float32Array,
  { startSeconds, endSeconds, guardSeconds }: StretchSeconds,
): TakeParts {
  const at = (seconds: number): number => Math.round(Math.max(0, seconds) * MODEL_RATE_HZ);
  const learned = [
    mono.subarray(0, at(startSeconds - guardSeconds)),
    mono.subarray(at(endSeconds + guardSeconds)),
  ];
  return {
    learned: learned.filter(({ length }) => length > 0),
    heldOut: mono.subarray(at(startSeconds), at(endSeconds)),
  };
}

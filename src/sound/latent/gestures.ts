/**
 * The gestures of a corpus: stretches of recordings that are heard as one thing, from an onset to
 * where it has died away or the next one begins.
 *
 * A one-shot or a note is one gesture; a drum loop or a sentence is a row of them; a drone, which
 * has no onset after its first, is cut into stretches.
 */

import type { CorpusLatents } from "../model/model-file.ts";

export interface Gesture {
  /** Which recording it comes from. */
  readonly file: number;
  /** Row of its first latent vector in the corpus. */
  readonly start: number;
  /** Latent vectors. */
  readonly length: number;
  /** Latent vectors from its start to where it is at its loudest, or nearly so. */
  readonly peak: number;
  /** Begins by itself, not as a stretch of something longer. */
  readonly hasOnset: boolean;
  /** Dies away, and is not cut by the next or by the end of what is remembered. */
  readonly hasEnd: boolean;
  /** Latent vectors from its start to the next one's in the same recording; undefined for the last. */
  readonly untilNext: number | undefined;
}

export interface GestureOptions {
  /** Latent vectors per second. */
  readonly latentsPerSecond: number;
}

/** A rise within 90 ms that the ear takes as a new beginning. */
const ONSET_RISE_DB = 9;
/** A rise that is a beginning also without a dip before it. */
const SUDDEN_RISE_DB = 18;
/** What falls by so much and rises again has begun again. */
const DIP_DB = 3;
/** What is this far below the loudest moment of its recording begins nothing. */
const ONSET_DEPTH_DB = 36;
/** Two onsets are at least so far apart. */
const ONSET_SPACING_SECONDS = 0.11;
/** A gesture is over when it has fallen so far below its peak. */
const END_DEPTH_DB = 50;
/** What ends so far below its peak has died away: it can be heard as an end. */
const DIED_DEPTH_DB = 24;
/** Where the peak is: the first moment within this of the loudest. */
const PEAK_TOLERANCE_DB = 3;
/** Longer ones are cut into stretches of about this length. */
const STRETCH_SECONDS = 6;

/** @returns In order of files and time; at least one for each recording that is not silent. */
export function gesturesOf(corpus: CorpusLatents, options: GestureOptions): Gesture[] {
  const gestures: Gesture[] = [];
  let first = 0;
  for (const [file, length] of corpus.lengths.entries()) {
    const loudness = corpus.loudness.subarray(first, first + length);
    gestures.push(...gesturesOfFile(loudness, { ...options, file, first }));
    first += length;
  }
  return gestures;
}

interface FilePlace extends GestureOptions {
  readonly file: number;
  /** Row of its first latent vector. */
  readonly first: number;
}

function gesturesOfFile(loudness: Float32Array, place: FilePlace): Gesture[] {
  const starts = onsetsOf(loudness, place);
  return starts.flatMap((start, i) => {
    const next = starts[i + 1];
    const limit = next ?? loudness.length;
    const whole = gestureBetween(loudness, { start, limit, isCut: next !== undefined });
    return stretches(whole, place).map((part, k, parts) => ({
      ...part,
      file: place.file,
      start: place.first + part.start,
      untilNext:
        k + 1 < parts.length ? part.length : next === undefined ? undefined : next - part.start,
    }));
  });
}

type Part = Pick<Gesture, "start" | "length" | "peak" | "hasOnset" | "hasEnd">;

/** Where something begins. The first is where the recording itself does. */
function onsetsOf(loudness: Float32Array, { latentsPerSecond }: GestureOptions): number[] {
  const loudest = loudness.reduce((most, value) => Math.max(most, value), -Infinity);
  const isHeard = (at: number): boolean => loudness[at]! > loudest - END_DEPTH_DB;
  const first = Math.max(
    0,
    loudness.findIndex((_, at) => isHeard(at)),
  );
  const spacing = Math.max(1, Math.round(ONSET_SPACING_SECONDS * latentsPerSecond));
  const onsets = [first];
  for (let at = first + 1; at < loudness.length; at += 1) {
    const last = onsets.at(-1)!;
    if (at - last < spacing || loudness[at]! < loudest - ONSET_DEPTH_DB) continue;
    if (isOnset(loudness, { at, last })) onsets.push(at);
  }
  return onsets;
}

function isOnset(
  loudness: Float32Array,
  { at, last }: { readonly at: number; readonly last: number },
): boolean {
  const rise = loudness[at]! - Math.min(loudness[at - 1]!, loudness[Math.max(0, at - 2)]!);
  if (rise < ONSET_RISE_DB) return false;
  // The steepest moment of a rise, not its foot.
  const next = (loudness[at + 1] ?? -Infinity) - loudness[at]!;
  if (next > loudness[at]! - loudness[at - 1]!) return false;
  if (rise >= SUDDEN_RISE_DB) return true;
  // What only swells has begun before: a new beginning comes after a dip.
  let foot = at;
  while (foot > last && loudness[foot - 1]! <= loudness[foot]!) foot -= 1;
  const before = loudness
    .subarray(last, foot + 1)
    .reduce((most, v) => Math.max(most, v), -Infinity);
  return before - loudness[foot]! >= DIP_DB;
}

function gestureBetween(
  loudness: Float32Array,
  {
    start,
    limit,
    isCut,
  }: { readonly start: number; readonly limit: number; readonly isCut: boolean },
): Part {
  const part = loudness.subarray(start, limit);
  const loudest = part.reduce((most, value) => Math.max(most, value), -Infinity);
  const last = part.findLastIndex((value) => value > loudest - END_DEPTH_DB);
  const length = Math.max(1, last + 1);
  const endsAt = part[length - 1]!;
  const fellSilent = length < part.length;
  return {
    start,
    length,
    peak: Math.max(
      0,
      part.findIndex((value) => value > loudest - PEAK_TOLERANCE_DB),
    ),
    hasOnset: true,
    // The end of a file counts as one where it has got quiet by then.
    hasEnd: fellSilent || (!isCut && endsAt < loudest - DIED_DEPTH_DB),
  };
}

/** A long gesture in parts that are not too long; only the first begins, only the last ends. */
function stretches(whole: Part, { latentsPerSecond }: GestureOptions): Part[] {
  const count = Math.max(1, Math.round(whole.length / (STRETCH_SECONDS * latentsPerSecond)));
  return Array.from({ length: count }, (_, i): Part => {
    const from = Math.floor((i * whole.length) / count);
    const to = Math.floor(((i + 1) * whole.length) / count);
    return {
      start: whole.start + from,
      length: to - from,
      peak: Math.min(Math.max(0, whole.peak - from), to - from - 1),
      hasOnset: whole.hasOnset && i === 0,
      hasEnd: whole.hasEnd && i === count - 1,
    };
  });
}

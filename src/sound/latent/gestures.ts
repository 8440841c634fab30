/**
 * Finds the gestures of a corpus: segments of recordings that are heard as one event, from an onset
 * to the end of its release or to the next onset.
 *
 * A one-shot or a note is one gesture; a drum loop or a sentence is a sequence of them; a drone,
 * which has no onset after its first, is cut into segments.
 */

import type { CorpusLatents } from "../model/model-file.ts";

export interface Gesture {
  /** Which recording it comes from. */
  readonly file: number;
  /** Row of its first latent vector in the corpus. */
  readonly start: number;
  /** Latent vectors. */
  readonly length: number;
  /** Latent vectors from its start to its peak, or nearly so. */
  readonly peak: number;
  /** Begins with an onset, not as a segment of something longer. */
  readonly hasOnset: boolean;
  /** Ends with its release, not cut by the next onset or by the end of what the model holds. */
  readonly hasEnd: boolean;
  /** Latent vectors from its start to the next one's in the same recording; undefined for the last. */
  readonly untilNext: number | undefined;
}

export interface GestureOptions {
  /** Latent vectors per second. */
  readonly latentsPerSecond: number;
}

/** A rise within 90 ms that is heard as an onset. */
const ONSET_RISE_DB = 9;
/** A rise that is an onset even without a dip before it. */
const SUDDEN_RISE_DB = 18;
/** A fall by this much and a rise after it make a new onset. */
const DIP_DB = 3;
/** Nothing this far below the loudest moment of its recording is an onset. */
const ONSET_DEPTH_DB = 36;
/** Least distance of two onsets. */
const ONSET_SPACING_SECONDS = 0.11;
/** A gesture ends when it has fallen this far below its peak. */
const END_DEPTH_DB = 50;
/** While it goes on falling it may ring out to here; hiss does not fall. */
const RINGS_OUT_DB = 70;
/** A gesture that ends this far below its peak has a natural ending. */
const DIED_DEPTH_DB = 24;
/** Where the peak is: the first moment within this of the loudest. */
const PEAK_TOLERANCE_DB = 3;
/** Longer ones are cut into segments of about this length. */
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

/** The onsets. The first is the start of the recording. */
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
  // A swell is no onset: an onset comes after a dip.
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
  const length = ringsUntil(part, { last: Math.max(0, last), least: loudest - RINGS_OUT_DB }) + 1;
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
    // The end of a file is a natural ending if it is quiet by then.
    hasEnd: fellSilent || (!isCut && endsAt < loudest - DIED_DEPTH_DB),
  };
}

function ringsUntil(
  part: Float32Array,
  { last, least }: { readonly last: number; readonly least: number },
): number {
  let end = last;
  while (end + 1 < part.length && part[end + 1]! < part[end]! && part[end + 1]! > least) end += 1;
  return end;
}

/** Cuts a long gesture into segments; only the first has an onset, only the last an ending. */
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

/**
 * Divides an MP3 file into runs of frames that one decoder can take: of one rate, channel count and
 * encoder, with no damage between them.
 *
 * A decoder that meets a change keeps its first rate, or writes to one channel only; one that meets
 * damage combines bits from both sides of it into peaks of many times full scale. A new decoder
 * does neither.
 */

import {
  isSameStream,
  type MpegHeader,
  mpegChainLength,
  mpegFrameBytes,
  mpegHeader,
} from "./mpeg-frames.ts";
import { mpegSideBytes, readMpegSide } from "./mpeg-side.ts";
import { tagBytesAt } from "./tags.ts";
import { textAt } from "./text-at.ts";

export interface MpegRun {
  readonly header: MpegHeader;
  readonly startByte: number;
  readonly endByte: number;
  /** Whether something damaged stood before it. */
  readonly isBehindGap: boolean;
}

/** A run that may still grow. */
interface OpenRun extends MpegRun {
  endByte: number;
  /** Bytes of the bodies so far, and how far the main data of the last frame reached in them. */
  bodiesBytes: number;
  mainEndByte: number;
}

export interface MpegFile {
  readonly runs: readonly MpegRun[];
  /** How many gaps between two frames hold neither a frame nor a tag. */
  readonly gapCount: number;
}

/** So many frames must follow each other for a change of rate, or for a start behind junk. */
const FRAMES_TO_BELIEVE = 4;

/** Finds all runs of a file. */
export function findMpegRuns(bytes: Uint8Array): MpegFile {
  const runs: OpenRun[] = [];
  let gapCount = 0;
  let isBehindGap = false;
  let at = 0;
  while (at < bytes.length) {
    const tagBytes = tagBytesAt(bytes, at);
    const run = runs.at(-1);
    if (tagBytes > 0) {
      at += tagBytes;
    } else if (run?.endByte === at && continues(bytes, at, run.header)) {
      if (!append(bytes, run)) isBehindGap = true;
      at = frameEnd(bytes, at);
    } else {
      const startByte = nextStartByte(bytes, at, run?.header);
      const header = startByte === undefined ? undefined : mpegHeader(bytes, startByte);
      if (startByte === undefined || header === undefined) break;
      isBehindGap ||= run !== undefined && startByte > at;
      if (isBehindGap) gapCount += 1;
      const empty = { endByte: startByte, bodiesBytes: 0, mainEndByte: Number.NEGATIVE_INFINITY };
      const next: OpenRun = { header, startByte, isBehindGap, ...empty };
      isBehindGap = !append(bytes, next);
      at = frameEnd(bytes, startByte);
      if (!isBehindGap) runs.push(next);
    }
  }
  return { runs, gapCount };
}

/**
 * Takes the next frame into a run. A damaged one is not: its bits would begin before those of the
 * last frame are over, or end behind its own body.
 */
function append(bytes: Uint8Array, run: OpenRun): boolean {
  const frameByte = run.endByte;
  const endByte = frameEnd(bytes, frameByte);
  if (run.header.layer === 3) {
    const side = readMpegSide(bytes, frameByte, run.header);
    if (side === undefined) return false;
    const mainByte = run.bodiesBytes - side.mainBackBytes;
    const bodiesBytes = run.bodiesBytes + endByte - side.bodyByte;
    const mainEndByte = mainByte + side.mainBytes;
    if (mainByte < run.mainEndByte || mainEndByte > bodiesBytes) return false;
    Object.assign(run, { bodiesBytes, mainEndByte });
  }
  run.endByte = endByte;
  return true;
}

function frameEnd(bytes: Uint8Array, at: number): number {
  return Math.min(bytes.length, at + (mpegFrameBytes(bytes, at) ?? bytes.length));
}

/** Whether the frame that stands here belongs to the run before it. */
function continues(bytes: Uint8Array, at: number, before: MpegHeader): boolean {
  const header = mpegHeader(bytes, at);
  return (
    header !== undefined &&
    isSameStream(before, header) &&
    header.isMono === before.isMono &&
    mpegFrameBytes(bytes, at) !== undefined &&
    !isInfoFrame(bytes, at, header)
  );
}

/** Where frames begin again: two of the stream before, or several of another one. */
function nextStartByte(
  bytes: Uint8Array,
  fromByte: number,
  before: MpegHeader | undefined,
): number | undefined {
  for (let at = bytes.indexOf(0xff, fromByte); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const header = mpegHeader(bytes, at);
    if (header === undefined) continue;
    const isKnown = before === undefined ? at === fromByte : isSameStream(before, header);
    const needed = isKnown ? 2 : FRAMES_TO_BELIEVE;
    if (mpegChainLength(bytes, at, needed) >= needed) return at;
    // One last frame, or one alone in its file, has no other to prove it.
    if (isKnown && at + (mpegFrameBytes(bytes, at) ?? 0) === bytes.length) return at;
  }
  return undefined;
}

/** Samples per channel of all frames, an encoder's first one with facts among them. */
export function mpegRunLength(
  bytes: Uint8Array,
  { startByte, endByte, header: { layer, isVersion1 } }: MpegRun,
): number {
  const frameLength = layer === 1 ? 384 : layer === 3 && !isVersion1 ? 576 : 1152;
  let length = 0;
  for (let at = startByte; at < endByte; at = frameEnd(bytes, at)) length += frameLength;
  return length;
}

/**
 * Whether a frame holds metadata instead of sound ("Xing" or "Info"): the first one of an encoder.
 */
export function isInfoFrame(bytes: Uint8Array, at: number, header: MpegHeader): boolean {
  return /Xing|Info/.test(textAt(bytes, infoByte(at, header), 4));
}

/** Where an info frame holds its mark: behind the header and the side information. */
export function infoByte(at: number, header: MpegHeader): number {
  return at + 4 + mpegSideBytes(header);
}

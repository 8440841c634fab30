/**
 * MP3 in free format (a bitrate of the encoder's own choice) -> the same sound at the highest
 * standard bitrate, which every decoder takes: headers are changed, and the main data is moved.
 *
 * The packaged mpg123 misreads such a file as noise at another rate.
 */

import { type MpegHeader, mpegFrameBytes, mpegHeader } from "./mpeg-frames.ts";
import { isInfoFrame } from "./mpeg-runs.ts";
import { backBits, mpegSideBytes, readMpegSide } from "./mpeg-side.ts";

/** A frame with all that is its own, wherever that stood. */
export interface PlacedFrame {
  /** Header and side information, without a checksum. */
  readonly head: Uint8Array;
  readonly main: Uint8Array;
  /** Whether it holds facts instead of sound, see `isInfoFrame`. */
  readonly isInfo: boolean;
}

/**
 * Writes frames at the highest standard bitrate.
 *
 * @param header Of all of them: layer III.
 * @returns undefined if they hold more than fits.
 */
export function standardFrames(
  frames: readonly PlacedFrame[],
  header: MpegHeader,
): Uint8Array | undefined {
  const [first] = frames;
  const headBytes = 4 + mpegSideBytes(header);
  const highest = first && mpegFrameBytes(standardHead(first.head.slice(0, 4)), 0);
  if (highest === undefined) return undefined;
  const bodyBytes = highest - headBytes;
  const backMax = 2 ** backBits(header) - 1;
  const out = new Uint8Array(frames.length * highest);
  let mainEnd = 0;
  for (const [index, { head, main, isInfo }] of frames.entries()) {
    const body = index * bodyBytes;
    const start = Math.max(mainEnd, body - backMax);
    mainEnd = start + main.length;
    if (mainEnd > body + bodyBytes) return undefined;
    out.set(standardHead(Uint8Array.from(head)), index * highest);
    writeBack(out, index * highest + 4, { back: body - start, bits: backBits(header) });
    for (const [i, byte] of main.entries()) {
      const at = start + i;
      out[Math.floor(at / bodyBytes) * highest + headBytes + (at % bodyBytes)] = byte;
    }
    // Decoders drop this frame whole: nothing of the next one may stand in it.
    if (isInfo) mainEnd = body + bodyBytes;
  }
  return out;
}

/** What stands in an info frame, LAME's part included. */
const INFO_BYTES_MAX = 156;

/** Takes each frame's main data out of the bodies; a frame that lacks a part is left out. */
export function placedFrames(bytes: Uint8Array): PlacedFrame[] {
  const bodies = new Uint8Array(bytes.length);
  let bodiesEnd = 0;
  const frames: PlacedFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const header = mpegHeader(bytes, at);
    const length = mpegFrameBytes(bytes, at);
    if (header === undefined || length === undefined) break;
    const side = readMpegSide(bytes, at, header);
    if (side !== undefined) {
      const body = bytes.subarray(side.bodyByte, at + length);
      bodies.set(body, bodiesEnd);
      const first = bodiesEnd - side.mainBackBytes;
      bodiesEnd += body.length;
      const isWhole = first >= 0 && first + side.mainBytes <= bodiesEnd;
      // An info frame says how much silence the encoder added: it goes on as it is.
      const isInfo = isInfoFrame(bytes, at, header);
      const head = Uint8Array.from([
        ...bytes.subarray(at, at + 4),
        ...bytes.subarray(side.startByte, side.bodyByte),
      ]);
      if (isInfo) frames.push({ isInfo, head, main: body.slice(0, INFO_BYTES_MAX) });
      else if (isWhole) {
        frames.push({ isInfo, head, main: bodies.slice(first, first + side.mainBytes) });
      }
    }
    at += length;
  }
  return frames;
}

/** The highest bitrate, no padding, no checksum; in place. */
function standardHead(head: Uint8Array): Uint8Array {
  head[1] = head[1]! | 1;
  head[2] = (head[2]! & 0x0d) | 0xe0;
  return head;
}

/** Writes the first 8 or 9 bits of the side information. */
function writeBack(
  out: Uint8Array,
  at: number,
  { back, bits }: { readonly back: number; readonly bits: number },
): void {
  if (bits === 8) {
    out[at] = back;
    return;
  }
  out[at] = back >> 1;
  out[at + 1] = (out[at + 1]! & 0x7f) | ((back & 1) << 7);
}

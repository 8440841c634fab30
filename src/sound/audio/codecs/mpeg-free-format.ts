/**
 * MP3 in free format (a bitrate of the encoder's own choice) -> the same sound at the highest
 * standard bitrate, which every decoder takes: headers are changed, and the main data is moved.
 *
 * The packaged mpg123 misreads such a file as noise at another rate.
 */

import { DecodeError } from "./decode-outcome.ts";
import { type MpegHeader, mpegFrameBytes, mpegHeader } from "./mpeg-frames.ts";
import { isInfoFrame } from "./mpeg-runs.ts";
import { backBits, mpegSideBytes, readMpegSide } from "./mpeg-side.ts";

interface Placed {
  /** Header and side information, without a checksum. */
  readonly head: Uint8Array;
  readonly main: Uint8Array;
}

/**
 * Moves a run of free-format frames into standard ones.
 *
 * @throws DecodeError "unsupported-format" if it is not layer III, or holds more than fits.
 */
export function toStandardBitrate(bytes: Uint8Array, header: MpegHeader): Uint8Array {
  if (header.layer !== 3) throw unsupported();
  const frames = placedFrames(bytes);
  const headBytes = 4 + mpegSideBytes(header);
  const highest = mpegFrameBytes(standardHead(Uint8Array.from(bytes.subarray(0, 4))), 0);
  if (highest === undefined) throw unsupported();
  const bodyBytes = highest - headBytes;
  const backMax = 2 ** backBits(header) - 1;
  const out = new Uint8Array(frames.length * highest);
  let mainEnd = 0;
  for (const [index, { head, main }] of frames.entries()) {
    const body = index * bodyBytes;
    const start = Math.max(mainEnd, body - backMax);
    mainEnd = start + main.length;
    if (mainEnd > body + bodyBytes) throw unsupported();
    out.set(standardHead(head), index * highest);
    writeBack(out, index * highest + 4, { back: body - start, bits: backBits(header) });
    for (const [i, byte] of main.entries()) {
      const at = start + i;
      out[Math.floor(at / bodyBytes) * highest + headBytes + (at % bodyBytes)] = byte;
    }
  }
  return out;
}

/** What stands in an info frame, LAME's part included. */
const INFO_BYTES_MAX = 156;

function unsupported(): DecodeError {
  const message = "MP3 in free format, at more than the highest standard bitrate, is not supported";
  return new DecodeError("unsupported-format", message);
}

/** Takes each frame's main data out of the bodies; a frame that lacks a part is left out. */
function placedFrames(bytes: Uint8Array): Placed[] {
  const bodies = new Uint8Array(bytes.length);
  let bodiesEnd = 0;
  const frames: Placed[] = [];
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
      if (isInfo) frames.push({ head, main: body.slice(0, INFO_BYTES_MAX) });
      else if (isWhole) frames.push({ head, main: bodies.slice(first, first + side.mainBytes) });
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

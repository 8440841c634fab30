/**
 * The first, silent frame of an MP3 file: how many frames follow, and how many samples at both
 * ends belong to the encoder and not to the sound. Players then know the length, and repeat a loop
 * without a gap.
 *
 * Source: "MP3 Info Tag revision 1 specifications", gabriel.mp3-tech.org.
 */

import { crc16Reflected } from "./checksums.ts";
import { mpegFrameBytes, mpegHeader } from "./mpeg-frames.ts";
import { infoByte } from "./mpeg-runs.ts";

/** Samples that LAME puts before the sound. */
const ENCODER_DELAY = 576;

const FRAME_LENGTH = 1152;
const PADDING_MAX = 2 ** 12 - 1;
/** Frames, bytes, table of contents and quality follow. */
const ALL_FIELDS = 15;
const CONSTANT_BIT_RATE = 1;

/**
 * @param frames The frames of one stream of MPEG 1, layer III, at a constant bit rate.
 * @param length Samples of the sound, per channel.
 */
export function infoFrame(frames: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const header = mpegHeader(frames, 0);
  if (header === undefined) throw new Error("the MP3 encoder gave no frames");
  const frameCount = countFrames(frames);
  // Without padding and checksum, else as all the others.
  const head = Uint8Array.of(0xff, frames[1]! | 1, frames[2]! & ~2, frames[3]!);
  const frame = new Uint8Array(mpegFrameBytes(head, 0)!);
  frame.set(head);
  const view = new DataView(frame.buffer);
  const at = infoByte(0, header);
  putText(frame, at, "Info");
  view.setUint32(at + 4, ALL_FIELDS);
  view.setUint32(at + 8, frameCount);
  view.setUint32(at + 12, frame.length + frames.length);
  // At a constant bit rate, every hundredth of the time is one of the bytes.
  for (let i = 0; i < 100; i += 1) frame[at + 16 + i] = Math.floor((i * 256) / 100);
  const lame = at + 120;
  putText(frame, lame, "LAME3.100");
  frame[lame + 9] = CONSTANT_BIT_RATE;
  // More than a byte holds.
  frame[lame + 20] = Math.min(255, header.kbps);
  const padding = frameCount * FRAME_LENGTH - ENCODER_DELAY - length;
  const delays = ENCODER_DELAY * 2 ** 12 + Math.max(0, Math.min(PADDING_MAX, padding));
  frame.set([delays >> 16, (delays >> 8) & 0xff, delays & 0xff], lame + 21);
  view.setUint32(lame + 28, frame.length + frames.length);
  view.setUint16(lame + 32, crc16Reflected(frames));
  view.setUint16(lame + 34, crc16Reflected(frame.subarray(0, lame + 34)));
  return frame;
}

function countFrames(frames: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < frames.length; count += 1) {
    at += mpegFrameBytes(frames, at) ?? frames.length;
  }
  return count;
}

function putText(bytes: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) bytes[at + i] = text.charCodeAt(i);
}

/**
 * Reads FLAC at every depth from 4 to 32 bits, exactly.
 *
 * Only frames with correct checksums are used, so that trailing data (old tags, zeros) is not taken
 * for sound, and a damaged frame affects only itself.
 *
 * Source: RFC 9639.
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
import type { Sound } from "../sound.ts";
import { DecodeError, type DecodeWarning } from "./decode-outcome.ts";
import { type FlacFormat, readFlacFrame, readFlacHeader } from "./flac-frame.ts";
import { joinSounds } from "./join-sounds.ts";
import { textAt } from "./text-at.ts";

/**
 * Reads a whole FLAC file; of files that were joined, each.
 *
 * @throws DecodeError if no frame can be read.
 */
export function readFlac(bytes: Uint8Array, onShare?: OnShare): RawSound {
  const first = readStream(bytes, onShare);
  const streams = [first];
  let rest = bytes.subarray(first.endByte);
  while (textAt(rest, 0, 4) === "fLaC") {
    const stream = readStream(rest);
    streams.push(stream);
    rest = rest.subarray(stream.endByte);
  }
  const joined = joinSounds(streams.map(({ sound }) => sound));
  const gapCount = streams.reduce((sum, stream) => sum + stream.gapCount, 0);
  const notes = gapCount === 0 ? joined.notes : [...joined.notes, damageNote(gapCount)];
  return { sound: joined.sound, notes, truncated: streams.some(({ truncated }) => truncated) };
}

/** The warning about a file with damaged parts between readable ones. */
export function damageNote(gapCount: number): DecodeWarning {
  const places = gapCount === 1 ? "1 place" : `${gapCount} places`;
  return { code: "damaged", message: `the file is damaged in ${places}; the rest is used` };
}

interface FlacStream {
  readonly sound: Sound;
  readonly truncated: boolean;
  /** How often something damaged stood between two good frames. */
  readonly gapCount: number;
  /** Where the last good frame ends. */
  readonly endByte: number;
}

interface StreamInfo extends FlacFormat {
  readonly sampleRate: number;
  /** Samples per channel; 0 if unknown. */
  readonly length: number;
}

const STREAM_INFO_BYTE = 8;
const STREAM_INFO_BYTES = 34;

function streamInfo(bytes: Uint8Array): StreamInfo {
  if (bytes.length < STREAM_INFO_BYTE + STREAM_INFO_BYTES || (bytes[4]! & 0x7f) !== 0) {
    throw new DecodeError("damaged", "the FLAC file has no format");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed = view.getUint32(STREAM_INFO_BYTE + 10);
  return {
    sampleRate: packed >>> 12,
    channelCount: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    length: (packed & 15) * 2 ** 32 + view.getUint32(STREAM_INFO_BYTE + 14),
  };
}

/** Behind all blocks of metadata: where the first frame stands, if they are whole. */
function firstFrameByte(bytes: Uint8Array): number {
  let at = 4;
  for (let isLast = false; !isLast && at + 4 <= bytes.length; ) {
    isLast = (bytes[at]! & 0x80) !== 0;
    at += 4 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
  }
  return at;
}

function readStream(bytes: Uint8Array, onShare?: OnShare): FlacStream {
  const info = streamInfo(bytes);
  if (info.sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  const samples = new SampleStore(info, bytes.length);
  let at = firstFrameByte(bytes);
  let endByte = at;
  let gapCount = 0;
  while (at < bytes.length) {
    const frame = readFlacFrame(bytes, at, info);
    if (frame === undefined) {
      const isComplete = info.length > 0 && samples.length >= info.length;
      // A joined file begins where this one's frames have ended.
      if (isComplete || textAt(bytes, at, 4) === "fLaC") break;
      at = nextHeaderByte(bytes, at + 1, info);
      continue;
    }
    if (at > endByte) gapCount += 1;
    samples.append(frame.channels);
    at = frame.endByte;
    endByte = at;
    onShare?.(at / bytes.length);
  }
  const { length } = samples;
  if (length === 0) {
    throw bytes.length > endByte
      ? new DecodeError("damaged", "none of its frames can be read")
      : new DecodeError("truncated", "the file ends before its samples");
  }
  const sound = { sampleRate: info.sampleRate, channels: samples.channels() };
  // What is missing where there is a gap was damaged, not cut off.
  const truncated = length < info.length && gapCount === 0;
  return { sound, truncated, gapCount, endByte };
}

function nextHeaderByte(bytes: Uint8Array, fromByte: number, format: FlacFormat): number {
  let at = fromByte;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return bytes.length;
    if (readFlacHeader(bytes, at, format) !== undefined) return at;
    at += 1;
  }
}

/** The shortest frame, which holds the longest block. */
const FRAME_BYTES_MIN = 10;
const BLOCK_LENGTH_MAX = 65_536;

/** Collects blocks as floats, in one piece if the header says how many there will be. */
class SampleStore {
  length = 0;
  readonly #scale: number;
  #channels: Float32Array[];

  constructor({ channelCount, bitsPerSample, length }: StreamInfo, byteCount: number) {
    this.#scale = 2 ** (1 - bitsPerSample);
    const lengthMax = Math.ceil(byteCount / FRAME_BYTES_MIN) * BLOCK_LENGTH_MAX;
    const capacity = length > 0 ? Math.min(length, lengthMax) : BLOCK_LENGTH_MAX;
    this.#channels = Array.from({ length: channelCount }, () => new Float32Array(capacity));
  }

  append(block: readonly Float64Array[]): void {
    const end = this.length + block[0]!.length;
    if (end > this.#channels[0]!.length) this.#grow(end);
    for (const [channel, samples] of block.entries()) {
      const target = this.#channels[channel]!;
      for (let i = 0; i < samples.length; i += 1) {
        target[this.length + i] = samples[i]! * this.#scale;
      }
    }
    this.length = end;
  }

  channels(): Float32Array[] {
    return this.#channels.map((samples) => samples.subarray(0, this.length));
  }

  #grow(length: number): void {
    this.#channels = this.#channels.map((samples) => {
      const larger = new Float32Array(Math.max(length, 2 * samples.length));
      larger.set(samples);
      return larger;
    });
  }
}

/**
 * How much sound a compressed file holds according to its headers, before it is decoded.
 *
 * A few bytes can decode to hours: without a limit, memory and time would decide, differently on
 * every machine.
 */

import { DecodeError } from "./decode-outcome.ts";
import { findMpegRuns, mpegRunLength } from "./mpeg-runs.ts";
import { readOggFile } from "./ogg-pages.ts";
import type { ReadableFormat } from "./sniff.ts";

export interface PromisedLength {
  readonly sampleRate: number;
  readonly channelCount: number;
  /** Samples per channel. */
  readonly length: number;
}

/**
 * Undefined where the file does not say, and for formats with little compression, where the file
 * size is limit enough.
 */
export function promisedLength(
  format: ReadableFormat,
  bytes: Uint8Array,
): PromisedLength | undefined {
  switch (format) {
    case "flac":
      return flacLength(bytes, 0);
    case "ogg-flac":
    case "ogg-vorbis":
    case "opus":
      return oggLength(bytes);
    case "mp3":
      return mp3Length(bytes);
    default:
      return undefined;
  }
}

/** In all channels together, 2 GiB once decoded: 100 minutes of stereo at 44.1 kHz. */
export const SAMPLES_MAX: number = 2 ** 29;

/** @throws DecodeError "too-large" if it is more than `SAMPLES_MAX`. */
export function requireRoom({ sampleRate, channelCount, length }: PromisedLength): void {
  const total = length * channelCount;
  if (total <= SAMPLES_MAX) return;
  const minutes = Math.round(length / sampleRate / 60);
  const channels = channelCount === 1 ? "1 channel" : `${channelCount} channels`;
  const millions = (samples: number): string => `${Math.round(samples / 1e6)} million`;
  throw new DecodeError(
    "too-large",
    `it holds ${minutes} minutes in ${channels}, ${millions(total)} samples, more than ${millions(SAMPLES_MAX)}: cut it into shorter files`,
  );
}

// --- internal ---

/** STREAMINFO of the FLAC stream that begins at `start`. Source: RFC 9639, section 8.2. */
function flacLength(bytes: Uint8Array, start: number): PromisedLength | undefined {
  const at = start + 18;
  if (at + 8 > bytes.length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const packed = view.getUint32(at);
  const sampleRate = packed >>> 12;
  const length = (packed & 15) * 2 ** 32 + view.getUint32(at + 4);
  if (sampleRate === 0 || length === 0) return undefined;
  return { sampleRate, channelCount: ((packed >>> 9) & 7) + 1, length };
}

/** The sum of all links of a chain: each page says at which sample of its link it ends. */
function oggLength(bytes: Uint8Array): PromisedLength | undefined {
  let sum: PromisedLength | undefined;
  for (const { format, pages } of readOggFile(bytes).links) {
    const [head] = pages;
    if (head === undefined) continue;
    const sound = oggHeads[format](head.bytes.subarray(OGG_HEADER_BYTES + head.bytes[26]!));
    if (sound === undefined || sound.sampleRate === 0) continue;
    const length = Math.max(...pages.map(({ bytes: page }) => endSampleOf(page)));
    sum = {
      sampleRate: Math.max(sum?.sampleRate ?? 0, sound.sampleRate),
      channelCount: Math.max(sum?.channelCount ?? 0, sound.channelCount),
      length: (sum?.length ?? 0) + length,
    };
  }
  return sum;
}

const OGG_HEADER_BYTES = 27;
export const OPUS_RATE_HZ = 48_000;

type OggHead = Omit<PromisedLength, "length">;

/** The first packet of a stream. Sources: Vorbis I, section 4.2.2; RFC 7845; RFC 9639, 10.1. */
const oggHeads = {
  "ogg-vorbis": (packet: Uint8Array): OggHead | undefined => {
    if (packet.length < 16) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    return { channelCount: view.getUint8(11), sampleRate: view.getUint32(12, true) };
  },
  opus: (packet: Uint8Array): OggHead | undefined => ({
    channelCount: packet[9] ?? 1,
    sampleRate: OPUS_RATE_HZ,
  }),
  "ogg-flac": (packet: Uint8Array): OggHead | undefined => {
    if (packet.length < 35) return undefined;
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const packed = view.getUint32(27);
    return { sampleRate: packed >>> 12, channelCount: ((packed >>> 9) & 7) + 1 };
  },
};

/** 0 for a page on which no packet ends, which says -1. */
function endSampleOf(page: Uint8Array): number {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  return Math.max(0, Number(view.getBigInt64(6, true)));
}

/** Counts the frames: variable bitrates leave no other way. */
function mp3Length(bytes: Uint8Array): PromisedLength | undefined {
  const { runs } = findMpegRuns(bytes);
  if (runs.length === 0) return undefined;
  return {
    sampleRate: Math.max(...runs.map(({ header }) => header.rateHz)),
    channelCount: runs.some(({ header }) => !header.isMono) ? 2 : 1,
    length: runs.reduce((sum, run) => sum + mpegRunLength(bytes, run), 0),
  };
}

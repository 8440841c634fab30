/**
 * Reads WAV: RIFF, RF64 and BW64; plain and extensible; PCM of every width, A-law, mu-law, IMA and
 * MS ADPCM.
 *
 * Sizes in the header are treated as hints, since recorders that crash or stream leave 0 or a
 * number near 2 or 4 GiB there: the sound ends with the file or with the data chunk, whichever
 * comes first.
 *
 * Source: Microsoft, "Multiple Channel Audio Data and WAVE Files"; EBU Tech 3306 (RF64).
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
import { MS_ADPCM_WEIGHTS, readImaWav, readMsAdpcm } from "./adpcm.ts";
import { DecodeError } from "./decode-outcome.ts";
import { isReadable, type PcmLayout, paddingSide, readPcm } from "./pcm.ts";
import { CHUNK_HEADER_BYTES, TAG_EXTENSIBLE } from "./riff-chunk.ts";
import { textAt } from "./text-at.ts";

/**
 * Reads a whole WAV file.
 *
 * @throws DecodeError if the file is not a WAV file, has no channels, or holds a compressed codec.
 */
export function readWav(bytes: Uint8Array, onShare?: OnShare): RawSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, data, statedLength } = findChunks(bytes, view);
  const samples = bytes.subarray(data.startByte, data.startByte + data.byteLength);
  const channels = readChannels(samples, format, onShare).map((channel) =>
    channel.subarray(0, lengthOf(channel.length, format, statedLength)),
  );
  return { sound: { sampleRate: format.sampleRate, channels }, truncated: data.truncated };
}

/** A stated length is there to say how much of the last block counts: of another, it is wrong. */
function lengthOf(read: number, { layout, blockBytes }: WavFormat, stated = read): number {
  // Four bits a sample; the head of a block makes it a few more than this.
  const blockSamples = (2 * blockBytes) / layout.channelCount;
  return stated > read - blockSamples ? stated : read;
}

/**
 * The bytes of the data chunk: a whole Ogg or MP3 file, in the WAV files that wrap one.
 * Undefined where there is none.
 */
export function wavPayload(bytes: Uint8Array): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 12;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const size = view.getUint32(at + 4, true);
    const start = at + CHUNK_HEADER_BYTES;
    if (textAt(bytes, at, 4) === "data") return bytes.subarray(start, start + size);
    at = start + size + (size % 2);
  }
  return undefined;
}

/**
 * Whether a size is the placeholder of a program that does not know it yet: near 2 or 4 GiB, or, as
 * SoX does in AIFF, a little under 0x7f000000.
 */
export function isSizeOfStream(size: number): boolean {
  const NEAR = 2 ** 16;
  return [0x7f00_0000, 2 ** 31, 2 ** 32].some((limit) => Math.abs(size - limit) <= NEAR);
}

interface WavFormat {
  readonly codec: "pcm" | "ima-adpcm" | "ms-adpcm";
  readonly sampleRate: number;
  readonly blockBytes: number;
  /** How samples lie; of ADPCM, only the number of channels counts. */
  readonly layout: PcmLayout;
  readonly weights?: readonly (readonly [number, number])[];
}

interface WavData {
  readonly startByte: number;
  readonly byteLength: number;
  readonly truncated: boolean;
}

interface WavChunks {
  readonly format: WavFormat;
  readonly data: WavData;
  /** Samples per channel, of a codec whose blocks may hold more than there are. */
  readonly statedLength: number | undefined;
}

function findChunks(bytes: Uint8Array, view: DataView): WavChunks {
  if (textAt(bytes, 8, 4) !== "WAVE") throw new DecodeError("damaged", "the WAV header is missing");
  let format: WavFormat | undefined;
  let longDataBytes: number | undefined;
  let factLength: number | undefined;
  let at = 12;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const name = textAt(bytes, at, 4);
    const size = view.getUint32(at + 4, true);
    const start = at + CHUNK_HEADER_BYTES;
    if (name === "fmt ") format = readFormat(view, start, size);
    if (name === "ds64" && start + 16 <= bytes.length) {
      longDataBytes = Number(view.getBigUint64(start + 8, true));
    }
    if (name === "fact" && start + 4 <= bytes.length) factLength = view.getUint32(start, true);
    if (name === "data") {
      if (format === undefined) {
        throw new DecodeError("damaged", "the WAV file has samples before its format chunk");
      }
      const stated = size === 0xffff_ffff ? (longDataBytes ?? size) : size;
      const data = dataAt(bytes, start, stated);
      const counts = format.codec !== "pcm" && !data.truncated && factLength !== 0;
      return { format, data, statedLength: counts ? factLength : undefined };
    }
    at = start + size + (size % 2);
  }
  throw new DecodeError("no-samples", "the file holds a header and no samples");
}

function dataAt(bytes: Uint8Array, startByte: number, statedBytes: number): WavData {
  const leftBytes = bytes.length - startByte;
  const sizeMissing =
    statedBytes === 0
      ? !chunkStarts(bytes, startByte)
      : statedBytes > leftBytes && (isSizeOfStream(statedBytes) || statedBytes > 2 ** 60);
  if (sizeMissing) return { startByte, byteLength: leftBytes, truncated: false };
  return {
    startByte,
    byteLength: Math.min(statedBytes, leftBytes),
    truncated: statedBytes > leftBytes,
  };
}

/** Whether a known chunk follows: then a data size of 0 before it is to be believed. */
function chunkStarts(bytes: Uint8Array, at: number): boolean {
  return ["LIST", "id3 ", "ID3 ", "bext", "smpl", "cue ", "fact", "PEAK"].includes(
    textAt(bytes, at, 4),
  );
}

const codecNames: { readonly [tag: number]: string } = { 49: "GSM", 80: "MPEG", 85: "MP3" };

function readFormat(view: DataView, at: number, size: number): WavFormat {
  if (size < 16 || at + 16 > view.byteLength) {
    throw new DecodeError("damaged", "the WAV format chunk is too short");
  }
  const outerTag = view.getUint16(at, true);
  // The extensible form repeats the tag as the first two bytes of a GUID.
  const extensible = outerTag === TAG_EXTENSIBLE && size >= 40 && at + 40 <= view.byteLength;
  const tag = extensible ? view.getUint16(at + 24, true) : outerTag;
  const channelCount = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const blockBytes = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  if (channelCount === 0) throw new DecodeError("zero-channels", "the file has no channels");
  if (sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  const layout: PcmLayout = {
    coding: codingOf(tag, bits),
    channelCount,
    sampleBytes: Math.ceil(bits / 8),
    sampleBits: bits,
    littleEndian: true,
  };
  const format = { sampleRate, blockBytes, layout };
  if ((tag === 2 || tag === 17) && bits === 4 && blockBytes > 7 * channelCount) {
    const codec = tag === 2 ? "ms-adpcm" : "ima-adpcm";
    return { ...format, codec, weights: weightsIn(view, at, size) };
  }
  if (![1, 3, 6, 7].includes(tag)) {
    const name = codecNames[tag] ?? `codec ${tag}`;
    throw new DecodeError("unsupported-format", `WAV with ${name} inside is not supported`);
  }
  if (!isReadable(layout)) {
    const kind = layout.coding === "float" ? "float" : "integer";
    const message = `WAV with ${kind} samples of ${bits} bits is not supported`;
    throw new DecodeError("unsupported-format", message);
  }
  return { ...format, codec: "pcm" };
}

function codingOf(tag: number, bits: number): PcmLayout["coding"] {
  if (tag === 3) return "float";
  if (tag === 6) return "a-law";
  if (tag === 7) return "mu-law";
  return bits <= 8 ? "unsigned" : "signed";
}

/** The pairs that stand behind the format of MS ADPCM, or the usual ones. */
function weightsIn(view: DataView, at: number, size: number): [number, number][] {
  const count = size >= 22 && at + 22 <= view.byteLength ? view.getUint16(at + 20, true) : 0;
  const stated = count > 0 && size >= 22 + 4 * count && at + size <= view.byteLength;
  if (!stated) return MS_ADPCM_WEIGHTS.map(([newer, older]) => [newer, older]);
  return Array.from({ length: count }, (_, i) => [
    view.getInt16(at + 22 + 4 * i, true),
    view.getInt16(at + 24 + 4 * i, true),
  ]);
}

function readChannels(
  bytes: Uint8Array,
  format: WavFormat,
  onShare: OnShare | undefined,
): Float32Array[] {
  const { codec, blockBytes, layout, weights } = format;
  const blocks = { channelCount: layout.channelCount, blockBytes, ...(weights && { weights }) };
  switch (codec) {
    case "ima-adpcm":
      return readImaWav(bytes, blocks);
    case "ms-adpcm":
      return readMsAdpcm(bytes, blocks);
    case "pcm":
      return readPcm(bytes, roomierLayout(bytes, format), onShare);
  }
}

/**
 * Integers may take more bytes than they need, such as 24 bits in 4. Only the block size says so,
 * and some programs get it wrong: so the samples must show that the bytes are unused.
 */
function roomierLayout(bytes: Uint8Array, { layout, blockBytes }: WavFormat): PcmLayout {
  const sampleBytes = blockBytes / layout.channelCount;
  const roomier = { ...layout, sampleBytes };
  const isRoomier = sampleBytes > layout.sampleBytes && [2, 3, 4].includes(sampleBytes);
  if (layout.coding !== "signed" || !isRoomier) return layout;
  if (paddingSide(bytes, roomier) !== "none") return roomier;
  if (layout.sampleBytes < 3) return layout;
  const message = `WAV with ${layout.sampleBits} bits in ${sampleBytes} bytes, all in use, cannot be told from noise`;
  throw new DecodeError("damaged", message);
}

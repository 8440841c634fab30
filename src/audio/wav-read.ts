/**
 * WAV in: RIFF, RF64 and BW64; integers of 8 to 32 bits, floats of 32 and 64, plain and extensible.
 *
 * Sizes in the header are treated as hints, since recorders that crash or stream leave 0 or
 * 0xFFFFFFFF there: the sound ends where the file ends, or where the data chunk ends, whichever
 * comes first.
 *
 * Source: Microsoft, "Multiple Channel Audio Data and WAVE Files"; EBU Tech 3306 (RF64).
 */

import type { RawSound } from "./check-sound.ts";
import { DecodeError } from "./decode-outcome.ts";
import { textAt } from "./sniff.ts";

/**
 * Reads a whole WAV file. Integers are scaled so that full scale is 1; floats are taken as they are.
 *
 * @throws DecodeError if the file is not a WAV file, has no channels, or holds a compressed codec.
 */
export function readWav(bytes: Uint8Array): RawSound {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { format, data } = findChunks(bytes, view);
  const { channelCount, sampleRate, bytesPerSample } = format;
  const frameBytes = bytesPerSample * channelCount;
  const frameCount = Math.floor(data.byteLength / frameBytes);
  const channels = Array.from({ length: channelCount }, () => new Float32Array(frameCount));
  const readSample = sampleReader(format, view);
  for (let channel = 0; channel < channelCount; channel += 1) {
    const samples = channels[channel]!;
    let at = data.startByte + channel * bytesPerSample;
    for (let i = 0; i < frameCount; i += 1, at += frameBytes) samples[i] = readSample(at);
  }
  return { sound: { sampleRate, channels }, truncated: data.truncated };
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

interface WavFormat {
  readonly kind: "integer" | "float";
  readonly channelCount: number;
  readonly sampleRate: number;
  /** Bytes that one sample of one channel takes: 1, 2, 3, 4 or 8. */
  readonly bytesPerSample: number;
}

interface WavData {
  readonly startByte: number;
  readonly byteLength: number;
  readonly truncated: boolean;
}

const CHUNK_HEADER_BYTES = 8;
const SIZE_UNKNOWN = 0xffff_ffff;

function findChunks(bytes: Uint8Array, view: DataView): { format: WavFormat; data: WavData } {
  if (textAt(bytes, 8, 4) !== "WAVE") throw new DecodeError("damaged", "the WAV header is missing");
  let format: WavFormat | undefined;
  let longDataBytes: number | undefined;
  let at = 12;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const name = textAt(bytes, at, 4);
    const size = view.getUint32(at + 4, true);
    const start = at + CHUNK_HEADER_BYTES;
    if (name === "fmt ") format = readFormat(view, start, size);
    if (name === "ds64" && start + 16 <= bytes.length) {
      longDataBytes = Number(view.getBigUint64(start + 8, true));
    }
    if (name === "data") {
      if (format === undefined) {
        throw new DecodeError("damaged", "the WAV file has samples before it says their format");
      }
      const stated = size === SIZE_UNKNOWN && longDataBytes !== undefined ? longDataBytes : size;
      return { format, data: dataAt(bytes, start, stated) };
    }
    at = start + size + (size % 2);
  }
  throw new DecodeError("no-samples", "the file holds a header and no samples");
}

function dataAt(bytes: Uint8Array, startByte: number, statedBytes: number): WavData {
  const leftBytes = bytes.length - startByte;
  const sizeMissing =
    statedBytes === SIZE_UNKNOWN || (statedBytes === 0 && !chunkStarts(bytes, startByte));
  if (sizeMissing) return { startByte, byteLength: leftBytes, truncated: false };
  return {
    startByte,
    byteLength: Math.min(statedBytes, leftBytes),
    truncated: statedBytes > leftBytes,
  };
}

/** Whether a known chunk stands here: then a data size of 0 before it is meant. */
function chunkStarts(bytes: Uint8Array, at: number): boolean {
  return ["LIST", "id3 ", "ID3 ", "bext", "smpl", "cue ", "fact", "PEAK"].includes(
    textAt(bytes, at, 4),
  );
}

const TAG_INTEGER = 1;
const TAG_FLOAT = 3;
const TAG_EXTENSIBLE = 0xfffe;

const codecNames: { readonly [tag: number]: string } = {
  2: "Microsoft ADPCM",
  6: "A-law",
  7: "mu-law",
  17: "IMA ADPCM",
  49: "GSM",
  85: "MP3",
};

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
  const bitsPerSample = view.getUint16(at + 14, true);
  if (channelCount === 0) throw new DecodeError("zero-channels", "the file has no channels");
  if (sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  if (tag !== TAG_INTEGER && tag !== TAG_FLOAT) {
    const codec = codecNames[tag] ?? `codec ${tag}`;
    throw new DecodeError("unsupported-format", `WAV with ${codec} inside is not supported`);
  }
  const kind = tag === TAG_FLOAT ? "float" : "integer";
  const bytesPerSample = Math.ceil(bitsPerSample / 8);
  const known = kind === "float" ? [4, 8] : [1, 2, 3, 4];
  if (!known.includes(bytesPerSample)) {
    const message = `WAV with ${kind} samples of ${bitsPerSample} bits is not supported`;
    throw new DecodeError("unsupported-format", message);
  }
  return { kind, channelCount, sampleRate, bytesPerSample };
}

/** Fewer bits than the bytes hold (20 in 24, say) stand at the top, so full scale stays the same. */
function sampleReader(format: WavFormat, view: DataView): (at: number) => number {
  if (format.kind === "float") {
    return format.bytesPerSample === 8
      ? (at) => view.getFloat64(at, true)
      : (at) => view.getFloat32(at, true);
  }
  switch (format.bytesPerSample) {
    case 1:
      return (at) => (view.getUint8(at) - 128) / 2 ** 7;
    case 2:
      return (at) => view.getInt16(at, true) / 2 ** 15;
    case 3:
      return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23;
    default:
      return (at) => view.getInt32(at, true) / 2 ** 31;
  }
}

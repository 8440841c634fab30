/**
 * Recognises the format of a file by its content. Names and extensions are ignored: they are often
 * wrong, the content never is.
 */

import { isLastMpegFrame, mpegChainLength } from "./mpeg-frames.ts";
import { tagBytesAt } from "./tags.ts";
import { textAt } from "./text-at.ts";

/** What a file can be: a format that étude decodes itself, or another one. */
export type AudioFormat = ReadableFormat | "foreign";

/** Formats that are decoded here. */
export type ReadableFormat =
  | "wav"
  | "aiff"
  | "caf"
  | "flac"
  | "ogg-flac"
  | "ogg-vorbis"
  | "opus"
  | "mp3";

export type Sniffed =
  | { readonly kind: "audio"; readonly format: ReadableFormat; readonly startByte: number }
  /** Sound or music, but in a format that nothing here decodes. */
  | { readonly kind: "unsupported"; readonly name: string; readonly isSound: boolean }
  | { readonly kind: "unknown" };

/**
 * Recognises a file by its content.
 *
 * `startByte` is where the audio begins: past an ID3 or APE tag, which some programs also put before FLAC,
 * or past the junk that precedes the first frame of some MP3 files.
 *
 * @param bytes The whole file.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  const tagLength = tagBytesAt(bytes, 0);
  const body = bytes.subarray(tagLength);
  for (const { format, matches } of signatures) {
    if (matches(body)) return { kind: "audio", format, startByte: tagLength };
  }
  for (const { name, at = 0, magic } of unsupportedSignatures) {
    if (textAt(body, at, magic.length) === magic) {
      return { kind: "unsupported", name, isSound: magic !== "MThd" };
    }
  }
  if (startsWithAdts(body)) {
    return { kind: "unsupported", name: "AAC (ADTS)", isSound: true };
  }
  const frameStart = findMpegFrames(body, tagLength > 0);
  if (frameStart === undefined) return { kind: "unknown" };
  return { kind: "audio", format: "mp3", startByte: tagLength + frameStart };
}

/** How far into a file without a tag two MPEG frames suffice. */
const JUNK_BYTES_TRUSTED = 8192;
const FRAMES_DEEP_INSIDE = 8;

const signatures: readonly {
  readonly format: ReadableFormat;
  readonly matches: (bytes: Uint8Array) => boolean;
}[] = [
  {
    format: "wav",
    matches: (bytes) =>
      ["RIFF", "RF64", "BW64"].includes(textAt(bytes, 0, 4)) && textAt(bytes, 8, 4) === "WAVE",
  },
  {
    format: "aiff",
    matches: (bytes) =>
      textAt(bytes, 0, 4) === "FORM" && ["AIFF", "AIFC"].includes(textAt(bytes, 8, 4)),
  },
  { format: "caf", matches: (bytes) => textAt(bytes, 0, 4) === "caff" },
  { format: "flac", matches: (bytes) => textAt(bytes, 0, 4) === "fLaC" },
  { format: "ogg-flac", matches: (bytes) => oggPacketStarts(bytes, "\x7fFLAC") },
  { format: "ogg-vorbis", matches: (bytes) => oggPacketStarts(bytes, "\x01vorbis") },
  { format: "opus", matches: (bytes) => oggPacketStarts(bytes, "OpusHead") },
];

const unsupportedSignatures: readonly {
  readonly name: string;
  readonly at?: number;
  readonly magic: string;
}[] = [
  { name: "MPEG-4 (M4A, AAC or ALAC)", at: 4, magic: "ftyp" },
  { name: "Matroska or WebM", magic: "\x1a\x45\xdf\xa3" },
  { name: "Windows Media", magic: "\x30\x26\xb2\x75\x8e\x66\xcf\x11" },
  { name: "Ogg with an unknown codec", magic: "OggS" },
  { name: "big-endian WAV (RIFX)", magic: "RIFX" },
  { name: "Sony Wave64", magic: "riff\x2e\x91\xcf\x11" },
  { name: "Sun/NeXT audio (AU)", magic: ".snd" },
  { name: "WavPack", magic: "wvpk" },
  { name: "Monkey's Audio", magic: "MAC " },
  { name: "Musepack", magic: "MPCK" },
  { name: "DSD", magic: "DSD " },
  { name: "AMR", magic: "#!AMR" },
  { name: "MIDI (notes, not sound)", magic: "MThd" },
];

/**
 * Whether one of the first pages of an Ogg file begins a stream with `magic`. Those of all its
 * streams stand in front; sound need not be the first of them.
 */
function oggPacketStarts(bytes: Uint8Array, magic: string): boolean {
  const FIRST_PAGE = 2;
  let at = 0;
  while (textAt(bytes, at, 4) === "OggS" && ((bytes[at + 5] ?? 0) & FIRST_PAGE) !== 0) {
    const body = at + 27 + (bytes[at + 26] ?? 0);
    if (textAt(bytes, body, magic.length) === magic) return true;
    at = bytes.subarray(at + 27, body).reduce((sum, size) => sum + size, body);
  }
  return false;
}

/**
 * Offset of the first MPEG frame that others follow. Near the start, or behind a tag, one more
 * proves it; deep inside a file of anything it takes a whole chain.
 */
function findMpegFrames(bytes: Uint8Array, behindTag: boolean): number | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const needed = behindTag || at <= JUNK_BYTES_TRUSTED ? 2 : FRAMES_DEEP_INSIDE;
    if (mpegChainLength(bytes, at, needed) >= needed) return at;
    if (at === 0 && isLastMpegFrame(bytes, at)) return at;
  }
  return undefined;
}

/** AAC frames have almost the same header as MPEG frames, and state their length. */
function adtsFrameBytes(bytes: Uint8Array, at: number): number | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0 || at + 6 > bytes.length) {
    return undefined;
  }
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  return length >= 7 ? length : undefined;
}

function startsWithAdts(bytes: Uint8Array): boolean {
  const length = adtsFrameBytes(bytes, 0);
  if (length === undefined) return false;
  return length === bytes.length || adtsFrameBytes(bytes, length) !== undefined;
}

/**
 * What a file is, told from its first bytes. Names and extensions are never asked:
 * they are wrong often enough to matter, and the content never is.
 */

/** Formats that can be decoded. */
export type AudioFormat =
  | "wav"
  | "aiff"
  | "caf"
  | "flac"
  | "ogg-flac"
  | "ogg-vorbis"
  | "opus"
  | "mp3";

export type Sniffed =
  | { readonly kind: "audio"; readonly format: AudioFormat; readonly startByte: number }
  /** Sound or music, but in a format that nothing here decodes. */
  | { readonly kind: "unsupported"; readonly name: string }
  | { readonly kind: "unknown" };

/**
 * Recognises a file by its content.
 *
 * `startByte` is where the audio begins: past an ID3 tag, which some programs also put before FLAC,
 * or past the junk that precedes the first frame of some MP3 files.
 *
 * @param bytes The file, or at least its first 64 KiB.
 */
export function sniff(bytes: Uint8Array): Sniffed {
  const tagLength = id3Length(bytes);
  const body = bytes.subarray(tagLength);
  for (const { format, matches } of signatures) {
    if (matches(body)) return { kind: "audio", format, startByte: tagLength };
  }
  for (const { name, at = 0, magic } of unsupportedSignatures) {
    if (textAt(body, at, magic.length) === magic) return { kind: "unsupported", name };
  }
  const frameStart = findMpegFrames(body, tagLength > 0 ? body.length : JUNK_BYTES_MAX);
  if (frameStart === undefined) return { kind: "unknown" };
  if (layerOf(body, frameStart) === LAYER_RESERVED) {
    return { kind: "unsupported", name: "AAC (ADTS)" };
  }
  return { kind: "audio", format: "mp3", startByte: tagLength + frameStart };
}

/** Four or more bytes as text, one character a byte; shorter at the end of the file. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** How far into a file without a tag the first MPEG frame may stand. */
const JUNK_BYTES_MAX = 8192;

const signatures: readonly {
  readonly format: AudioFormat;
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

/** Length of all ID3v2 tags at the start, in bytes. Their sizes hold 7 bits a byte. */
function id3Length(bytes: Uint8Array): number {
  let at = 0;
  while (at + 10 <= bytes.length && textAt(bytes, at, 3) === "ID3") {
    const footer = (bytes[at + 5]! & 0x10) !== 0 ? 10 : 0;
    const size = bytes
      .subarray(at + 6, at + 10)
      .reduce((sum, byte) => sum * 2 ** 7 + (byte & 0x7f), 0);
    at += 10 + size + footer;
  }
  return Math.min(at, bytes.length);
}

/** The bits of an MPEG header that name its layer; the reserved value marks AAC. */
const LAYER_RESERVED = 0;
const LAYER_3 = 1;
const LAYER_1 = 3;

function layerOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + 1]! >> 1) & 3;
}

/**
 * Offset of the first of two MPEG frames that follow each other exactly, or of one frame that ends
 * the file. One header alone proves nothing: noise holds eleven set bits every few kilobytes.
 */
function findMpegFrames(bytes: Uint8Array, searchBytes: number): number | undefined {
  const last = Math.min(bytes.length - 4, searchBytes);
  for (let at = 0; at <= last; at += 1) {
    const length = mpegFrameLength(bytes, at);
    if (length === undefined) continue;
    const next = at + length;
    const endsTheFile = at === 0 && next === bytes.length;
    const sameStream =
      mpegFrameLength(bytes, next) !== undefined &&
      (bytes[at + 1]! & 0xfe) === (bytes[next + 1]! & 0xfe) &&
      (bytes[at + 2]! & 0x0c) === (bytes[next + 2]! & 0x0c);
    if (endsTheFile || sameStream) return at;
  }
  return undefined;
}

const BITRATES_KBPS = {
  mpeg1: {
    layer1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    layer2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    layer3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  },
  mpeg2: {
    layer1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    others: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  },
};

/** In bytes, header included; undefined where no valid header stands. Source: ISO/IEC 11172-3. */
function mpegFrameLength(bytes: Uint8Array, at: number): number | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) {
    return undefined;
  }
  const version = (bytes[at + 1]! >> 3) & 3; // 0: MPEG 2.5, 1: reserved, 2: MPEG 2, 3: MPEG 1
  const layer = layerOf(bytes, at);
  if (layer === LAYER_RESERVED) return adtsFrameLength(bytes, at);
  const rateHz = [44_100, 48_000, 32_000][(bytes[at + 2]! >> 2) & 3];
  if (version === 1 || rateHz === undefined) return undefined;
  const kbps = bitratesOf(version === 3, layer)[(bytes[at + 2]! >> 4) - 1];
  if (kbps === undefined) return undefined;
  const streamRateHz = version === 3 ? rateHz : version === 2 ? rateHz / 2 : rateHz / 4;
  const padding = (bytes[at + 2]! >> 1) & 1;
  if (layer === LAYER_1) return (Math.floor((12_000 * kbps) / streamRateHz) + padding) * 4;
  const samplesPerByte = layer === LAYER_3 && version !== 3 ? 72_000 : 144_000;
  return Math.floor((samplesPerByte * kbps) / streamRateHz) + padding;
}

function bitratesOf(mpeg1: boolean, layer: number): readonly number[] {
  if (!mpeg1) return layer === LAYER_1 ? BITRATES_KBPS.mpeg2.layer1 : BITRATES_KBPS.mpeg2.others;
  if (layer === LAYER_1) return BITRATES_KBPS.mpeg1.layer1;
  return layer === LAYER_3 ? BITRATES_KBPS.mpeg1.layer3 : BITRATES_KBPS.mpeg1.layer2;
}

/** AAC frames wear almost the same header, with their length written in it. */
function adtsFrameLength(bytes: Uint8Array, at: number): number | undefined {
  if ((bytes[at + 1]! & 0xf0) !== 0xf0 || at + 6 > bytes.length) return undefined;
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  return length >= 7 ? length : undefined;
}

/**
 * What the header of a compressed file promises, so that the decoder's result can be held
 * against it. Decoders give what is there of a cut-off file and say nothing.
 */

import { type AudioFormat, textAt } from "./sniff.ts";

export interface HeaderPromise {
  readonly channelCount?: number;
  readonly sampleRate?: number;
  /** Samples per channel. */
  readonly length?: number;
  /** True where the container itself shows that its end is missing. */
  readonly endMissing?: boolean;
  /** Bits of one sample, where a decoder needs correcting by them. */
  readonly bitsPerSample?: number;
}

/** Reads the promise of a file; fields that the format does not state are left out. */
export function headerPromise(format: AudioFormat, bytes: Uint8Array): HeaderPromise {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return promises[format](bytes, view);
}

type ReadPromise = (bytes: Uint8Array, view: DataView) => HeaderPromise;

const promises: { readonly [F in AudioFormat]: ReadPromise } = {
  // Our own readers check the promises of their files themselves.
  wav: () => ({}),
  aiff: () => ({}),
  caf: () => ({}),
  flac: (_bytes, view) => streamInfo(view, 8),
  "ogg-flac": (bytes, view) => ({
    // One page header, then "\x7fFLAC", version, header count, "fLaC" and a block header.
    ...streamInfo(view, 27 + (bytes[26] ?? 0) + 17),
    ...oggPromise(bytes),
  }),
  "ogg-vorbis": oggPromise,
  opus: oggPromise,
  mp3: mp3Promise,
};

/** FLAC's first metadata block, at byte `at`. Source: RFC 9639, section 8.2. */
function streamInfo(view: DataView, at: number): HeaderPromise {
  if (at + 18 > view.byteLength) return {};
  const packed = view.getUint32(at + 10);
  const length = (view.getUint8(at + 13) & 0x0f) * 2 ** 32 + view.getUint32(at + 14);
  return {
    sampleRate: packed >>> 12,
    channelCount: ((packed >>> 9) & 7) + 1,
    bitsPerSample: ((packed >>> 4) & 31) + 1,
    ...(length > 0 && { length }),
  };
}

/** An Ogg stream marks its last page; one that lacks the mark was cut off. Source: RFC 3533. */
function oggPromise(bytes: Uint8Array): HeaderPromise {
  const LAST_PAGE = 0x04;
  for (let at = bytes.length - 27; at >= 0; at -= 1) {
    if (bytes[at] !== 0x4f || textAt(bytes, at, 5) !== "OggS\0") continue;
    const segments = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const pageBytes = 27 + segments.length + segments.reduce((sum, size) => sum + size, 0);
    const last = (bytes[at + 5]! & LAST_PAGE) !== 0;
    return { endMissing: !last || at + pageBytes > bytes.length };
  }
  return { endMissing: true };
}

/** LAME and others state the length in bytes in a first, silent frame ("Xing" or "Info"). */
function mp3Promise(bytes: Uint8Array, view: DataView): HeaderPromise {
  const HAS_FRAMES = 1;
  const HAS_BYTES = 2;
  const MODE_MONO = 3;
  const channelCount = (bytes[3] ?? 0) >> 6 === MODE_MONO ? 1 : 2;
  for (let at = 4; at < Math.min(bytes.length - 16, 200); at += 1) {
    const mark = textAt(bytes, at, 4);
    if (mark !== "Xing" && mark !== "Info") continue;
    const flags = view.getUint32(at + 4);
    if ((flags & HAS_BYTES) === 0) break;
    const stated = view.getUint32(at + ((flags & HAS_FRAMES) === 0 ? 8 : 12));
    // Taggers rewrite files without care: only a clear lack counts.
    return { channelCount, endMissing: bytes.length < stated * MP3_COMPLETE_SHARE };
  }
  return { channelCount };
}

const MP3_COMPLETE_SHARE = 0.98;

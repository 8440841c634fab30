/**
 * Reads Apple's Core Audio Format: PCM, A-law, mu-law and IMA4.
 *
 * Source: Apple, "Core Audio Format Specification 1.0".
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
import { readIma4 } from "./adpcm.ts";
import { DecodeError } from "./decode-outcome.ts";
import { isReadable, type PcmLayout, readPcm } from "./pcm.ts";
import { textAt } from "./text-at.ts";

/**
 * Reads a whole CAF file.
 *
 * @throws DecodeError if it has no format, no samples or no channels, or holds another codec.
 */
export function readCaf(bytes: Uint8Array, onShare?: OnShare): RawSound {
  const { description, data, valid } = findChunks(bytes);
  if (description === undefined) {
    throw new DecodeError("damaged", "the CAF file has no format chunk");
  }
  const { sampleRate, channelCount } = description;
  if (channelCount === 0) throw new DecodeError("zero-channels", "the file has no channels");
  if (sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  if (data === undefined) throw new DecodeError("truncated", "the file ends before its samples");
  const channels = readChannels(data.bytes, description, onShare);
  const { primingCount = 0, validCount = channels[0]!.length } = valid ?? {};
  return {
    sound: {
      sampleRate,
      channels: channels.map((samples) =>
        samples.subarray(primingCount, primingCount + validCount),
      ),
    },
    truncated: data.truncated,
  };
}

interface Description {
  readonly sampleRate: number;
  readonly codec: string;
  readonly flags: number;
  readonly packetBytes: number;
  readonly channelCount: number;
  readonly bits: number;
}

interface CafChunks {
  description?: Description;
  data?: { readonly bytes: Uint8Array; readonly truncated: boolean };
  /** Which of the decoded samples are meant to be heard. */
  valid?: { readonly validCount: number; readonly primingCount: number };
}

const CHUNK_HEADER_BYTES = 12;
/** The samples are preceded by a count of edits. */
const DATA_HEAD_BYTES = 4;

function findChunks(bytes: Uint8Array): CafChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: CafChunks = {};
  let at = 8;
  while (at + CHUNK_HEADER_BYTES <= bytes.length) {
    const name = textAt(bytes, at, 4);
    const size = Number(view.getBigInt64(at + 4));
    const start = at + CHUNK_HEADER_BYTES;
    if (name === "desc" && start + 32 <= bytes.length) {
      found.description = {
        sampleRate: view.getFloat64(start),
        codec: textAt(bytes, start + 8, 4),
        flags: view.getUint32(start + 12),
        packetBytes: view.getUint32(start + 16),
        channelCount: view.getUint32(start + 24),
        bits: view.getUint32(start + 28),
      };
    }
    if (name === "pakt" && start + 24 <= bytes.length) {
      found.valid = {
        validCount: Number(view.getBigInt64(start + 8)),
        primingCount: view.getUint32(start + 16),
      };
    }
    // A size of -1 means "to the end of the file".
    const end = size === -1 ? bytes.length : start + size;
    if (name === "data") {
      const samples = bytes.subarray(start + DATA_HEAD_BYTES, Math.max(0, end));
      found.data = { bytes: samples, truncated: end > bytes.length };
    }
    if (end < start) break;
    at = end;
  }
  return found;
}

function readChannels(
  bytes: Uint8Array,
  description: Description,
  onShare: OnShare | undefined,
): Float32Array[] {
  const { codec, channelCount, bits, flags, packetBytes } = description;
  if (codec === "ima4") return readIma4(bytes, channelCount);
  const FLAG_FLOAT = 1;
  const FLAG_LITTLE_ENDIAN = 2;
  const codings: { readonly [codec: string]: PcmLayout["coding"] } = {
    lpcm: (flags & FLAG_FLOAT) === 0 ? "signed" : "float",
    alaw: "a-law",
    ulaw: "mu-law",
  };
  const coding = codings[codec];
  const layout: PcmLayout = {
    coding: coding ?? "signed",
    channelCount,
    sampleBytes: codec === "lpcm" ? packetBytes / channelCount : 1,
    sampleBits: bits,
    littleEndian: (flags & FLAG_LITTLE_ENDIAN) !== 0,
  };
  if (coding === undefined || !Number.isInteger(layout.sampleBytes) || !isReadable(layout)) {
    const what = coding === undefined ? `"${codec.trim()}" inside` : `samples of ${bits} bits`;
    throw new DecodeError("unsupported-format", `CAF with ${what} is not supported`);
  }
  return readPcm(bytes, layout, onShare);
}

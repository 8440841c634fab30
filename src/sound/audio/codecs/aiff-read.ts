/**
 * Reads AIFF and AIFF-C: PCM of every width in both byte orders, floats, A-law, mu-law and IMA4.
 *
 * Chunks come in any order, so the format may follow the samples. Sizes and counts of 0, or those
 * of a stream, mean "to the end of the file".
 *
 * Source: Apple, "Audio Interchange File Format AIFF-C", 1991, and QuickTime's codec names.
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
import { IMA4_PACKET_SAMPLES, readIma4 } from "./adpcm.ts";
import { DecodeError } from "./decode-outcome.ts";
import { isReadable, type PcmLayout, readPcm } from "./pcm.ts";
import { textAt } from "./text-at.ts";
import { isSizeOfStream } from "./wav-read.ts";

/**
 * Reads a whole AIFF file.
 *
 * @throws DecodeError if it has no format, no samples or no channels, or holds another codec.
 */
export function readAiff(bytes: Uint8Array, onShare?: OnShare): RawSound {
  const { common, data } = findChunks(bytes);
  if (common === undefined) throw new DecodeError("damaged", "the AIFF file has no format chunk");
  if (common.channelCount === 0) {
    throw new DecodeError("zero-channels", "the file has no channels");
  }
  if (common.sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  if (data === undefined) {
    throw common.frameCount > 0
      ? new DecodeError("truncated", "the file ends before its samples")
      : new DecodeError("no-samples", "the file holds a header and no samples");
  }
  const channels = readChannels(data.bytes, common, onShare);
  const readCount = channels[0]!.length;
  const length = lengthStated(common, readCount) ?? readCount;
  return {
    sound: {
      sampleRate: common.sampleRate,
      channels: channels.map((channel) => channel.subarray(0, length)),
    },
    truncated: data.truncated || (!data.streamed && readCount < length),
  };
}

interface Common {
  readonly channelCount: number;
  /** Of IMA4, usually packets of 64 samples. 0 if unknown. */
  readonly frameCount: number;
  readonly sampleRate: number;
  readonly codec: string;
  readonly bits: number;
}

interface SoundData {
  readonly bytes: Uint8Array;
  readonly streamed: boolean;
  readonly truncated: boolean;
}

function findChunks(bytes: Uint8Array): { common?: Common; data?: SoundData } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isAiffC = textAt(bytes, 8, 4) === "AIFC";
  let common: Common | undefined;
  let data: SoundData | undefined;
  let at = 12;
  while (at + 8 <= bytes.length) {
    const name = textAt(bytes, at, 4);
    const size = view.getUint32(at + 4);
    const start = at + 8;
    if (name === "COMM" && start + 18 <= bytes.length) {
      const hasCodec = isAiffC && size >= 22 && start + 22 <= bytes.length;
      common = {
        channelCount: view.getUint16(start),
        frameCount: view.getUint32(start + 2),
        bits: view.getUint16(start + 6),
        sampleRate: extendedFloat(view, start + 8),
        codec: hasCodec ? textAt(bytes, start + 18, 4) : "NONE",
      };
    }
    if (name === "SSND" && start + SSND_HEAD_BYTES <= bytes.length) {
      data = soundData(bytes, view, { start, size });
      if (data.streamed) break;
    }
    at = start + size + (size % 2);
  }
  return { ...(common && { common }), ...(data && { data }) };
}

/** Offset and block size stand before the samples. */
const SSND_HEAD_BYTES = 8;

function soundData(
  bytes: Uint8Array,
  view: DataView,
  { start, size }: { readonly start: number; readonly size: number },
): SoundData {
  const first = start + SSND_HEAD_BYTES + view.getUint32(start);
  const end = start + size;
  const followed = /^[A-Z()][A-Za-z(). ]{3}$/.test(textAt(bytes, end + (size % 2), 4));
  const sizeMissing = size <= SSND_HEAD_BYTES && !followed;
  const streamed = sizeMissing || (isSizeOfStream(size) && end > bytes.length);
  return {
    bytes: bytes.subarray(first, streamed ? bytes.length : end),
    streamed,
    truncated: !streamed && end > bytes.length,
  };
}

/** Ten bytes: sign and exponent in two, then the mantissa with its leading 1. */
function extendedFloat(view: DataView, at: number): number {
  const exponent = (view.getUint16(at) & 0x7fff) - 16_383;
  const mantissa = view.getUint32(at + 2) * 2 ** 32 + view.getUint32(at + 6);
  return mantissa === 0 ? 0 : mantissa * 2 ** (exponent - 63);
}

function readChannels(
  bytes: Uint8Array,
  common: Common,
  onShare: OnShare | undefined,
): Float32Array[] {
  if (common.codec === "ima4") return readIma4(bytes, common.channelCount);
  return readPcm(bytes, layoutOf(common), onShare);
}

function layoutOf({ codec, channelCount, bits }: Common): PcmLayout {
  const known = codecLayouts[codec];
  const layout: PcmLayout = {
    coding: "signed",
    littleEndian: false,
    sampleBytes: Math.ceil(bits / 8),
    sampleBits: bits,
    ...known,
    channelCount,
  };
  if (known === undefined || !isReadable(layout)) {
    const what = known === undefined ? `"${codec}" inside` : `samples of ${bits} bits`;
    throw new DecodeError("unsupported-format", `AIFF with ${what} is not supported`);
  }
  return layout;
}

const codecLayouts: { readonly [codec: string]: Partial<PcmLayout> } = {
  NONE: {},
  none: {},
  twos: {},
  sowt: { littleEndian: true },
  "raw ": { coding: "unsigned" },
  in16: { sampleBytes: 2, sampleBits: 16 },
  in24: { sampleBytes: 3, sampleBits: 24 },
  in32: { sampleBytes: 4, sampleBits: 32 },
  "42ni": { sampleBytes: 3, sampleBits: 24, littleEndian: true },
  "23ni": { sampleBytes: 4, sampleBits: 32, littleEndian: true },
  fl32: { coding: "float", sampleBytes: 4 },
  FL32: { coding: "float", sampleBytes: 4 },
  fl64: { coding: "float", sampleBytes: 8 },
  FL64: { coding: "float", sampleBytes: 8 },
  alaw: { coding: "a-law", sampleBytes: 1 },
  ALAW: { coding: "a-law", sampleBytes: 1 },
  ulaw: { coding: "mu-law", sampleBytes: 1 },
  ULAW: { coding: "mu-law", sampleBytes: 1 },
};

/** Samples per channel that the header promises; undefined if it leaves that open. */
function lengthStated({ codec, frameCount }: Common, readCount: number): number | undefined {
  if (frameCount === 0 || frameCount === 0xffff_ffff) return undefined;
  if (codec !== "ima4") return frameCount;
  // Some programs count samples here instead of packets.
  const countsSamples = frameCount > readCount - IMA4_PACKET_SAMPLES && frameCount <= readCount;
  if (countsSamples) return frameCount;
  // Others divide the packets among the channels: there are never fewer than were read.
  return Math.max(frameCount * IMA4_PACKET_SAMPLES, readCount);
}

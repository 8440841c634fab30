/**
 * Interleaved samples as in WAV, AIFF and CAF: integers of 1 to 32 bits in 1 to 4 bytes, floats of
 * 32 and 64 bits, A-law and mu-law.
 *
 * Source of A-law and mu-law: ITU-T G.711.
 */

import type { OnShare } from "../on-share.ts";

export interface PcmLayout {
  readonly coding: "signed" | "unsigned" | "float" | "a-law" | "mu-law";
  readonly channelCount: number;
  /** What one sample of one channel takes: 1 to 4 bytes, 4 or 8 for floats, 1 for the laws. */
  readonly sampleBytes: number;
  /** How many of its bits an integer uses. */
  readonly sampleBits: number;
  readonly littleEndian: boolean;
}

/** Whether étude reads samples of this kind. */
export function isReadable({ coding, sampleBytes, sampleBits }: PcmLayout): boolean {
  if (coding === "float") return sampleBytes === 4 || sampleBytes === 8;
  if (coding === "a-law" || coding === "mu-law") return sampleBytes === 1;
  return sampleBits >= 1 && sampleBits <= 8 * sampleBytes && sampleBytes <= 4;
}

/**
 * Reads interleaved samples, shape [channels][time]; a part of a frame at the end is left.
 * Integers are scaled so that full scale is 1; floats are taken as they are.
 */
export function readPcm(bytes: Uint8Array, layout: PcmLayout, onShare?: OnShare): Float32Array[] {
  const { channelCount, sampleBytes } = layout;
  const frameBytes = sampleBytes * channelCount;
  const frameCount = Math.floor(bytes.length / frameBytes);
  const readSample = sampleReader(viewOf(bytes), layout);
  const scale = paddingSide(bytes, layout) === "high" ? 2 ** unusedBits(layout) : 1;
  return Array.from({ length: channelCount }, (_, channel) => {
    const samples = new Float32Array(frameCount);
    let at = channel * sampleBytes;
    for (let i = 0; i < frameCount; i += 1, at += frameBytes) {
      samples[i] = readSample(at) * scale;
      if (i % SAMPLES_A_PIECE === 0) onShare?.((channel + i / frameCount) / channelCount);
    }
    return samples;
  });
}

/** Samples between two reports of progress: a twentieth of a second of work. */
const SAMPLES_A_PIECE = 2 ** 20;

/**
 * Where the unused bits of all integers are zero: "low" as the standards require, "high" as some
 * programs write them, "none" where those bits are in use.
 */
export function paddingSide(bytes: Uint8Array, layout: PcmLayout): "low" | "high" | "none" {
  const unused = unusedBits(layout);
  if (unused === 0 || !/signed/.test(layout.coding)) return "low";
  const readSample = sampleReader(viewOf(bytes), layout);
  const fullScale = 2 ** (8 * layout.sampleBytes - 1);
  const step = 2 ** unused;
  let [lowEmpty, highEmpty] = [true, true];
  for (let at = 0; at + layout.sampleBytes <= bytes.length; at += layout.sampleBytes) {
    const sample = readSample(at);
    lowEmpty &&= (sample * fullScale) % step === 0;
    highEmpty &&= sample >= -1 / step && sample < 1 / step;
    if (!lowEmpty && !highEmpty) return "none";
  }
  return lowEmpty ? "low" : "high";
}

function unusedBits({ sampleBytes, sampleBits }: PcmLayout): number {
  return 8 * sampleBytes - sampleBits;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sampleReader(view: DataView, layout: PcmLayout): (at: number) => number {
  const { coding, sampleBytes, littleEndian } = layout;
  switch (coding) {
    case "float":
      return sampleBytes === 8
        ? (at) => view.getFloat64(at, littleEndian)
        : (at) => view.getFloat32(at, littleEndian);
    case "a-law":
      return (at) => aLaw[view.getUint8(at)]!;
    case "mu-law":
      return (at) => muLaw[view.getUint8(at)]!;
    case "unsigned": {
      const readSigned = sampleReader(view, { ...layout, coding: "signed" });
      return (at) => {
        const sample = readSigned(at);
        return sample < 0 ? sample + 1 : sample - 1;
      };
    }
    case "signed":
      return signedReader(view, sampleBytes, littleEndian);
  }
}

function signedReader(
  view: DataView,
  sampleBytes: number,
  littleEndian: boolean,
): (at: number) => number {
  switch (sampleBytes) {
    case 1:
      return (at) => view.getInt8(at) / 2 ** 7;
    case 2:
      return (at) => view.getInt16(at, littleEndian) / 2 ** 15;
    case 3:
      return littleEndian
        ? (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23
        : (at) => ((view.getInt16(at) << 8) | view.getUint8(at + 2)) / 2 ** 23;
    default:
      return (at) => view.getInt32(at, littleEndian) / 2 ** 31;
  }
}

/** Sign, three bits of exponent, four of mantissa; every second bit is inverted. */
const aLaw = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = code ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = ((bits & 15) << 4) + 8;
  const magnitude = exponent === 0 ? mantissa : (mantissa + 256) << (exponent - 1);
  return ((bits & 0x80) !== 0 ? magnitude : -magnitude) / 2 ** 15;
});

const muLaw = Float32Array.from({ length: 256 }, (_, code) => {
  const bits = ~code & 0xff;
  const magnitude = ((((bits & 15) << 3) + 132) << ((bits >> 4) & 7)) - 132;
  return ((bits & 0x80) !== 0 ? -magnitude : magnitude) / 2 ** 15;
});

/** Samples as integers and as bytes, for every format that keeps them exactly. */

import type { Random } from "../../../random.ts";
import { lengthOf, type Sound } from "../sound.ts";

/** How samples are kept: integers of 16 or 24 bits, or floats of 32. */
export type SampleEncoding = "int16" | "int24" | "float32";

export const bytesPerSample: { readonly [E in SampleEncoding]: number } = {
  int16: 2,
  int24: 3,
  float32: 4,
};

/**
 * Samples as whole numbers of `bits` bits, the same for every format. Rounded half away from zero,
 * so a wave and its mirror image give mirrored numbers; 1 and beyond become the largest.
 *
 * @param dither Adds triangular noise of one step to each sample, so that the rounding error does
 *   not follow the sound.
 * @returns Shape [channels][time].
 */
export function toIntegers(sound: Sound, bits: 16 | 24, dither?: Random): Int32Array[] {
  const length = lengthOf(sound);
  const integers = sound.channels.map(() => new Int32Array(length));
  const limit = 2 ** (bits - 1);
  for (let i = 0; i < length; i += 1) {
    for (const [channel, samples] of sound.channels.entries()) {
      const noise = dither === undefined ? 0 : dither.next() - dither.next();
      integers[channel]![i] = toInteger(samples[i]! * limit + noise, limit);
    }
  }
  return integers;
}

export interface PcmPlace {
  readonly startByte: number;
  readonly encoding: SampleEncoding;
  readonly littleEndian: boolean;
  /** For integers of 16 bits. */
  readonly dither?: Random;
}

/** Writes the samples, channels interleaved, from a byte on. */
export function putSamples(view: DataView, sound: Sound, place: PcmPlace): void {
  const { startByte, encoding, littleEndian, dither } = place;
  const size = bytesPerSample[encoding];
  const frameBytes = size * sound.channels.length;
  const channels =
    encoding === "float32"
      ? sound.channels
      : toIntegers(
          sound,
          encoding === "int16" ? 16 : 24,
          encoding === "int16" ? dither : undefined,
        );
  const put = putters[encoding];
  for (const [channel, samples] of channels.entries()) {
    let at = startByte + channel * size;
    for (let i = 0; i < samples.length; i += 1, at += frameBytes) {
      put(view, at, { value: samples[i]!, littleEndian });
    }
  }
}

/** Rounds half away from zero, into [-limit, limit - 1]. */
function toInteger(value: number, limit: number): number {
  const rounded = Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
  return Math.max(-limit, Math.min(limit - 1, rounded));
}

interface Put {
  readonly value: number;
  readonly littleEndian: boolean;
}

const putters: {
  readonly [E in SampleEncoding]: (view: DataView, at: number, put: Put) => void;
} = {
  int16: (view, at, { value, littleEndian }) => view.setInt16(at, value, littleEndian),
  int24: (view, at, { value, littleEndian }) => {
    view.setUint8(at + 1, (value >> 8) & 0xff);
    view.setUint8(littleEndian ? at : at + 2, value & 0xff);
    view.setInt8(littleEndian ? at + 2 : at, value >> 16);
  },
  float32: (view, at, { value, littleEndian }) => view.setFloat32(at, value, littleEndian),
};

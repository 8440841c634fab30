/**
 * Writes WAV: 16 and 24 bit integers, 32 bit floats.
 *
 * The same sound and options give the same bytes. What exceeds full scale is clipped, never wrapped.
 */

import type { Random } from "../../../random.ts";
import { madeHereChunk } from "../corpus/made-here.ts";
import { lengthOf, type Sound } from "../sound.ts";

export type WavEncoding = "int16" | "int24" | "float32";

export interface WavOptions {
  /** @default "int16" */
  readonly encoding?: WavEncoding;

  /**
   * Adds triangular noise of one step to 16-bit samples, so that the rounding error does not
   * follow the sound. @default none
   */
  readonly dither?: Random;

  /** Marks the sound as made by étude, so that no corpus takes it in. @default false */
  readonly madeHere?: boolean;
}

/**
 * A complete WAV file. Integers are rounded half away from zero, so a wave and its mirror image
 * give mirrored samples; 1 and beyond become the largest integer.
 *
 * @throws RangeError if the channels differ in length, there are none, the rate is not a positive
 *   integer, or the file would pass the 4 GiB that a WAV header can state.
 * @example
 * await writeFile("new.wav", writeWav(sound, { encoding: "int24" }));
 */
export function writeWav(sound: Sound, options: WavOptions = {}): Uint8Array<ArrayBuffer> {
  const { encoding = "int16", dither, madeHere = false } = options;
  const shape = shapeOf(sound, encoding);
  const mark = madeHere ? madeHereChunk() : NO_MARK;
  const soundBytes = HEADER_BYTES[encoding] + shape.dataBytes + (shape.dataBytes % 2);
  const file = new Uint8Array(soundBytes + mark.length);
  file.set(mark, soundBytes);
  const view = new DataView(file.buffer);
  const startByte = writeHeader(view, encoding, shape);
  const put = samplePutter(view, encoding, dither);
  const { channelCount, length, bytesPerSample } = shape;
  let at = startByte;
  for (let i = 0; i < length; i += 1) {
    for (let channel = 0; channel < channelCount; channel += 1, at += bytesPerSample) {
      put(at, sound.channels[channel]![i]!);
    }
  }
  return file;
}

interface WavShape {
  readonly sampleRate: number;
  readonly channelCount: number;
  /** In samples. */
  readonly length: number;
  readonly bytesPerSample: number;
  readonly dataBytes: number;
}

const NO_MARK = new Uint8Array(0);
const BYTES_PER_SAMPLE = { int16: 2, int24: 3, float32: 4 };
/** Floats need two more bytes in the format chunk, and a fact chunk. */
const HEADER_BYTES = { int16: 44, int24: 44, float32: 58 };
/** Padding and mark behind the samples. */
const MARK_BYTES_MAX = 64;
const FILE_BYTES_MAX = 2 ** 32 - 1;

function shapeOf(sound: Sound, encoding: WavEncoding): WavShape {
  const { sampleRate, channels } = sound;
  const length = lengthOf(sound);
  if (channels.length === 0 || channels.length > 0xffff) {
    throw new RangeError(`Cannot write a WAV file of ${channels.length} channels: 1 to 65535`);
  }
  const odd = channels.find((channel) => channel.length !== length);
  if (odd !== undefined) {
    throw new RangeError(
      `Cannot write a WAV file: channels have ${length} and ${odd.length} samples, need equal`,
    );
  }
  if (!Number.isInteger(sampleRate) || sampleRate <= 0) {
    throw new RangeError(`Cannot write a WAV file at ${sampleRate} Hz: need a positive integer`);
  }
  const bytesPerSample = BYTES_PER_SAMPLE[encoding];
  const dataBytes = length * channels.length * bytesPerSample;
  if (dataBytes + HEADER_BYTES[encoding] + MARK_BYTES_MAX > FILE_BYTES_MAX) {
    throw new RangeError(`Cannot write a WAV file of ${dataBytes} bytes: at most 4 GiB`);
  }
  return { sampleRate, channelCount: channels.length, length, bytesPerSample, dataBytes };
}

/** Returns where the samples start, in bytes. */
function writeHeader(view: DataView, encoding: WavEncoding, shape: WavShape): number {
  const { sampleRate, channelCount, length, bytesPerSample, dataBytes } = shape;
  const float = encoding === "float32";
  putText(view, 0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  putText(view, 8, "WAVE");
  putText(view, 12, "fmt ");
  view.setUint32(16, float ? 18 : 16, true);
  view.setUint16(20, float ? 3 : 1, true);
  view.setUint16(22, channelCount, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channelCount * bytesPerSample, true);
  view.setUint16(32, channelCount * bytesPerSample, true);
  view.setUint16(34, bytesPerSample * 8, true);
  if (float) {
    // Bytes 36 and 37 stay 0: the length of the format's extension.
    putText(view, 38, "fact");
    view.setUint32(42, 4, true);
    view.setUint32(46, length, true);
  }
  const dataChunk = HEADER_BYTES[encoding] - 8;
  putText(view, dataChunk, "data");
  view.setUint32(dataChunk + 4, dataBytes, true);
  return dataChunk + 8;
}

function putText(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) view.setUint8(at + i, text.charCodeAt(i));
}

type PutSample = (at: number, value: number) => void;

function samplePutter(view: DataView, encoding: WavEncoding, dither?: Random): PutSample {
  switch (encoding) {
    case "float32":
      return (at, value) => view.setFloat32(at, value, true);
    case "int24":
      return (at, value) => {
        const integer = toInteger(value * 2 ** 23, 2 ** 23);
        view.setUint16(at, integer & 0xffff, true);
        view.setInt8(at + 2, integer >> 16);
      };
    case "int16":
      return (at, value) => {
        const noise = dither === undefined ? 0 : dither.next() - dither.next();
        view.setInt16(at, toInteger(value * 2 ** 15 + noise, 2 ** 15), true);
      };
  }
}

/** Rounds half away from zero, into [-limit, limit - 1]. */
function toInteger(value: number, limit: number): number {
  const rounded = Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
  return Math.max(-limit, Math.min(limit - 1, rounded));
}

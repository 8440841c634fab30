/**
 * Writes WAV: 16 and 24 bit integers, 32 bit floats.
 *
 * The same sound and options give the same bytes. What exceeds full scale is clipped, never wrapped.
 * More than two channels have no places among loudspeakers: the header says so (as it should for
 * ambisonics).
 */

import type { Random } from "../../../random.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { infoList } from "./info-list.ts";
import { bytesPerSample, putSamples, type SampleEncoding } from "./pcm-write.ts";
import { TAG_EXTENSIBLE } from "./riff-chunk.ts";

export type WavEncoding = SampleEncoding;

/** How a WAV file is written. */
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

  /** Whole chunks to stand behind the samples, such as tags and loop points. @default none */
  readonly chunks?: readonly Uint8Array[];
}

/**
 * A complete WAV file. Integers are rounded half away from zero, so a wave and its mirror image
 * give mirrored samples; 1 and beyond become the largest integer.
 *
 * @param sound Shape [channels][time], in [-1, 1].
 * @returns The bytes of the file.
 * @throws RangeError if the channels differ in length, there are none, the rate is not a positive
 *   integer, or the file would pass the 4 GiB that a WAV header can state.
 * @example
 * await writeFile("new.wav", writeWav(sound, { encoding: "int24" }));
 */
export function writeWav(sound: Sound, options: WavOptions = {}): Uint8Array<ArrayBuffer> {
  const { encoding = "int16", dither, madeHere = false, chunks = [] } = options;
  const behind = madeHere ? [infoList(), ...chunks] : chunks;
  const shape = shapeOf(sound, encoding, behind);
  const file = new Uint8Array(shape.fileBytes);
  let at = shape.headerBytes + shape.dataBytes + (shape.dataBytes % 2);
  for (const chunk of behind) {
    file.set(chunk, at);
    at += chunk.length;
  }
  const view = new DataView(file.buffer);
  writeHeader(view, encoding, shape);
  putSamples(view, sound, {
    startByte: shape.headerBytes,
    encoding,
    littleEndian: true,
    ...(dither && { dither }),
  });
  return file;
}

interface WavShape {
  readonly sampleRate: number;
  readonly channelCount: number;
  /** In samples. */
  readonly length: number;
  /** Of the format chunk: longer for floats, and for more than two channels. */
  readonly formatBytes: 16 | 18 | 40;
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly fileBytes: number;
}

const FILE_BYTES_MAX = 2 ** 32 - 1;

function shapeOf(sound: Sound, encoding: WavEncoding, behind: readonly Uint8Array[]): WavShape {
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
  const dataBytes = length * channels.length * bytesPerSample[encoding];
  const formatBytes = channels.length > 2 ? 40 : encoding === "float32" ? 18 : 16;
  const headerBytes = 12 + 8 + formatBytes + (encoding === "float32" ? 12 : 0) + 8;
  const fileBytes =
    headerBytes + dataBytes + (dataBytes % 2) + behind.reduce((sum, { length }) => sum + length, 0);
  if (fileBytes > FILE_BYTES_MAX) {
    throw new RangeError(`Cannot write a WAV file of ${fileBytes} bytes: at most 4 GiB`);
  }
  const channelCount = channels.length;
  return { sampleRate, channelCount, length, formatBytes, headerBytes, dataBytes, fileBytes };
}

/** Behind the tag of a format in its extensible form: {0000tttt-0000-0010-8000-00aa00389b71}. */
const GUID_REST = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71];

function writeHeader(view: DataView, encoding: WavEncoding, shape: WavShape): void {
  const { sampleRate, channelCount, length, formatBytes, headerBytes, dataBytes } = shape;
  const sampleBytes = bytesPerSample[encoding];
  const tag = encoding === "float32" ? 3 : 1;
  putText(view, 0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  putText(view, 8, "WAVE");
  putText(view, 12, "fmt ");
  view.setUint32(16, formatBytes, true);
  view.setUint16(20, formatBytes === 40 ? TAG_EXTENSIBLE : tag, true);
  view.setUint16(22, channelCount, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channelCount * sampleBytes, true);
  view.setUint16(32, channelCount * sampleBytes, true);
  view.setUint16(34, sampleBytes * 8, true);
  if (formatBytes === 40) {
    view.setUint16(36, 22, true);
    view.setUint16(38, sampleBytes * 8, true);
    // Bytes 40 to 43 stay 0: no channel belongs to a loudspeaker.
    view.setUint16(44, tag, true);
    for (const [i, byte] of GUID_REST.entries()) view.setUint8(46 + i, byte);
  }
  const dataChunk = headerBytes - 8;
  if (encoding === "float32") {
    putText(view, dataChunk - 12, "fact");
    view.setUint32(dataChunk - 8, 4, true);
    view.setUint32(dataChunk - 4, length, true);
  }
  putText(view, dataChunk, "data");
  view.setUint32(dataChunk + 4, dataBytes, true);
}

function putText(view: DataView, at: number, text: string): void {
  for (let i = 0; i < text.length; i += 1) view.setUint8(at + i, text.charCodeAt(i));
}

/**
 * Writes AIFF of 16 and 24 bits, and AIFF-C with floats of 32.
 *
 * Source: Apple, "Audio Interchange File Format AIFF-C", 1991.
 */

import type { Random } from "../../../random.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { id3Tag } from "./id3.ts";
import { joinBytes } from "./ogg-pages.ts";
import { bytesPerSample, putSamples, type SampleEncoding } from "./pcm-write.ts";
import { riffChunk } from "./riff-chunk.ts";
import { commentOf, type SoundTags } from "./sound-tags.ts";

export interface AiffOptions {
  readonly encoding: SampleEncoding;
  /** For 16 bits. @default none */
  readonly dither?: Random;
  readonly tags: SoundTags;
}

/** A complete file, with its tags in AIFF's own chunks and as ID3. */
export function writeAiff(sound: Sound, options: AiffOptions): Uint8Array<ArrayBuffer> {
  const { encoding, tags } = options;
  const isFloat = encoding === "float32";
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
  const texts = [
    ["NAME", tags.title ?? ""],
    ["AUTH", tags.artist ?? ""],
    ["ANNO", commentOf(tags)],
  ] as const;
  const chunks = [
    ...(isFloat ? [chunk("FVER", VERSION_1)] : []),
    chunk("COMM", commonChunk(sound, encoding)),
    ...texts.filter(([, text]) => text !== "").map(([name, text]) => chunk(name, utf8(text))),
    chunk("SSND", soundChunk(sound, options)),
    chunk("ID3 ", id3Tag(tags)),
  ];
  return chunk("FORM", joinBytes([utf8(isFloat ? "AIFC" : "AIFF"), ...chunks]));
}

// --- internal ---

/** Of AIFF-C. */
const VERSION_1 = Uint8Array.of(0xa2, 0x80, 0x51, 0x40);

function chunk(name: string, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return riffChunk(name, content, false);
}

/** Name of the codec, and a text for people whose first byte is its length. */
const FLOAT_CODEC = "fl32\x0d32-bit floats";

function commonChunk(sound: Sound, encoding: SampleEncoding): Uint8Array {
  const codec = encoding === "float32" ? FLOAT_CODEC : "";
  const content = new Uint8Array(18 + codec.length);
  const view = new DataView(content.buffer);
  view.setUint16(0, sound.channels.length);
  view.setUint32(2, lengthOf(sound));
  view.setUint16(6, bytesPerSample[encoding] * 8);
  putExtendedFloat(view, 8, sound.sampleRate);
  for (let i = 0; i < codec.length; i += 1) content[18 + i] = codec.charCodeAt(i);
  return content;
}

/** Ten bytes: exponent in two, then the mantissa with its leading 1. For whole numbers below 2^32. */
function putExtendedFloat(view: DataView, at: number, value: number): void {
  const exponent = 31 - Math.clz32(value);
  view.setUint16(at, 16_383 + exponent);
  view.setUint32(at + 2, (value << (31 - exponent)) >>> 0);
}

/** Offset and block size, both 0, stand before the samples. */
const SOUND_HEAD_BYTES = 8;

function soundChunk(sound: Sound, { encoding, dither }: AiffOptions): Uint8Array {
  const bytes = lengthOf(sound) * sound.channels.length * bytesPerSample[encoding];
  const content = new Uint8Array(SOUND_HEAD_BYTES + bytes);
  putSamples(new DataView(content.buffer), sound, {
    startByte: SOUND_HEAD_BYTES,
    encoding,
    littleEndian: false,
    ...(dither && { dither }),
  });
  return content;
}

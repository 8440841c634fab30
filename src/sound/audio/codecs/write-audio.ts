/**
 * Sound -> file, for every format that étude writes, in Node and in a browser alike.
 *
 * The same sound and options give the same bytes. Every file says that étude made it, so that no
 * corpus takes it in; and no file is louder than -1 dB of true peak, whatever was done to the sound
 * before and whatever a lossy encoder adds to it.
 */

import { seededRandom } from "../../../random.ts";
import { decibelsToGain, gainToDecibels } from "../decibel.ts";
import type { Sound } from "../sound.ts";
import { amplified, CEILING_DB, limited, truePeak } from "../true-peak.ts";
import { writeAiff } from "./aiff-write.ts";
import { decodeBytes } from "./decode.ts";
import { type AudioFileFormat, fileFormats, requireFit, requireSoundFit } from "./file-format.ts";
import { writeFlac } from "./flac-write.ts";
import { id3Tag } from "./id3.ts";
import { infoList } from "./info-list.ts";
import { writeMp3 } from "./mp3-write.ts";
import { writeOpus } from "./opus-write.ts";
import type { SampleEncoding } from "./pcm-write.ts";
import { riffChunk } from "./riff-chunk.ts";
import type { SoundTags } from "./sound-tags.ts";
import { writeVorbis } from "./vorbis-write.ts";
import { writeWav } from "./wav-write.ts";

/** How a file of any format is written. */
export interface AudioFileOptions {
  readonly format: AudioFileFormat;
  /** Of WAV, FLAC and AIFF. Samples of 16 bits are dithered. @default "int24" */
  readonly encoding?: SampleEncoding;
  /** @default none but the mark of the program */
  readonly tags?: SoundTags;
  /** Whole chunks for WAV, such as loop points; the other formats have no place for them. */
  readonly chunks?: readonly Uint8Array[];
}

/**
 * A complete file.
 *
 * MP3, Ogg Vorbis and Opus are written by libraries that are loaded when they are asked for.
 *
 * @param sound Shape [channels][time], in [-1, 1]; what would peak above -1 dBFS is made quieter.
 * @returns The bytes of the file.
 * @throws UserError "format-unfit" (exit code 2) where the format cannot hold the rate, the number
 *   of channels or the depth; RangeError where the channels differ in length.
 * @example
 * await writeFile("new.flac", await writeAudio(sound, { format: "flac", tags: { title: "Rain" } }));
 */
export async function writeAudio(
  sound: Sound,
  options: AudioFileOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const { format, encoding } = options;
  requireSoundFit(sound, format);
  const { sampleRate, channels } = sound;
  requireFit({ format, sampleRate, channelCount: channels.length, ...(encoding && { encoding }) });
  const safe = limited(sound, CEILING_DB);
  const file = await writers[format](safe, options);
  return fileFormats[format].encodings.length > 0
    ? file
    : withinCeiling(file, safe, (quieter) => writers[format](quieter, options));
}

/**
 * What a decoder makes of a lossy file is a little louder here and there than what went in: then
 * the sound is encoded again, quieter by as much.
 */
async function withinCeiling(
  file: Uint8Array<ArrayBuffer>,
  sound: Sound,
  write: (quieter: Sound) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  let best = file;
  let gain = 1;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const outcome = await decodeBytes(best);
    // What cannot be decoded is too short for it, and has no peak that matters.
    if (!outcome.ok) break;
    const overDb = gainToDecibels(truePeak(outcome.sound)) - CEILING_DB;
    if (overDb <= TOLERANCE_DB) break;
    // Another gain is another file: a little more each time, so that it ends.
    gain *= decibelsToGain(-overDb - attempt * TOLERANCE_DB);
    best = await write(amplified(sound, gain));
  }
  return best;
}

const ATTEMPTS_MAX = 4;
const TOLERANCE_DB = 0.02;

type Write = (
  sound: Sound,
  options: AudioFileOptions,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

/** Draws the dither, the same for every file: two sounds keep their difference. */
const DITHER_SEED = 16;

const writers: { readonly [F in AudioFileFormat]: Write } = {
  wav: (sound, { encoding = "int24", tags, chunks = [] }) =>
    writeWav(sound, {
      encoding,
      dither: seededRandom(DITHER_SEED),
      chunks: [infoList(tags), ...(tags ? [riffChunk("id3 ", id3Tag(tags))] : []), ...chunks],
    }),
  flac: (sound, { encoding = "int24", tags = {} }) =>
    writeFlac(sound, {
      encoding: encoding === "int16" ? "int16" : "int24",
      dither: seededRandom(DITHER_SEED),
      tags,
    }),
  aiff: (sound, { encoding = "int24", tags = {} }) =>
    writeAiff(sound, { encoding, dither: seededRandom(DITHER_SEED), tags }),
  mp3: (sound, { tags = {} }) => writeMp3(sound, tags),
  ogg: (sound, { tags = {} }) => writeVorbis(sound, tags),
  opus: (sound, { tags = {} }) => writeOpus(sound, tags),
};

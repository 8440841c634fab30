/** The formats of files that sounds are written to, and what each can hold. */

import { UserError } from "../../../errors.ts";
import { lengthOf, type Sound } from "../sound.ts";
import type { SampleEncoding } from "./pcm-write.ts";

export type AudioFileFormat = "wav" | "flac" | "aiff" | "mp3" | "ogg" | "opus";

interface FormatFacts {
  /** For people. */
  readonly name: string;
  /** Of file names, without the dot. */
  readonly extension: string;
  /** In hertz; undefined: any. */
  readonly rates?: readonly number[];
  /** None: the format has its own idea of precision. */
  readonly encodings: readonly SampleEncoding[];
  readonly channelsMax: number;
}

export const fileFormats: { readonly [F in AudioFileFormat]: FormatFacts } = {
  wav: {
    name: "WAV",
    extension: "wav",
    encodings: ["int16", "int24", "float32"],
    channelsMax: 0xffff,
  },
  flac: { name: "FLAC", extension: "flac", encodings: ["int16", "int24"], channelsMax: 8 },
  aiff: {
    name: "AIFF",
    extension: "aiff",
    encodings: ["int16", "int24", "float32"],
    channelsMax: 0x7fff,
  },
  mp3: { name: "MP3", extension: "mp3", rates: [44_100, 48_000], encodings: [], channelsMax: 2 },
  ogg: {
    name: "Ogg Vorbis",
    extension: "ogg",
    rates: [44_100, 48_000, 88_200, 96_000],
    encodings: [],
    channelsMax: 2,
  },
  opus: { name: "Opus", extension: "opus", rates: [48_000], encodings: [], channelsMax: 2 },
};

/** What is asked of a file, as far as it was asked. */
export interface FileShape {
  readonly format: AudioFileFormat;
  /** In hertz. */
  readonly sampleRate: number;
  readonly channelCount: number;
  readonly encoding?: SampleEncoding;
}

/**
 * Refuses what a format cannot hold: nothing is resampled, mixed or shortened behind one's back.
 *
 * @throws UserError "format-unfit" (exit code 2).
 */
export function requireFit({ format, sampleRate, channelCount, encoding }: FileShape): void {
  const { name, rates, encodings, channelsMax } = fileFormats[format];
  if (rates !== undefined && !rates.includes(sampleRate)) {
    throw unfit(`${name} at ${sampleRate} Hz: need ${either(rates.map(String))}`, [
      `Choose another rate, or WAV, FLAC or AIFF.`,
    ]);
  }
  if (encoding !== undefined && !encodings.includes(encoding)) {
    const bits = bitDepths[encoding];
    throw encodings.length === 0
      ? unfit(`${name} with a bit depth: found ${bits}, need none`, [
          `${name} chooses its precision itself.`,
        ])
      : unfit(
          `${name} with samples of ${bits}: need ${either(encodings.map((e) => bitDepths[e]))} bits`,
          ["WAV and AIFF hold floating point too."],
        );
  }
  if (channelCount > channelsMax) {
    throw unfit(`${name} of ${channelCount} channels: need at most ${channelsMax}`, [
      "WAV, FLAC and AIFF hold more.",
    ]);
  }
}

/** As `requireFit`, for a sound at hand. @throws RangeError if its channels differ in length. */
export function requireSoundFit(sound: Sound, format: AudioFileFormat): void {
  const { sampleRate, channels } = sound;
  const length = lengthOf(sound);
  const odd = channels.find((channel) => channel.length !== length);
  if (odd !== undefined || channels.length === 0) {
    throw new RangeError(
      `Cannot write a file: found channels of ${channels.map((samples) => samples.length).join(", ")} samples, need equal ones`,
    );
  }
  requireFit({ format, sampleRate, channelCount: channels.length });
}

/** As a person says it, on the command line too. */
const bitDepths: { readonly [E in SampleEncoding]: string } = {
  int16: "16",
  int24: "24",
  float32: "32f",
};

function unfit(what: string, [hint = ""]: readonly string[]): UserError {
  return new UserError({
    code: "format-unfit",
    message: `Cannot write ${what}`,
    hint,
    exitCode: 2,
  });
}

function either(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/**
 * Reads Ogg: Vorbis, Opus and FLAC, alone, multiplexed with other streams, or chained.
 *
 * Each link of a chain gets a decoder of its own; then they are joined.
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { Sound } from "../sound.ts";
import { DecodeError } from "./decode-outcome.ts";
import { damageNote, readFlac } from "./flac-read.ts";
import { joinSounds } from "./join-sounds.ts";
import { joinBytes, type OggFormat, type OggLink, packetsOf, readOggFile } from "./ogg-pages.ts";

/**
 * Reads a whole Ogg file.
 *
 * @throws DecodeError if it holds no stream that étude knows, or none with samples.
 */
export async function readOgg(bytes: Uint8Array): Promise<RawSound> {
  const { links, gapCount } = readOggFile(bytes);
  if (links.length === 0) {
    throw gapCount > 0
      ? new DecodeError("damaged", "the start of the Ogg file is damaged")
      : new DecodeError("unsupported-format", "Ogg with an unknown codec is not supported");
  }
  const sounds: Sound[] = [];
  for (const link of links) {
    const sound = await decoders[link.format](link);
    if ((sound.channels[0]?.length ?? 0) > 0) sounds.push(sound);
  }
  const isEnded = links.at(-1)?.isEnded === true;
  if (sounds.length === 0) throw nothingFound(isEnded, gapCount);
  const { sound, notes } = joinSounds(sounds);
  return {
    sound,
    notes: gapCount === 0 ? notes : [...notes, damageNote(gapCount)],
    truncated: !isEnded,
  };
}

function nothingFound(isEnded: boolean, gapCount: number): DecodeError {
  if (gapCount > 0) {
    return new DecodeError("damaged", "no sound can be read from it: its pages are damaged");
  }
  return isEnded
    ? new DecodeError("no-samples", "the decoder found no sound in it")
    : new DecodeError("truncated", "no sound can be read from it: it is cut off or damaged");
}

/** Loaded when first needed: they are large, and most folders hold one format. */
const decoders: { readonly [F in OggFormat]: (link: OggLink) => Promise<Sound> } = {
  "ogg-flac": async ({ pages }) => {
    const [first = new Uint8Array(0), ...others] = packetsOf(pages);
    return readFlac(joinBytes([first.subarray(OGG_FLAC_HEAD_BYTES), ...others])).sound;
  },
  "ogg-vorbis": async (link) => {
    const { default: decode } = await import("@audio/decode-vorbis");
    return soundOf(await decode(streamBytes(link)));
  },
  opus: async (link) => {
    const { default: decode } = await import("@audio/decode-opus");
    return soundOf(await decode(streamBytes(link)));
  },
};

/** "\x7fFLAC", the version and a count stand before a usual FLAC file, cut into packets. */
const OGG_FLAC_HEAD_BYTES = 9;

function streamBytes({ pages }: OggLink): Uint8Array {
  return joinBytes(pages.map(({ bytes }) => bytes));
}

function soundOf(decoded: {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}): Sound {
  return { sampleRate: decoded.sampleRate, channels: decoded.channelData };
}

/**
 * Reads Ogg: Vorbis, Opus and FLAC, alone, multiplexed with other streams, or chained.
 *
 * Each link of a chain gets a decoder of its own; then they are joined.
 */

import type { RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
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
export async function readOgg(bytes: Uint8Array, onShare?: OnShare): Promise<RawSound> {
  const { links, gapCount } = readOggFile(bytes);
  if (links.length === 0) {
    throw gapCount > 0
      ? new DecodeError("damaged", "the start of the Ogg file is damaged")
      : new DecodeError("unsupported-format", "Ogg with an unknown codec is not supported");
  }
  const sounds: Sound[] = [];
  for (const [index, link] of links.entries()) {
    const sound = await decoders[link.format](link, (share) =>
      onShare?.((index + share) / links.length),
    );
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
const decoders: {
  readonly [F in OggFormat]: (link: OggLink, onShare: OnShare) => Promise<Sound>;
} = {
  "ogg-flac": async ({ pages }, onShare) => {
    const [first = new Uint8Array(0), ...others] = packetsOf(pages);
    const bytes = joinBytes([first.subarray(OGG_FLAC_HEAD_BYTES), ...others]);
    return readFlac(bytes, onShare).sound;
  },
  "ogg-vorbis": async (link, onShare) => {
    const { decoder } = await import("@audio/decode-vorbis");
    return decodePieces(await decoder(), streamBytes(link), onShare);
  },
  opus: async (link, onShare) => {
    const { decoder } = await import("@audio/decode-opus");
    return decodePieces(await decoder(), streamBytes(link), onShare);
  },
};

/** "\x7fFLAC", the version and a count stand before a usual FLAC file, cut into packets. */
const OGG_FLAC_HEAD_BYTES = 9;

function streamBytes({ pages }: OggLink): Uint8Array {
  return joinBytes(pages.map(({ bytes }) => bytes));
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

interface StreamDecoder {
  decode(piece: Uint8Array): Decoded | Promise<Decoded>;
  flush(): Decoded | Promise<Decoded>;
  free(): void;
}

const PIECE_BYTES = 2 ** 18;

async function decodePieces(
  decoder: StreamDecoder,
  bytes: Uint8Array,
  onShare: OnShare,
): Promise<Sound> {
  const parts: Decoded[] = [];
  try {
    for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
      parts.push(await decoder.decode(bytes.subarray(start, start + PIECE_BYTES)));
      onShare(start / bytes.length);
    }
    parts.push(await decoder.flush());
  } finally {
    decoder.free();
  }
  const heard = parts.filter(({ channelData: [first] }) => (first?.length ?? 0) > 0);
  const [first = parts.at(-1)] = heard;
  const channels = (first?.channelData ?? []).map((_, channel) =>
    joinSamples(heard.map(({ channelData }) => channelData[channel] ?? NO_SAMPLES)),
  );
  return { sampleRate: first?.sampleRate ?? 0, channels };
}

const NO_SAMPLES = new Float32Array(0);

function joinSamples(parts: readonly Float32Array[]): Float32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

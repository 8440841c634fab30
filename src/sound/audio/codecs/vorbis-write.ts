/** Writes Ogg Vorbis, by libvorbis. */

import { lengthOf, type Sound } from "../sound.ts";
import { crc32 } from "./checksums.ts";
import { joinBytes, packetsOf, readOggFile } from "./ogg-pages.ts";
import { headPages, renumbered } from "./ogg-write.ts";
import { SOFTWARE, type SoundTags } from "./sound-tags.ts";
import { vorbisComment } from "./vorbis-comment.ts";

/** From -1 to 10; about 190 kbit/s for two channels. */
const QUALITY = 6;

/** @param sound One or two channels. */
export async function writeVorbis(sound: Sound, tags: SoundTags): Promise<Uint8Array<ArrayBuffer>> {
  const { createOggEncoder } = await import("wasm-media-encoders/esnext");
  const encoder = await createOggEncoder();
  encoder.configure({
    channels: sound.channels.length === 1 ? 1 : 2,
    sampleRate: sound.sampleRate,
    vbrQuality: QUALITY,
    oggSerialNo: 1,
  });
  return withTags(joinBytes(encodeAll(encoder, sound)), tags);
}

interface StreamEncoder {
  /** @returns Bytes that the next call overwrites. */
  encode(samples: readonly Float32Array[]): Uint8Array;
  finalize(): Uint8Array;
}

/** In pieces, so that the encoder's memory does not grow with the sound. */
export function encodeAll(encoder: StreamEncoder, sound: Sound): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let start = 0; start < lengthOf(sound); start += PIECE_LENGTH) {
    const piece = sound.channels.map((samples) => samples.subarray(start, start + PIECE_LENGTH));
    parts.push(Uint8Array.from(encoder.encode(piece)));
  }
  parts.push(Uint8Array.from(encoder.finalize()));
  return parts;
}

const PIECE_LENGTH = 2 ** 16;

/** The encoder knows no tags: its second packet is replaced, and what follows numbered anew. */
function withTags(file: Uint8Array, tags: SoundTags): Uint8Array<ArrayBuffer> {
  const [link] = readOggFile(file).links;
  const pages = link?.pages.map(({ bytes }) => bytes) ?? [];
  const serial = crc32(file);
  const [identity, , setup] = packetsOf(link?.pages ?? []);
  const isSound = (page: Uint8Array): boolean =>
    new DataView(page.buffer, page.byteOffset).getBigInt64(6, true) !== 0n;
  const firstSound = pages.findIndex((page, i) => i > 0 && isSound(page));
  const [first] = pages;
  if (first === undefined || identity === undefined || setup === undefined) {
    throw new Error("the Ogg Vorbis encoder gave no headers");
  }
  const heads = headPages([commentPacket(tags), setup], { serial, firstSequence: 1 });
  const sounds = firstSound < 0 ? [] : pages.slice(firstSound);
  return joinBytes(
    [first, ...heads, ...sounds].map((page, sequence) => renumbered(page, { serial, sequence })),
  );
}

const PACKET_COMMENT = 3;
const FRAMING_BIT = 1;

function commentPacket(tags: SoundTags): Uint8Array {
  return joinBytes([
    Uint8Array.of(PACKET_COMMENT),
    new TextEncoder().encode("vorbis"),
    vorbisComment(tags, SOFTWARE),
    Uint8Array.of(FRAMING_BIT),
  ]);
}

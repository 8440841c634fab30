/**
 * Writes MP3, 320 kbit/s, by LAME.
 *
 * LAME is under the LGPL: it stays in a package of its own, which is loaded when an MP3 file is
 * asked for and can be replaced (THIRD_PARTY.md).
 */

import { lengthOf, type Sound } from "../sound.ts";
import { id3Tag } from "./id3.ts";
import { infoFrame } from "./mp3-info-frame.ts";
import { joinBytes } from "./ogg-pages.ts";
import type { SoundTags } from "./sound-tags.ts";
import { encodeAll } from "./vorbis-write.ts";

const KBPS = 320;

/** @param sound One or two channels at 44.1 or 48 kHz. */
export async function writeMp3(sound: Sound, tags: SoundTags): Promise<Uint8Array<ArrayBuffer>> {
  const { createMp3Encoder } = await import("wasm-media-encoders/esnext");
  const encoder = await createMp3Encoder();
  encoder.configure({
    channels: sound.channels.length === 1 ? 1 : 2,
    sampleRate: sound.sampleRate,
    bitrate: KBPS,
  });
  const frames = joinBytes(encodeAll(encoder, sound));
  return joinBytes([id3Tag(tags), infoFrame(frames, lengthOf(sound)), frames]);
}

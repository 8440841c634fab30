/**
 * Writes Opus in Ogg, by libopus.
 *
 * Source: RFC 7845.
 */

import { lengthOf, type Sound } from "../sound.ts";
import { crc32 } from "./checksums.ts";
import { joinBytes } from "./ogg-pages.ts";
import { type OggPacket, writeOgg } from "./ogg-write.ts";
import { OPUS_RATE_HZ } from "./promised-length.ts";
import { SOFTWARE, type SoundTags } from "./sound-tags.ts";
import { vorbisComment } from "./vorbis-comment.ts";

/** The only rate at which Opus counts, in hertz. */

/** 20 ms. */
const FRAME_LENGTH = 960;

/** Bits a second for each channel: nothing that is heard is lost. */
const CHANNEL_BIT_RATE = 112_000;

/** @param sound One or two channels at 48 kHz. */
export async function writeOpus(sound: Sound, tags: SoundTags): Promise<Uint8Array<ArrayBuffer>> {
  const { createEncoder } = await import("libopus-wasm");
  const channelCount = sound.channels.length === 1 ? 1 : 2;
  const encoder = await createEncoder({
    channels: channelCount,
    sampleRate: OPUS_RATE_HZ,
    bitrate: CHANNEL_BIT_RATE * channelCount,
    complexity: 10,
    frameSize: FRAME_LENGTH,
  });
  try {
    const skipped = encoder.getLookahead();
    const packets = encode(sound, skipped, (frame) => encoder.encodeFloat(frame));
    return writeOgg({
      serial: crc32(joinBytes(packets.map(({ bytes }) => bytes))),
      heads: [headOf(channelCount, skipped), tagsOf(tags)],
      packets,
    });
  } finally {
    encoder.free();
  }
}

/** @param skipped Samples before the sound that the decoder drops. */
function encode(
  { channels, ...sound }: Sound,
  skipped: number,
  encodeFrame: (frame: Float32Array) => Uint8Array,
): OggPacket[] {
  const length = lengthOf({ channels, ...sound });
  const frameCount = Math.ceil((skipped + length) / FRAME_LENGTH);
  const frame = new Float32Array(FRAME_LENGTH * channels.length);
  return Array.from({ length: frameCount }, (_, index) => {
    const start = index * FRAME_LENGTH;
    for (const [channel, samples] of channels.entries()) {
      for (let i = 0; i < FRAME_LENGTH; i += 1) {
        frame[i * channels.length + channel] = samples[start + i] ?? 0;
      }
    }
    return {
      bytes: Uint8Array.from(encodeFrame(frame)),
      endSample: Math.min(start + FRAME_LENGTH, skipped + length),
    };
  });
}

function headOf(channelCount: number, skipped: number): Uint8Array {
  const head = new Uint8Array(19);
  head.set(new TextEncoder().encode("OpusHead"));
  const view = new DataView(head.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channelCount);
  view.setUint16(10, skipped, true);
  view.setUint32(12, OPUS_RATE_HZ, true);
  return head;
}

function tagsOf(tags: SoundTags): Uint8Array {
  return joinBytes([new TextEncoder().encode("OpusTags"), vorbisComment(tags, SOFTWARE)]);
}

/** MP3 in, by mpg123. */

import type { RawSound } from "./check-sound.ts";
import { DecodeError } from "./decode-outcome.ts";
import { textAt } from "./sniff.ts";

/**
 * Reads a whole MP3 file.
 *
 * @throws DecodeError if no frame of it can be read.
 */
export async function readMp3(bytes: Uint8Array): Promise<RawSound> {
  const { default: decode } = await import("@audio/decode-mp3");
  const { channelCount, endMissing } = mp3Promise(bytes);
  const { channelData, sampleRate } = await decode(bytes);
  if ((channelData[0]?.length ?? 0) === 0) {
    throw endMissing
      ? new DecodeError("truncated", "no sound can be read from it: it is cut off or damaged")
      : new DecodeError("no-samples", "the decoder found no sound in it");
  }
  // The decoder doubles a single channel.
  const channels = channelData.slice(0, channelCount);
  return { sound: { sampleRate, channels }, truncated: endMissing };
}

/** LAME and others state the length in bytes in a first, silent frame ("Xing" or "Info"). */
function mp3Promise(bytes: Uint8Array): { channelCount: number; endMissing: boolean } {
  const HAS_FRAMES = 1;
  const HAS_BYTES = 2;
  const MODE_MONO = 3;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const channelCount = (bytes[3] ?? 0) >> 6 === MODE_MONO ? 1 : 2;
  for (let at = 4; at < Math.min(bytes.length - 16, 200); at += 1) {
    const mark = textAt(bytes, at, 4);
    if (mark !== "Xing" && mark !== "Info") continue;
    const flags = view.getUint32(at + 4);
    if ((flags & HAS_BYTES) === 0) break;
    const stated = view.getUint32(at + ((flags & HAS_FRAMES) === 0 ? 8 : 12));
    // Taggers rewrite files without care: only a clear lack counts.
    return { channelCount, endMissing: bytes.length < stated * COMPLETE_SHARE };
  }
  return { channelCount, endMissing: false };
}

const COMPLETE_SHARE = 0.98;

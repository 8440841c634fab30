/**
 * Bytes -> sound, for every format that étude reads, in Node and in a browser alike.
 *
 * The format is recognised by content. Nothing is thrown: each file gives a sound or a reason. A
 * decoder may still trap, hang or exhaust memory on a hostile file, which nothing in the same
 * thread can prevent; `decoder-pool.node.ts` runs this function in a worker for that reason.
 */

import { messageOf } from "../../../errors.ts";
import { checkSound, type RawSound } from "../corpus/check-sound.ts";
import type { OnShare } from "../on-share.ts";
import { readAiff } from "./aiff-read.ts";
import { readCaf } from "./caf-read.ts";
import { DecodeError, type DecodeOutcome, decodeFailure } from "./decode-outcome.ts";
import { readFlac } from "./flac-read.ts";
import { readMp3 } from "./mp3-read.ts";
import { readOgg } from "./ogg-read.ts";
import { type PromisedLength, promisedLength, requireRoom } from "./promised-length.ts";
import { type ReadableFormat, sniff } from "./sniff.ts";
import { readWav, wavPayload } from "./wav-read.ts";

/** What can be heard of a decoding that takes long. */
export interface DecodeListener {
  /** Called before decoding with the length that the file's header states, if it states one. */
  onLength?(promised: PromisedLength): void;
  /** Called while the file is decoded, where that takes long. */
  readonly onShare?: OnShare;
}

/**
 * Decodes a whole file. The channels keep the file's own rate.
 *
 * Never throws, whatever the bytes are.
 *
 * @param bytes A whole file, in any of the formats that étude reads.
 * @returns A sound (samples nominally in [-1, 1], rate in hertz), or why there is none: `code` is
 *   stable, `message` is for people.
 * @example
 * const outcome = await decodeBytes(new Uint8Array(await file.arrayBuffer()));
 * if (outcome.ok) console.log(outcome.sound.sampleRate);
 */
export async function decodeBytes(
  bytes: Uint8Array,
  listener: DecodeListener = {},
): Promise<DecodeOutcome> {
  if (bytes.length === 0) return decodeFailure("empty", "the file is empty");
  const sniffed = sniff(bytes);
  switch (sniffed.kind) {
    case "unknown":
      return decodeFailure("not-audio", "the content is not a sound file");
    case "unsupported": {
      const code = sniffed.isSound ? "unsupported-format" : "not-audio";
      return decodeFailure(code, `${sniffed.name} is not supported`);
    }
    case "audio":
      return decodeAs(sniffed.format, bytes.subarray(sniffed.startByte), listener);
  }
}

async function decodeAs(
  format: ReadableFormat,
  bytes: Uint8Array,
  listener: DecodeListener,
): Promise<DecodeOutcome> {
  const outcome = await tryDecoding(format, bytes, listener);
  if (format !== "wav" || outcome.ok || outcome.code !== "unsupported-format") return outcome;
  // Some programs wrap a whole Ogg or MP3 file in a WAV header.
  const inner = wavPayload(bytes) ?? new Uint8Array(0);
  const sniffed = sniff(inner);
  if (sniffed.kind !== "audio" || sniffed.format === "wav") return outcome;
  return decodeAs(sniffed.format, inner.subarray(sniffed.startByte), listener);
}

async function tryDecoding(
  format: ReadableFormat,
  bytes: Uint8Array,
  listener: DecodeListener,
): Promise<DecodeOutcome> {
  try {
    const promised = promisedLength(format, bytes);
    if (promised !== undefined) {
      requireRoom(promised);
      listener.onLength?.(promised);
    }
    const raw = await readers[format](bytes, listener.onShare);
    return { ok: true, format, ...checkSound(raw) };
  } catch (error) {
    if (error instanceof DecodeError) return decodeFailure(error.code, error.message, format);
    const message = messageOf(error);
    const code = /unsupported/i.test(message) ? "unsupported-format" : "damaged";
    return decodeFailure(code, `the ${format} decoder refused it: ${message}`, format);
  }
}

const readers: {
  readonly [F in ReadableFormat]: (
    bytes: Uint8Array,
    onShare?: OnShare,
  ) => RawSound | Promise<RawSound>;
} = {
  wav: readWav,
  aiff: readAiff,
  caf: readCaf,
  flac: readFlac,
  "ogg-flac": readOgg,
  "ogg-vorbis": readOgg,
  opus: readOgg,
  mp3: readMp3,
};

/**
 * Bytes -> sound, for every format that étude reads, in Node and in a browser alike.
 *
 * The format is told from the content. Nothing is thrown: each file gives a sound or a reason.
 * A decoder may still trap, hang or exhaust memory on a hostile file, which nothing in the same
 * thread can prevent; `decoder-pool.node.ts` runs this function in a worker for that reason.
 */

import { messageOf } from "../errors.ts";
import { readAiff } from "./aiff-read.ts";
import { readCaf } from "./caf-read.ts";
import { checkSound, type RawSound } from "./check-sound.ts";
import { DecodeError, type DecodeOutcome, decodeFailure } from "./decode-outcome.ts";
import { type HeaderPromise, headerPromise } from "./header-promise.ts";
import { type AudioFormat, sniff } from "./sniff.ts";
import { readWav, wavPayload } from "./wav-read.ts";

/** Decodes a whole file. The channels keep the file's own rate. */
export async function decodeBytes(bytes: Uint8Array): Promise<DecodeOutcome> {
  if (bytes.length === 0) return decodeFailure("empty", "the file is empty");
  const sniffed = sniff(bytes);
  switch (sniffed.kind) {
    case "unknown":
      return decodeFailure("not-audio", "the content is not a sound file");
    case "unsupported":
      return decodeFailure("unsupported-format", `${sniffed.name} is not supported`);
    case "audio":
      return decodeAs(sniffed.format, bytes.subarray(sniffed.startByte));
  }
}

async function decodeAs(format: AudioFormat, bytes: Uint8Array): Promise<DecodeOutcome> {
  const outcome = await tryDecoding(format, bytes);
  if (format !== "wav" || outcome.ok || outcome.code !== "unsupported-format") return outcome;
  // Some programs wrap a whole Ogg or MP3 file in a WAV header.
  const inner = wavPayload(bytes) ?? new Uint8Array(0);
  const sniffed = sniff(inner);
  if (sniffed.kind !== "audio" || sniffed.format === "wav") return outcome;
  return decodeAs(sniffed.format, inner.subarray(sniffed.startByte));
}

async function tryDecoding(format: AudioFormat, bytes: Uint8Array): Promise<DecodeOutcome> {
  try {
    const raw = await readers[format](bytes);
    return { ok: true, format, ...checkSound(raw) };
  } catch (error) {
    if (error instanceof DecodeError) return decodeFailure(error.code, error.message, format);
    const message = messageOf(error);
    const code = /unsupported/i.test(message) ? "unsupported-format" : "damaged";
    return decodeFailure(code, `the ${format} decoder refused it: ${message}`, format);
  }
}

const readers: {
  readonly [F in AudioFormat]: (bytes: Uint8Array) => RawSound | Promise<RawSound>;
} = {
  wav: readWav,
  aiff: readAiff,
  caf: readCaf,
  flac: (bytes) => decodeByLibrary("flac", bytes),
  "ogg-flac": (bytes) => decodeByLibrary("ogg-flac", bytes),
  "ogg-vorbis": (bytes) => decodeByLibrary("ogg-vorbis", bytes),
  opus: (bytes) => decodeByLibrary("opus", bytes),
  mp3: (bytes) => decodeByLibrary("mp3", bytes),
};

/** What the packages of the @audio/decode family give. */
interface Decoded {
  readonly channelData: Float32Array[];
  readonly sampleRate: number;
}

type Decoder = (bytes: Uint8Array) => Decoded | Promise<Decoded>;

type LibraryFormat = Exclude<AudioFormat, "wav" | "aiff" | "caf">;

/** Loaded when first needed: together they weigh a megabyte, and most folders hold one format. */
const decoders: { readonly [F in LibraryFormat]: () => Promise<Decoder> } = {
  flac: async () => (await import("@audio/decode-flac")).default,
  "ogg-flac": async () => (await import("@audio/decode-flac")).default,
  "ogg-vorbis": async () => (await import("@audio/decode-vorbis")).default,
  opus: async () => (await import("@audio/decode-opus")).default,
  mp3: async () => (await import("@audio/decode-mp3")).default,
};

async function decodeByLibrary(format: LibraryFormat, bytes: Uint8Array): Promise<RawSound> {
  const promise = headerPromise(format, bytes);
  if (promise.channelCount === 0)
    throw new DecodeError("zero-channels", "the file has no channels");
  if (promise.sampleRate === 0) throw new DecodeError("zero-rate", "the sample rate is 0 Hz");
  const decode = await decoders[format]();
  const { channelData, sampleRate } = await decode(bytes);
  const mend = correction(format, promise);
  if (mend !== undefined) {
    for (const samples of channelData) {
      for (let i = 0; i < samples.length; i += 1) samples[i] = mend(samples[i]!);
    }
  }
  const length = channelData[0]?.length ?? 0;
  if (length === 0) throw noSamples(promise);
  const truncated = promise.endMissing === true || length < (promise.length ?? 0);
  // The MP3 decoder doubles a single channel.
  const channels = channelData.slice(0, promise.channelCount);
  return { sound: { sampleRate, channels }, truncated };
}

function noSamples({ length = 0, endMissing = false }: HeaderPromise): DecodeError {
  return length > 0 || endMissing
    ? new DecodeError("truncated", "no sound can be read from it: it is cut off or damaged")
    : new DecodeError("no-samples", "the decoder found no sound in it");
}

/**
 * What mends a sample where a decoder is known to be wrong, as compared with FFmpeg.
 *
 * @audio/decode-flac 1.3.5 divides by 2^(bits - 1) - 1, so that a FLAC and a WAV of the same sound
 * would differ.
 */
function correction(
  format: AudioFormat,
  { bitsPerSample = 0 }: HeaderPromise,
): ((sample: number) => number) | undefined {
  if ((format === "flac" || format === "ogg-flac") && bitsPerSample > 1 && bitsPerSample <= 24) {
    const fullScale = 2 ** (bitsPerSample - 1);
    return (sample) => Math.round(sample * (fullScale - 1)) / fullScale;
  }
  return undefined;
}

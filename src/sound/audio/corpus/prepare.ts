/**
 * The bytes of a file -> the mono signal that a model learns from, with its hashes.
 *
 * Everything heavy that happens to a corpus file happens here, so that it can run in a worker.
 */

import {
  type DecodeFailure,
  type DecodeOutcome,
  type DecodeWarning,
  decodeFailure,
} from "../codecs/decode-outcome.ts";
import { type AudioFormat, sniff } from "../codecs/sniff.ts";
import { peakOfChannels } from "../level.ts";
import type { OnShare } from "../on-share.ts";
import { createResampler, type Resampler } from "../resample.ts";
import { durationSeconds, type Sound } from "../sound.ts";
import { type Waveform, waveformOf } from "../waveform.ts";
import type { SoundFacts } from "./corpus.ts";
import { flawsOf, offsetOf, removeOffset, swingOf } from "./flaws.ts";
import { isMadeHere, originOf } from "./made-here.ts";
import { chooseMix, type Mix, mixInPlace } from "./mix.ts";

export type PreparedOutcome = PreparedSound | DecodeFailure;

export interface PreparedSound {
  readonly ok: true;
  readonly facts: SoundFacts;
  readonly warnings: readonly DecodeWarning[];
  /** SHA-256 of the file, as hexadecimal digits. */
  readonly contentHash: string;
  /** SHA-256 of rate and mono samples, rounded to 16 bits: the same for a WAV and a FLAC of one sound. */
  readonly soundHash: string;
  /** As `swingOf`, over all channels. */
  readonly swing: number;
  /** The channels as one (see `mix.ts`) at the rate asked for, without an offset, shape [time]. */
  readonly mono: Float32Array<ArrayBuffer>;
  /** Of the file as it is, at its own rate and with all its channels. */
  readonly waveform: Waveform;
  /** Of a sound of étude that a person picked to learn from: where it comes from. */
  readonly origin?: string;
}

/** Gives a resampler to `toHz`, built once for each source rate. */
export type ResamplerFor = (fromHz: number) => Resampler;

/** The widest waveform that is drawn; narrower ones are reduced from it. */
const WAVEFORM_COLUMNS = 400;

/** Folders mix few rates; should one mix many, the oldest filters are dropped. */
const RESAMPLERS_KEPT_MAX = 8;

export function resamplersTo(toHz: number): ResamplerFor {
  const kept = new Map<number, Resampler>();
  return (fromHz) => {
    const known = kept.get(fromHz);
    if (known !== undefined) return known;
    const resampler = createResampler(fromHz, toHz);
    const [oldest] = kept.keys();
    if (kept.size >= RESAMPLERS_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    kept.set(fromHz, resampler);
    return resampler;
  };
}

export interface PrepareTools {
  readonly decode: (bytes: Uint8Array) => Promise<DecodeOutcome>;
  readonly resamplerFor: ResamplerFor;
  /** SHA-256 of the pieces as if they were one, as hexadecimal digits. */
  readonly sha256: (pieces: Iterable<Uint8Array>) => string | Promise<string>;
  /** Called between the decoding and the end. */
  readonly onShare?: OnShare;
}

/** Decodes, mixes to mono, fingerprints and resamples one file. */
export async function prepareSound(
  bytes: Uint8Array,
  { decode, resamplerFor, sha256, onShare }: PrepareTools,
): Promise<PreparedOutcome> {
  if (isMadeHere(bytes)) return decodeFailure("made-here", "étude made it", formatOf(bytes));
  const mixed = mixedDown(await decode(bytes), (share) => onShare?.(share / 3));
  if (!mixed.ok) return mixed;
  const { sampleRateHz } = mixed.facts;
  const origin = originOf(bytes);
  const contentHash = await sha256([bytes]);
  onShare?.(1 / 2);
  const soundHash = await sha256(fingerprint(sampleRateHz, mixed.mono));
  onShare?.(2 / 3);
  return {
    ...mixed,
    ...(origin !== undefined && { origin }),
    contentHash,
    soundHash,
    mono: atRate(mixed.mono, resamplerFor(sampleRateHz), (share) => onShare?.((2 + share) / 3)),
  };
}

/** The samples themselves where nothing changes: a long sound has no room for a copy. */
function atRate(
  mono: Float32Array,
  resampler: Resampler,
  onShare: OnShare,
): Float32Array<ArrayBuffer> {
  const { buffer, byteLength } = mono;
  // What shares its memory with another channel cannot be handed on alone.
  const isItsOwn = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
  if (resampler.fromHz === resampler.toHz && isItsOwn) return new Float32Array(buffer);
  return resampler.resample(mono, onShare);
}

function formatOf(bytes: Uint8Array): AudioFormat | undefined {
  const sniffed = sniff(bytes);
  return sniffed.kind === "audio" ? sniffed.format : undefined;
}

type MixedSound = Omit<PreparedSound, "contentHash" | "soundHash" | "mono"> & {
  /** At the rate of the file. */
  readonly mono: Float32Array;
};

/** A function of its own, so that the channels of a long sound can be freed when it returns. */
function mixedDown(outcome: DecodeOutcome, onShare: OnShare): MixedSound | DecodeFailure {
  if (!outcome.ok) return outcome;
  const { sound, format, warnings } = outcome;
  const { sampleRate, channels } = sound;
  const facts: SoundFacts = {
    format,
    sampleRateHz: sampleRate,
    channelCount: channels.length,
    durationSeconds: durationSeconds(sound),
    peak: peakOfChannels(channels),
  };
  onShare(0.1);
  const swing = swingOf(channels);
  onShare(0.2);
  const waveform = waveformOf(channels, WAVEFORM_COLUMNS);
  onShare(0.3);
  const flaws = flawsOf(channels, swing);
  onShare(0.4);
  const { mono, remarks } = toMono(sound);
  onShare(1);
  return { ok: true, facts, swing, waveform, warnings: [...warnings, ...flaws, ...remarks], mono };
}

/** Consumes the sound: its channels are overwritten. */
function toMono({ channels, sampleRate }: Sound): {
  readonly mono: Float32Array;
  readonly remarks: readonly DecodeWarning[];
} {
  const mix = chooseMix(channels);
  const mono = mixInPlace(channels, mix);
  const remarks = mixRemarks(mix);
  const offset = offsetOf(mono, sampleRate);
  if (offset !== 0) {
    removeOffset(mono, offset, sampleRate);
    const percent = (100 * offset).toPrecision(2);
    const message = `a DC offset of ${percent} % of full scale was removed`;
    remarks.push({ code: "offset", message });
  }
  return { mono, remarks };
}

function mixRemarks({ kind, factors }: Mix): DecodeWarning[] {
  const numbers = (factor: number): string =>
    factors.flatMap((own, index) => (own === factor ? [index + 1] : [])).join(", ");
  switch (kind) {
    case "mean":
      return [];
    case "turned":
      return [
        {
          code: "reversed",
          message: `channel ${numbers(-1)} has reversed polarity and was inverted`,
        },
      ];
    case "one-channel":
      return [{ code: "one-channel", message: `only channel ${numbers(1)} is used` }];
  }
}

/** In pieces: a long sound has no room for copies. */
function* fingerprint(sampleRate: number, mono: Float32Array): Generator<Uint8Array> {
  const head = new DataView(new ArrayBuffer(8));
  head.setFloat64(0, sampleRate);
  yield new Uint8Array(head.buffer);
  for (let start = 0; start < mono.length; start += FINGERPRINT_PIECE) {
    const integers = new Int16Array(Math.min(FINGERPRINT_PIECE, mono.length - start));
    for (let i = 0; i < integers.length; i += 1) {
      const rounded = Math.round(mono[start + i]! * 32_768);
      integers[i] = Math.max(-32_768, Math.min(32_767, rounded));
    }
    yield new Uint8Array(integers.buffer);
  }
}

/** In samples. */
const FINGERPRINT_PIECE = 2 ** 16;

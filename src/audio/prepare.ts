/**
 * The bytes of a file -> the mono signal that a model learns from, with what identifies it.
 *
 * Everything heavy that happens to a corpus file happens here, so that it can run in a worker.
 */

import { sha256Of } from "../sha256.ts";
import type { SoundFacts } from "./corpus.ts";
import { decodeBytes } from "./decode.ts";
import type { DecodeFailure, DecodeOutcome, DecodeWarning } from "./decode-outcome.ts";
import { flawsOf, offsetOf, removeOffset, swingOf } from "./flaws.ts";
import { peakOfChannels } from "./level.ts";
import { chooseMix, type Mix, mixInPlace } from "./mix.ts";
import { createResampler, type Resampler } from "./resample.ts";
import { durationSeconds, type Sound } from "./sound.ts";
import { type Waveform, waveformOf } from "./waveform.ts";

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
}

/** Gives a resampler to `toHz`, built once for each source rate. */
export type ResamplerFor = (fromHz: number) => Resampler;

/** As wide as anybody draws a thumbnail; narrower ones are made from it. */
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

/** Decodes, mixes to mono, fingerprints and resamples one file. */
export async function prepareSound(
  bytes: Uint8Array<ArrayBuffer>,
  resamplerFor: ResamplerFor,
  decode: (bytes: Uint8Array) => Promise<DecodeOutcome> = decodeBytes,
): Promise<PreparedOutcome> {
  const outcome = await decode(bytes);
  if (!outcome.ok) return outcome;
  const { sound, format } = outcome;
  const { sampleRate, channels } = sound;
  const facts: SoundFacts = {
    format,
    sampleRateHz: sampleRate,
    channelCount: channels.length,
    durationSeconds: durationSeconds(sound),
    peak: peakOfChannels(channels),
  };
  const swing = swingOf(channels);
  const waveform = waveformOf(channels, WAVEFORM_COLUMNS);
  const flaws = flawsOf(channels, swing);
  const { mono, remarks } = toMono(sound);
  return {
    ok: true,
    facts,
    swing,
    warnings: [...outcome.warnings, ...flaws, ...remarks],
    contentHash: await sha256Of(bytes),
    soundHash: await sha256Of(fingerprintBytes(sampleRate, mono)),
    waveform,
    mono: resamplerFor(sampleRate).resample(mono),
  };
}

/** Uses up the sound: its channels hold something else afterwards. */
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
    const message = `an offset of ${percent} % of full scale was taken out`;
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
      return [{ code: "reversed", message: `channel ${numbers(-1)} is reversed and was turned` }];
    case "one-channel":
      return [{ code: "one-channel", message: `only channel ${numbers(1)} is used` }];
  }
}

function fingerprintBytes(sampleRate: number, mono: Float32Array): Uint8Array<ArrayBuffer> {
  const integers = new Int16Array(mono.length);
  for (let i = 0; i < mono.length; i += 1) {
    integers[i] = Math.max(-32_768, Math.min(32_767, Math.round(mono[i]! * 32_768)));
  }
  const bytes = new Uint8Array(8 + integers.byteLength);
  new DataView(bytes.buffer).setFloat64(0, sampleRate);
  bytes.set(new Uint8Array(integers.buffer), 8);
  return bytes;
}

/**
 * Joins consecutive parts of one recording that may differ in rate and channels.
 *
 * Nothing is lost: all parts are resampled to the highest rate, and missing channels are filled
 * from those that exist.
 */

import { createResampler } from "../resample.ts";
import { lengthOf, type Sound } from "../sound.ts";
import type { DecodeWarning } from "./decode-outcome.ts";

export interface JoinedSounds {
  readonly sound: Sound;
  /** Says what differed. */
  readonly notes: readonly DecodeWarning[];
}

/** Joins one sound or more; a single one is returned as it is. */
export function joinSounds(parts: readonly Sound[]): JoinedSounds {
  const [only] = parts;
  if (only === undefined) throw new RangeError("Cannot join sounds: got none, need at least 1");
  if (parts.length === 1) return { sound: only, notes: [] };
  const rates = new Set(parts.map(({ sampleRate }) => sampleRate));
  const counts = new Set(parts.map(({ channels }) => channels.length));
  const sampleRate = Math.max(...rates);
  const channelCount = Math.max(...counts);
  const alike = parts.map((part) => atRate(part, sampleRate));
  const channels = Array.from({ length: channelCount }, (_, channel) =>
    concatenated(alike.map((part) => part.channels[channel % part.channels.length]!)),
  );
  const changes = [
    ...(rates.size > 1 ? [`its sample rate (${[...rates].join(", then ")} Hz)`] : []),
    ...(counts.size > 1 ? [`its number of channels (${[...counts].join(", then ")})`] : []),
  ];
  const message = `the file changes ${changes.join(" and ")} on the way; all of it is used`;
  const notes: DecodeWarning[] = changes.length === 0 ? [] : [{ code: "format-change", message }];
  return { sound: { sampleRate, channels }, notes };
}

function atRate(sound: Sound, toHz: number): Sound {
  if (sound.sampleRate === toHz || lengthOf(sound) === 0) return { ...sound, sampleRate: toHz };
  const resampler = createResampler(sound.sampleRate, toHz);
  const channels = sound.channels.map((samples) => resampler.resample(samples));
  return { sampleRate: toHz, channels };
}

function concatenated(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

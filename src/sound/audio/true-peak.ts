/**
 * True peak: the largest value of a sound between its samples too, as a converter to analogue or to
 * another rate will meet it.
 *
 * Source: Recommendation ITU-R BS.1770-4, annex 2; the interpolator here is longer than the one
 * given there, and so reads high frequencies right.
 */

import { decibelsToGain } from "./decibel.ts";
import { peakOfChannels } from "./level.ts";
import { besselI0, sinc } from "./resample.ts";
import type { Sound } from "./sound.ts";

/** True peak that no written file is above, in dB relative to full scale. */
export const CEILING_DB = -1;

/**
 * The largest absolute value over all channels, between samples included; 0 for silence.
 *
 * Reads a sine of up to 0.42 of the sample rate (20 kHz at 48 kHz) right to 0.1 dB.
 */
export function truePeak({ sampleRate, channels }: Sound): number {
  const rows = interpolators[sampleRate >= HIGH_RATE_HZ ? "twice" : "fourTimes"];
  let peak = peakOfChannels(channels);
  for (const samples of channels) peak = Math.max(peak, peakBetween(samples, rows, peak));
  return peak;
}

/** As loud as the ceiling allows, all channels by the same factor; silence stays silence. */
export function levelled(sound: Sound, ceilingDb: number): Sound {
  const peak = truePeak(sound);
  return peak > 0 ? amplified(sound, decibelsToGain(ceilingDb) / peak) : sound;
}

/** The sound itself where it is within the ceiling, else all channels by the same factor. */
export function limited(sound: Sound, ceilingDb: number): Sound {
  const gain = decibelsToGain(ceilingDb) / truePeak(sound);
  return gain < 1 - ROUNDING ? amplified(sound, gain) : sound;
}

/** All channels by the same factor. */
export function amplified({ sampleRate, channels }: Sound, gain: number): Sound {
  return { sampleRate, channels: channels.map((samples) => samples.map((x) => x * gain)) };
}

// --- internal ---

/** A sound that was levelled is not levelled again for a rounding error. */
const ROUNDING = 1e-5;

const HIGH_RATE_HZ = 88_200;

/** Samples on each side of a moment that its value is made of. */
const HALF_WIDTH = 16;
const KAISER_BETA = 5;

const interpolators = { fourTimes: rowsFor([0.25, 0.5, 0.75]), twice: rowsFor([0.5]) };

/** Filters for moments behind a sample: shape [moments][2 * HALF_WIDTH]. */
function rowsFor(moments: readonly number[]): Float32Array[] {
  return moments.map((moment) =>
    Float32Array.from({ length: 2 * HALF_WIDTH }, (_, tap) => {
      const distance = tap - (HALF_WIDTH - 1) - moment;
      const inWindow = Math.max(0, 1 - (distance / HALF_WIDTH) ** 2);
      return (sinc(distance) * besselI0(KAISER_BETA * Math.sqrt(inWindow))) / besselI0(KAISER_BETA);
    }),
  );
}

/**
 * The largest value between samples that is above `floor`.
 *
 * Where no sample around is above half of that, nothing between them can be above all of it, but
 * for signals at the very edge of the band.
 */
function peakBetween(samples: Float32Array, rows: readonly Float32Array[], floor: number): number {
  const padded = new Float32Array(samples.length + 2 * HALF_WIDTH);
  padded.set(samples, HALF_WIDTH);
  let peak = floor;
  for (let start = 0; start <= samples.length; start += BLOCK_LENGTH) {
    const end = Math.min(samples.length + 1, start + BLOCK_LENGTH);
    if (loudest(padded, start, end + 2 * HALF_WIDTH) < peak * SKIP_BELOW) continue;
    for (const row of rows) peak = Math.max(peak, loudestBetween(padded, row, [start, end]));
  }
  return peak;
}

const BLOCK_LENGTH = 64;
const SKIP_BELOW = 0.5;

function loudest(samples: Float32Array, start: number, end: number): number {
  let peak = 0;
  const last = Math.min(end, samples.length);
  for (let i = start; i < last; i += 1) {
    const size = Math.abs(samples[i]!);
    if (size > peak) peak = size;
  }
  return peak;
}

function loudestBetween(
  padded: Float32Array,
  row: Float32Array,
  [start, end]: readonly [number, number],
): number {
  let peak = 0;
  for (let i = start; i < end; i += 1) {
    let a = 0;
    let b = 0;
    for (let tap = 0; tap < row.length; tap += 2) {
      a += row[tap]! * padded[i + tap]!;
      b += row[tap + 1]! * padded[i + tap + 1]!;
    }
    const size = Math.abs(a + b);
    if (size > peak) peak = size;
  }
  return peak;
}

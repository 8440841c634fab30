/**
 * What can be said of a sound that has a pitch: how high it is, its vibrato, how hollow it is.
 *
 * After the odd to even ratio and the deviation of partials in G. Peeters et al., "The Timbre
 * Toolbox", JASA 130(5), 2011.
 */

import { decibelsToGain } from "../decibel.ts";
import { type PitchTrack, trackPitch } from "../pitch/pitch.ts";
import { defaultStft, MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";
import { magnitudes } from "../stft.ts";
import { strongestSine } from "./fluctuation.ts";
import { smoothed } from "./level-course.ts";
import { GATE_DB } from "./spectral.ts";

export interface PitchDescription {
  /** Median over voiced frames, as a MIDI note: 12 log2(f / 440 Hz) + 69, in semitones. */
  readonly pitch: number;
  /** Amplitude of the strongest sine of 3 to 10 Hz in the pitch, under a Hann window, in cents. */
  readonly vibrato: number;
  /**
   * How far odd partials (3, 5, 7 ...) stand above the even ones beside them, in dB: the mean of
   * L(n) - (L(n-1) + L(n+1)) / 2, its sign turned for even n, weighted by the magnitudes of the
   * three. A slope of the spectrum does not count. A clarinet is high, a saw-tooth near 0.
   */
  readonly hollow: number;
}

/** A frame counts from here on. */
const VOICED = 0.3;
/** Fewer voiced frames than this are no note: a tenth of a second. */
const VOICED_FRAMES_MIN = 9;
/** Slower changes of the pitch are glides. */
const GLIDE_SECONDS = 0.35;
/** The tracker errs by whole octaves now and then; no vibrato goes so far. */
const AWAY_CENTS_MAX = 120;
const HOP_SECONDS = defaultStft.hopLength / MODEL_RATE_HZ;
export const HOLLOW_PARTIALS = 16;
const HOLLOW_HZ_MAX = 12_000;

/**
 * @param mono Samples at MODEL_RATE_HZ.
 * @param spectra Their magnitudes, if they are there already.
 * @returns undefined where there is no pitch to speak of.
 */
export function describePitch(
  mono: Float32Array,
  spectra: Spectrogram = magnitudes(mono),
): PitchDescription | undefined {
  const track = trackPitch(mono, spectra);
  const voiced = [...track.voicing.keys()].filter((frame) => track.voicing[frame]! >= VOICED);
  if (voiced.length < VOICED_FRAMES_MIN) return undefined;
  const notes = track.hz.map((hz) => 12 * Math.log2(hz / 440) + 69);
  const pitch = voiced.map((frame) => notes[frame]!).toSorted((a, b) => a - b)[voiced.length >> 1]!;
  return {
    pitch,
    vibrato: vibratoOf(notes, voiced),
    hollow: hollowOf(track, spectra, voiced),
  };
}

/** Where noise hides the pitch, it is taken to be on its glide: what was tracked there is chance. */
function vibratoOf(notes: Float32Array, voiced: readonly number[]): number {
  const first = voiced[0]!;
  const cents = Float64Array.from(notes.subarray(first, voiced.at(-1)! + 1), (note) => 100 * note);
  const glide = smoothed(cents, GLIDE_SECONDS / HOP_SECONDS);
  const course = new Float64Array(cents.length);
  for (const frame of voiced) {
    const away = cents[frame - first]! - glide[frame - first]!;
    if (Math.abs(away) <= AWAY_CENTS_MAX) course[frame - first] = away;
  }
  return strongestSine(course, HOP_SECONDS).amplitude;
}

function hollowOf(
  { hz }: PitchTrack,
  { data, binCount }: Spectrogram,
  frames: readonly number[],
): number {
  let [sum, weight] = [0, 1e-9];
  for (const frame of frames) {
    const row = data.subarray(frame * binCount, (frame + 1) * binCount);
    const partials = partialsOf(row, hz[frame]!);
    for (let n = 3; n + 1 < partials.length; n += 1) {
      const [before = 0, own = 0, after = 0] = partials.slice(n - 1, n + 2);
      const around = before + own + after;
      const above = 20 * Math.log10(own) - 10 * Math.log10(before * after);
      sum += around * (n % 2 === 1 ? above : -above);
      weight += around;
    }
  }
  return sum / weight;
}

/** Magnitudes of the partials by their number, gated as spectra are. */
function partialsOf(row: Float32Array, pitch: number): number[] {
  const binsApart = (pitch * 2 * (row.length - 1)) / MODEL_RATE_HZ;
  const least = row.reduce((most, value) => Math.max(most, value), 1e-9) * decibelsToGain(-GATE_DB);
  const count = Math.min(HOLLOW_PARTIALS, Math.floor(HOLLOW_HZ_MAX / pitch));
  return Array.from({ length: count + 1 }, (_, n) => {
    const bin = Math.round(n * binsApart);
    const around = row.subarray(Math.max(0, bin - 1), bin + 2);
    return around.reduce((most, value) => Math.max(most, value), least);
  });
}

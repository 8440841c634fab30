/** How clear a tone is: how far the sound falls between partials, and how still they stand. */

import { median } from "../median.ts";
import { trackPitch } from "../pitch/pitch.ts";
import { BIN_HZ, defaultStft, MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";

export interface ToneClarity {
  /**
   * Peak to valley of the first 24 partials below 10 kHz, in dB: each peak over the mean power in the
   * middle third of the way to the next. Median over voiced frames and partials; none below 94 Hz,
   * where the window fills the valleys.
   */
  readonly valleyDb?: number;
  /** Pitch of a frame (11 ms) off the mean of its two neighbours, in cents: median. A glide has none. */
  readonly jitterCents: number;
  /** Level of a frame off the mean of its two neighbours, in dB: median. */
  readonly wobbleDb: number;
}

const PARTIALS = 24;
const HIGHEST_HZ = 10_000;
/** Between partials this near the window leaves no valley. */
const SPACING_LEAST_BINS = 4;
const VOICED = 0.5;
/** Frames this far below the loudest are not judged, nor partials this far below the frame's. */
const QUIET_DB = 30;
const FAINT_DB = 70;
const FRAMES_LEAST = 4;
const LATTICE_CENTS = 5;

/**
 * @param mono Samples at MODEL_RATE_HZ.
 * @param spectra Their magnitudes, linear.
 * @returns undefined for sounds with less than a few voiced frames in a row, and where their pitch
 *   is the rate of frames itself.
 */
export function toneClarity(mono: Float32Array, spectra: Spectrogram): ToneClarity | undefined {
  const { hz, voicing } = trackPitch(mono, spectra);
  const rows = framesOf(spectra);
  const levels = rows.map((row) => decibels(row.reduce((sum, value) => sum + value * value, 0)));
  const loudest = levels.reduce((most, level) => Math.max(most, level), -Infinity);
  const isJudged = (frame: number): boolean =>
    (voicing[frame] ?? 0) >= VOICED && levels[frame]! > loudest - QUIET_DB;
  const valleys: number[] = [];
  const jitters: number[] = [];
  const wobbles: number[] = [];
  const pitches: number[] = [];
  for (let frame = 1; frame + 1 < rows.length; frame += 1) {
    if (![frame - 1, frame, frame + 1].every(isJudged)) continue;
    valleys.push(...valleysOf(rows[frame]!, hz[frame]! / BIN_HZ));
    jitters.push(Math.abs(600 * Math.log2(hz[frame]! ** 2 / (hz[frame - 1]! * hz[frame + 1]!))));
    pitches.push(hz[frame]!);
    wobbles.push(Math.abs(levels[frame]! - (levels[frame - 1]! + levels[frame + 1]!) / 2));
  }
  if (jitters.length < FRAMES_LEAST || isFrameRate(median(pitches))) return undefined;
  return {
    ...(valleys.length > 0 && { valleyDb: median(valleys) }),
    jitterCents: median(jitters),
    wobbleDb: median(wobbles),
  };
}

/**
 * A pitch that no instrument has by chance: frames that are heard one by one, see `latticeDb`, or in
 * pairs.
 */
function isFrameRate(hz: number): boolean {
  const rateHz = MODEL_RATE_HZ / defaultStft.hopLength;
  return [rateHz, rateHz / 2].some((rate) => Math.abs(1200 * Math.log2(hz / rate)) < LATTICE_CENTS);
}

/** Depths of the valleys of one frame, in dB. @param spacing Of the partials, in bins. */
function valleysOf(row: Float32Array, spacing: number): number[] {
  if (spacing < SPACING_LEAST_BINS) return [];
  const loudest = decibels(row.reduce((most, value) => Math.max(most, value), 0) ** 2);
  const within = (from: number, to: number): Float32Array =>
    row.subarray(Math.round(from), Math.round(to) + 1);
  const valleys: number[] = [];
  for (let partial = 1; partial <= PARTIALS; partial += 1) {
    const at = partial * spacing;
    if (at + spacing > row.length - 1 || at * BIN_HZ > HIGHEST_HZ) break;
    const around = within(at - 0.2 * spacing, at + 0.2 * spacing);
    const peak = decibels(around.reduce((most, value) => Math.max(most, value), 0) ** 2);
    if (peak < loudest - FAINT_DB) continue;
    const between = within(at + spacing / 3, at + (2 * spacing) / 3);
    const power = between.reduce((sum, value) => sum + value * value, 0) / between.length;
    valleys.push(peak - decibels(power));
  }
  return valleys;
}

function framesOf({ data, frameCount, binCount }: Spectrogram): Float32Array[] {
  return Array.from({ length: frameCount }, (_, frame) =>
    data.subarray(frame * binCount, (frame + 1) * binCount),
  );
}

function decibels(power: number): number {
  return 10 * Math.log10(power + 1e-20);
}

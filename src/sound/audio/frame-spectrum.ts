/**
 * One frame of a sound as a packed spectrum, for phases that are found step by step: on a line
 * (griffin-lim.ts) and on a circle (circle/circle-sound.ts).
 */

import type { PackedPlan } from "./packed-fourier.ts";

/** A row of magnitudes: `data` from `row` on, one for each bin. */
export interface MagnitudeRow {
  readonly data: Float32Array;
  readonly row: number;
}

/** Magnitudes with phases into the plan's spectrum. @param phases Same shape as the magnitudes. */
export function putPhases(
  { packed }: PackedPlan,
  { data, row }: MagnitudeRow,
  phases: Float32Array,
): void {
  const half = packed.length / 2;
  packed[0] = data[row]! * Math.cos(phases[row]!);
  packed[1] = data[row + half]! * Math.cos(phases[row + half]!);
  for (let bin = 1; bin < half; bin += 1) {
    packed[2 * bin] = data[row + bin]! * Math.cos(phases[row + bin]!);
    packed[2 * bin + 1] = data[row + bin]! * Math.sin(phases[row + bin]!);
  }
}

export interface SoundWindow {
  readonly sound: Float32Array;
  readonly start: number;
  readonly window: Float32Array;
}

/** The spectrum of a windowed stretch of a sound, into the plan. */
export function takeFrame(plan: PackedPlan, { sound, start, window }: SoundWindow): void {
  const { samples } = plan;
  const { length } = samples;
  for (let i = 0; i < length; i += 1) samples[i] = sound[start + i]! * window[i]!;
  plan.forward();
}

export interface Momentum {
  /** Spectra of the step before, packed; this frame's becomes this step's. */
  readonly previous: Float32Array;
  /** Where the frame starts in `previous`. */
  readonly before: number;
  /** How much of its last change the spectrum goes on by. */
  readonly push: number;
}

/**
 * A step of fast Griffin-Lim on the spectrum in the plan: on by `push` times its last change, then to
 * the magnitudes wanted.
 */
export function bendFrame(
  { packed }: PackedPlan,
  { data, row }: MagnitudeRow,
  { previous, before, push }: Momentum,
): void {
  const { length } = packed;
  for (let edge = 0; edge < 2; edge += 1) {
    const now = packed[edge]!;
    const ahead = now + push * (now - previous[before + edge]!);
    previous[before + edge] = now;
    const wanted = data[row + (edge * length) / 2]!;
    packed[edge] = ahead < 0 ? -wanted : wanted;
  }
  let wantedAt = row + 1;
  for (let i = 2; i < length; i += 2, wantedAt += 1) {
    const re = packed[i]!;
    const im = packed[i + 1]!;
    const aheadRe = re + push * (re - previous[before + i]!);
    const aheadIm = im + push * (im - previous[before + i + 1]!);
    previous[before + i] = re;
    previous[before + i + 1] = im;
    const scale = data[wantedAt]! / Math.sqrt(aheadRe * aheadRe + aheadIm * aheadIm + TINY_POWER);
    packed[i] = aheadRe * scale;
    packed[i + 1] = aheadIm * scale;
  }
}

/** Keeps an empty bin from dividing by zero. */
export const TINY_POWER = 1e-30;

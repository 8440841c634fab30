/** The two ends of a sound: a flam before its onset, and an end that is cut. */

import { movingRms } from "../moving-rms.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";

/** A period of 83 Hz: of lower tones each period would be a burst. */
const WINDOW_SECONDS = 0.012;
const HOP_SECONDS = 0.002;
/** Bursts are counted this long before the loudest moment of the onset. */
const BEFORE_SECONDS = 0.12;
/** Where the rise of the onset itself begins. */
const RISE_SECONDS = 0.016;
/** A burst is this loud, in dB below the loudest moment, and stands this far out on both sides. */
const BURST_DEPTH_DB = 40;
const BURST_DIP_DB = 3;
/** Bursts as close as this are the periods of a tone of 36 Hz or more; a flam is farther apart. */
const PERIOD_SECONDS = 0.028;

/** Of the end, just before the fade against clicks. */
const END_SECONDS = { window: 0.02, fade: 0.012 } as const;

export interface SoundEdges {
  /** Bursts heard within 120 ms before the steepest rise of the first onset. */
  readonly extraBursts: number;
  /** Level just before the end below the loudest 20 ms, in dB, 0 or less. */
  readonly endDb: number;
}

/** @param mono Samples at MODEL_RATE_HZ. @returns undefined for silence. */
export function soundEdges(mono: Float32Array): SoundEdges | undefined {
  const levels = levelsOf(mono, WINDOW_SECONDS, HOP_SECONDS);
  const onset = steepestRise(levels);
  if (onset === undefined) return undefined;
  return { extraBursts: burstsBefore(levels, onset), endDb: endOf(mono) };
}

function levelsOf(mono: Float32Array, windowSeconds: number, hopSeconds: number): Float64Array {
  const length = Math.round(windowSeconds * MODEL_RATE_HZ);
  const hop = Math.round(hopSeconds * MODEL_RATE_HZ);
  return movingRms(mono, { length, hop }).map((rms) => 20 * Math.log10(rms + 1e-10));
}

/** Where the level rises most, in power, within a window. */
function steepestRise(levels: Float64Array): number | undefined {
  const span = Math.round(WINDOW_SECONDS / HOP_SECONDS);
  let most = 0;
  let onset: number | undefined;
  for (let i = 0; i < levels.length; i += 1) {
    const rise = 10 ** (levels[i]! / 20) - 10 ** ((levels[i - span] ?? -200) / 20);
    if (rise > most) [most, onset] = [rise, i];
  }
  return onset;
}

function burstsBefore(levels: Float64Array, onset: number): number {
  const first = Math.max(0, onset - Math.round(BEFORE_SECONDS / HOP_SECONDS));
  const last = onset - Math.round(RISE_SECONDS / HOP_SECONDS);
  const least = levels[onset]! - BURST_DEPTH_DB;
  const bursts: number[] = [];
  let isRising = false;
  /** The highest level of a rise so far, the lowest of a fall; and where. */
  let extreme = levels[first] ?? 0;
  let at = first;
  for (let i = first; i <= last; i += 1) {
    const level = levels[i]!;
    const turned = isRising ? level < extreme - BURST_DIP_DB : level > extreme + BURST_DIP_DB;
    if (turned) {
      if (isRising && extreme > least) bursts.push(at);
      isRising = !isRising;
    }
    if (turned || (isRising ? level > extreme : level < extreme)) [extreme, at] = [level, i];
  }
  const period = PERIOD_SECONDS / HOP_SECONDS;
  const isAlone = (one: number): boolean =>
    bursts.every((other) => other === one || Math.abs(other - one) > period);
  return bursts.filter(isAlone).length;
}

function endOf(mono: Float32Array): number {
  const fade = Math.round(END_SECONDS.fade * MODEL_RATE_HZ);
  const levels = levelsOf(
    mono.subarray(0, Math.max(1, mono.length - fade)),
    END_SECONDS.window,
    END_SECONDS.window / 2,
  );
  const loudest = levels.reduce((most, level) => Math.max(most, level), -Infinity);
  return (levels.at(-1) ?? loudest) - loudest;
}

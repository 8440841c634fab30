/**
 * How a sound runs in time: attack, decay, length, density of onsets.
 *
 * The attack leads from the first moment within 20 dB of the loudest to the first within 3 dB
 * (thresholds of the level, as in G. Peeters et al., "The Timbre Toolbox", JASA 130(5), 2011). The decay is the time of a
 * fall by 20 dB, as the early part of a reverberation time (ISO 3382-1, 2009).
 */

import { type LevelCourse, loudestOf, smoothed } from "./level-course.ts";

export interface TimeDescription {
  /** Seconds from 20 dB below to 3 dB below the loudest moment. */
  readonly attack: number;
  /** Seconds of the fall from 6 dB to 26 dB below the loudest moment. */
  readonly decay: number;
  /** Seconds from the first to the last moment within 40 dB of the loudest. */
  readonly length: number;
  /** Onsets a second: rises by 9 dB within 60 ms, after a dip of 3 dB. */
  readonly density: number;
}

const ATTACK_DB = { from: 20, to: 3 } as const;
const DECAY_DB = { from: 6, to: 26 } as const;
const LENGTH_DB = 40;
const ONSET = { riseDb: 9, dipDb: 3, depthDb: 36, riseSeconds: 0.06, apartSeconds: 0.1 } as const;
/** Levels are smoothed by this before moments are looked for. */
export const TIMING_SMOOTHING_SECONDS = 0.011;

/** Where the parts of a sound lie, in places of its course of levels. */
export interface Stations {
  /** The first moment within 40 dB of the loudest. */
  readonly start: number;
  /** Where the attack begins: the first moment within 20 dB of the loudest. */
  readonly foot: number;
  /** The first moment within 3 dB of the loudest. */
  readonly peak: number;
  /** The last moment within 6 dB of the loudest. */
  readonly held: number;
  /** From here on it stays 26 dB below. */
  readonly fallen: number;
  /** One after the last moment within 40 dB of the loudest. */
  readonly end: number;
}

/** The same stations for levels of any hop. */
export function stationsOf(levels: Float64Array): Stations {
  const loudest = loudestOf(levels);
  const first = (depthDb: number): number => levels.findIndex((v) => v >= loudest - depthDb);
  const last = (depthDb: number): number => levels.findLastIndex((v) => v >= loudest - depthDb);
  const peak = first(ATTACK_DB.to);
  return {
    start: first(LENGTH_DB),
    foot: first(ATTACK_DB.from),
    peak,
    held: last(DECAY_DB.from),
    fallen: last(DECAY_DB.to) + 1,
    end: last(LENGTH_DB) + 1,
  };
}

export function describeTiming({ levels, hopSeconds }: LevelCourse): TimeDescription {
  const course = smoothed(levels, TIMING_SMOOTHING_SECONDS / hopSeconds);
  const at = stationsOf(course);
  const length = (at.end - at.start) * hopSeconds;
  return {
    attack: Math.max(1, at.peak - at.foot) * hopSeconds,
    decay: Math.max(1, at.fallen - at.held) * hopSeconds,
    length,
    density: onsetsOf(course, hopSeconds).length / Math.max(length, hopSeconds),
  };
}

/** Places of the onsets: the steepest moments of their rises. */
function onsetsOf(course: Float64Array, hopSeconds: number): number[] {
  const loudest = loudestOf(course);
  const back = Math.max(1, Math.round(ONSET.riseSeconds / hopSeconds));
  const apart = Math.round(ONSET.apartSeconds / hopSeconds);
  const onsets: number[] = [];
  // What was reached since the last onset, and how far it has fallen from there.
  let [highest, lowest] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < course.length; i += 1) {
    const level = course[i]!;
    const isFirst = onsets.length === 0;
    const hasDipped = isFirst || highest - lowest >= ONSET.dipDb;
    if (level > highest && !hasDipped) [highest, lowest] = [level, level];
    lowest = Math.min(lowest, level);
    const rise = level - Math.min(...course.subarray(Math.max(0, i - back), i + 1));
    const isLoud = level >= loudest - ONSET.depthDb;
    const begins = isFirst && i < back && isLoud;
    if (!isLoud || !hasDipped || !(rise >= ONSET.riseDb || begins)) continue;
    if (!isFirst && i - onsets.at(-1)! < apart) continue;
    onsets.push(i);
    highest = level;
    lowest = level;
  }
  return onsets;
}

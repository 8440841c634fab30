/** Moves the attack of a sound: its samples fade in later, or what is before the peak goes. */

import { decibelsToGain } from "../../audio/decibel.ts";
import { levelCourse, smoothed } from "../../audio/descriptors/level-course.ts";
import {
  type Stations,
  stationsOf,
  TIMING_SMOOTHING_SECONDS,
} from "../../audio/descriptors/timing.ts";

/** Of a rise by the square of time, the share of it from -20 to -3 dB. */
const HEARD_SHARE = 0.525;
/** What comes before an attack that was made sharper. */
const BEFORE_DB = -30;
const FALL_DB = -20;
/** Where the sound has no time for an attack that is so much slower, it stays as it is. */
const SLOWER_LEAST = 1.1;
/** Of the sound: a slower rise would only make it quieter. */
const RISE_SHARE_MAX = 0.6;
/** Nothing sharper is heard, or can be told apart. */
const SHARPEST_SECONDS = 0.008;
/** What hardly sounds before the peak is not raised by more. */
const RAISED_DB_MAX = 12;
/** From here on a rise is the new one, whatever it was; up to here more and more so. */
const REPLACED_OCTAVES = 0.5;

/**
 * New samples whose attack takes 2^octaves as long.
 *
 * Slower: a rise from the foot of the attack, by the square of time, so that a click does not stand
 * out of it, in place of its own. Faster: a fall by 20 dB within that time before the peak.
 *
 * @param samples Mono, of one gesture.
 */
export function attackMoved(
  samples: Float32Array,
  octaves: number,
  sampleRateHz: number,
): Float32Array {
  const { levels: course, hopSeconds } = levelCourse(samples, sampleRateHz);
  const levels = smoothed(course, TIMING_SMOOTHING_SECONDS / hopSeconds);
  const rise = { ...stationsOf(levels), levels, hopSeconds };
  const gainAt = octaves > 0 ? slower(rise, octaves) : sharper(rise, octaves);
  return samples.map((sample, i) => sample * gainAt(i / sampleRateHz));
}

interface Rise extends Stations {
  /** In dB. */
  readonly levels: Float64Array;
  readonly hopSeconds: number;
}

/** Gain at a time in seconds. */
type Gain = (seconds: number) => number;

function sharper({ foot, peak, hopSeconds }: Rise, octaves: number): Gain {
  const now = (peak - foot) * hopSeconds;
  if (now <= SHARPEST_SECONDS) return () => 1;
  const wanted = now * 2 ** octaves;
  // The level at the peak is heard over some time, of which half lies before it.
  const full = peak * hopSeconds - Math.min(TIMING_SMOOTHING_SECONDS / 2, now / 4);
  return (seconds) =>
    decibelsToGain(Math.min(0, Math.max(BEFORE_DB, (FALL_DB * (full - seconds)) / wanted)));
}

function slower({ foot, peak, end, levels, hopSeconds }: Rise, octaves: number): Gain {
  const now = Math.max(1, peak - foot) * hopSeconds;
  const most = RISE_SHARE_MAX * (end - foot) * hopSeconds;
  const rise = Math.min(most, (now * 2 ** octaves) / HEARD_SHARE);
  if (rise * HEARD_SHARE < SLOWER_LEAST * now) return () => 1;
  const share = Math.min(1, octaves / REPLACED_OCTAVES);
  const top = levels[peak]!;
  return (seconds) => {
    const at = seconds / hopSeconds;
    const own = at < peak ? Math.min(0, levels[Math.round(at)]! - top) : 0;
    const risen = Math.min(1, Math.max(0, (seconds - foot * hopSeconds) / rise));
    const raised = decibelsToGain(Math.min(RAISED_DB_MAX, -share * own));
    return Math.min(risen ** (2 * share) * raised, decibelsToGain(RAISED_DB_MAX));
  };
}

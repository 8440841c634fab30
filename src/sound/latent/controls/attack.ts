/** Moves the attack of a sound: its samples fade in later, or what is before the peak goes. */

import { decibelsToGain } from "../../audio/decibel.ts";
import { levelCourse, smoothed } from "../../audio/descriptors/level-course.ts";
import { stationsOf, TIMING_SMOOTHING_SECONDS } from "../../audio/descriptors/timing.ts";

/** Of a straight rise, the share of its time from -20 to -3 dB. */
const HEARD_SHARE = 0.6;
/** What comes before an attack that was made sharper, or before one that was made slower. */
const BEFORE_DB = -30;
const FALL_DB = -20;
/** Of the sound: a slower rise would only make it quieter. */
const RISE_SHARE_MAX = 0.3;

/**
 * New samples whose attack takes 2^octaves as long.
 *
 * Slower: a straight rise from the foot of the attack, so long that both together take the time
 * wanted. Faster: a fall by 20 dB within that time before the peak.
 *
 * @param samples Mono, of one gesture.
 */
export function attackMoved(
  samples: Float32Array,
  octaves: number,
  sampleRateHz: number,
): Float32Array {
  const { levels, hopSeconds } = levelCourse(samples, sampleRateHz);
  const at = stationsOf(smoothed(levels, TIMING_SMOOTHING_SECONDS / hopSeconds));
  const [foot, peak] = [at.foot * hopSeconds, at.peak * hopSeconds];
  const now = Math.max(hopSeconds, peak - foot);
  const most = Math.max(now, RISE_SHARE_MAX * (at.end * hopSeconds - foot));
  const wanted = Math.min(most, now * 2 ** octaves);
  const least = decibelsToGain(BEFORE_DB);
  const rise = Math.sqrt(Math.max(0, wanted * wanted - now * now)) / HEARD_SHARE;
  return samples.map((sample, i) => {
    const seconds = i / sampleRateHz;
    const gain =
      octaves > 0
        ? (seconds - foot) / Math.max(rise, 1e-6)
        : decibelsToGain((FALL_DB * (peak - seconds)) / wanted);
    return sample * Math.min(1, Math.max(least, gain));
  });
}

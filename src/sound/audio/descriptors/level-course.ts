/**
 * The level of a sound over time, finely enough for attacks and for fast fluctuation, and its parts
 * by speed.
 */

export interface LevelCourse {
  /** Decibels below full scale, not under FLOOR_DEPTH_DB below the loudest; one for each hop. */
  readonly levels: Float64Array;
  readonly hopSeconds: number;
}

/** Window of a level: short enough for fluctuation at 100 Hz, a whole period of 125 Hz. */
const WINDOW_SECONDS = 0.008;
/** From one level to the next. */
const HOP_SECONDS = 1 / 375;
/** Nothing counts that is quieter than this below the loudest moment. */
const FLOOR_DEPTH_DB = 80;

/**
 * RMS in windows of 8 ms around each 1/375 s, in dB below full scale.
 *
 * @param samples Mono, shape [time].
 */
export function levelCourse(samples: Float32Array, sampleRateHz: number): LevelCourse {
  const power = new Float64Array(samples.length + 1);
  for (let i = 0; i < samples.length; i += 1) power[i + 1] = power[i]! + samples[i]! ** 2;
  const half = (WINDOW_SECONDS * sampleRateHz) / 2;
  const hop = HOP_SECONDS * sampleRateHz;
  const levels = Float64Array.from({ length: Math.floor(samples.length / hop) + 1 }, (_, i) => {
    const from = Math.max(0, Math.round(i * hop - half));
    const to = Math.min(samples.length, Math.round(i * hop + half));
    // Outside the sound is silence: the window stays as long as it is.
    return 10 * Math.log10(Math.max(0, power[to]! - power[from]!) / (2 * half) + 1e-20);
  });
  const least = loudestOf(levels) - FLOOR_DEPTH_DB;
  return { levels: levels.map((level) => Math.max(level, least)), hopSeconds: HOP_SECONDS };
}

const LOUDNESS_SECONDS = 0.1;

/** Mean power of the loudest 100 ms, in dB below full scale. */
export function loudestStretch({ levels, hopSeconds }: LevelCourse): number {
  const span = Math.round(LOUDNESS_SECONDS / hopSeconds);
  const powers = levels.map((level) => 10 ** (level / 10));
  let [sum, most] = [0, 0];
  for (let i = 0; i < powers.length; i += 1) {
    sum += powers[i]! - (powers[i - span] ?? 0);
    most = Math.max(most, sum);
  }
  return 10 * Math.log10(most / span + 1e-20);
}

export function loudestOf(levels: Float64Array): number {
  return levels.reduce((most, level) => Math.max(most, level), Number.NEGATIVE_INFINITY);
}

/**
 * Means over windows that shrink at the ends so that they stay symmetric: a straight line remains
 * as it is, so a steady decay has no fluctuation.
 */
export function smoothed(levels: Float64Array, windowLength: number): Float64Array {
  const sums = new Float64Array(levels.length + 1);
  for (let i = 0; i < levels.length; i += 1) sums[i + 1] = sums[i]! + levels[i]!;
  const most = Math.floor(windowLength / 2);
  return levels.map((_, i) => {
    const half = Math.min(most, i, levels.length - 1 - i);
    return (sums[i + half + 1]! - sums[i - half]!) / (2 * half + 1);
  });
}

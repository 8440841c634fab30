/**
 * How the level of a sound moves: its contour, its slow modulation (tremolo), its roughness.
 *
 * The course of levels is split by speed: what is faster than 20 Hz is roughness (H. Fastl,
 * E. Zwicker, "Psychoacoustics", 2007, ch. 11: 15 to 300 Hz, most at 70), 2.5 to 20 Hz modulation
 * (ch. 10: fluctuation, most at 4 Hz), below that the contour. It is looked at from the first
 * moment within 6 dB of the loudest to the last within 40 dB: an attack is no fluctuation.
 */

import { type LevelCourse, loudestOf, smoothed } from "./level-course.ts";

export interface FluctuationDescription {
  /** Standard deviation of the level in windows of 400 ms, in dB. */
  readonly contour: number;
  /**
   * Amplitude in dB of the strongest sine of 3 to 10 Hz in the level, under a Hann window: the depth
   * of a tremolo, which a single swell or fall is not.
   */
  readonly modulation: number;
  /** Its rate, in hertz. */
  readonly modulationRate: number;
  /** RMS of the level in windows of 8 ms around that in windows of 50 ms, in dB. */
  readonly roughness: number;
}

const WINDOW_SECONDS = { fast: 0.05, slow: 0.4 } as const;
const HEARD_DB = { from: 6, to: 40 } as const;
const RATES_HZ = { least: 3, most: 10, step: 0.5 } as const;

export function describeFluctuation({ levels, hopSeconds }: LevelCourse): FluctuationDescription {
  const loudest = loudestOf(levels);
  const from = levels.findIndex((level) => level >= loudest - HEARD_DB.from);
  const to = levels.findLastIndex((level) => level >= loudest - HEARD_DB.to) + 1;
  const heard = levels.slice(from, to).map((level) => Math.max(level, loudest - HEARD_DB.to));
  const fast = smoothed(heard, WINDOW_SECONDS.fast / hopSeconds);
  const slow = smoothed(heard, WINDOW_SECONDS.slow / hopSeconds);
  const course = fast.map((level, i) => level - slow[i]!);
  return {
    contour: deviation(slow),
    ...modulationOf(course, hopSeconds),
    roughness: rootMean(heard.map((level, i) => level - fast[i]!)),
  };
}

function rootMean(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / Math.max(1, values.length));
}

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
  return rootMean(values.map((v) => v - mean));
}

function modulationOf(
  course: Float64Array,
  hopSeconds: number,
): Pick<FluctuationDescription, "modulation" | "modulationRate"> {
  const { amplitude, hertz } = strongestSine(course, hopSeconds);
  return { modulation: amplitude, modulationRate: hertz };
}

/** The strongest sine of 3 to 10 Hz in the course of something, under a Hann window. */
export function strongestSine(
  course: Float64Array,
  hopSeconds: number,
): { readonly amplitude: number; readonly hertz: number } {
  const windowed = course.map(
    (level, i) => level * (1 - Math.cos((2 * Math.PI * (i + 0.5)) / course.length)),
  );
  let [most, rate] = [0, 0];
  for (let hertz = RATES_HZ.least; hertz <= RATES_HZ.most; hertz += RATES_HZ.step) {
    // A rotation from hop to hop instead of a sine for each.
    const turn = 2 * Math.PI * hertz * hopSeconds;
    const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
    let [re, im, u, v] = [0, 0, 1, 0];
    for (let i = 0; i < windowed.length; i += 1) {
      re += windowed[i]! * u;
      im += windowed[i]! * v;
      [u, v] = [u * cosine - v * sine, u * sine + v * cosine];
    }
    const amplitude = (2 * Math.hypot(re, im)) / Math.max(1, windowed.length);
    if (amplitude > most) [most, rate] = [amplitude, hertz];
  }
  return { amplitude: most, hertz: rate };
}

/**
 * The vocabulary of descriptors: what can be said of a sound in numbers that people have words for.
 *
 * Each is measured on samples, whatever made them. Formulas, units and sources stand with the
 * interfaces of its file: loudness here, the others in `spectral.ts`, `timing.ts` and
 * `fluctuation.ts`.
 */

import { resample } from "../resample.ts";
import { MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";
import { magnitudes } from "../stft.ts";
import { describeFluctuation, type FluctuationDescription } from "./fluctuation.ts";
import { levelCourse, loudestStretch } from "./level-course.ts";
import { describeSpectra, type SpectralDescription } from "./spectral.ts";
import { describeTiming, type TimeDescription } from "./timing.ts";

export interface SoundDescription
  extends SpectralDescription,
    TimeDescription,
    FluctuationDescription {
  /**
   * The loudest 100 ms, in dB below full scale: the largest momentary loudness of EBU R 128, in
   * shorter windows because sounds are short, and without its filter, so that it says nothing of
   * the spectrum.
   */
  readonly loudness: number;
}

export type DescriptorName = keyof SoundDescription;

/**
 * All descriptors of a sound.
 *
 * @param samples Mono, shape [time].
 * @param spectra Magnitudes at MODEL_RATE_HZ, if they are there already.
 * @returns undefined for silence, of which nothing can be said.
 * @example
 * const { brightness, attack } = describeSound(samples, 48_000) ?? {};
 */
export function describeSound(
  samples: Float32Array,
  sampleRateHz: number,
  spectra?: Spectrogram,
): SoundDescription | undefined {
  if (!samples.some((sample) => sample !== 0)) return undefined;
  const mono = resample(samples, sampleRateHz, MODEL_RATE_HZ);
  const course = levelCourse(mono, MODEL_RATE_HZ);
  return {
    ...describeSpectra(spectra ?? magnitudes(mono)),
    ...describeTiming(course),
    ...describeFluctuation(course),
    loudness: loudestStretch(course),
  };
}

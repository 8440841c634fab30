/** Finds flaws in a recording that was read without errors: clipping, low level, DC offset. */

import type { DecodeWarning } from "../codecs/decode-outcome.ts";

/**
 * Half of the way from the lowest sample to the highest, in the channel where that is most: the
 * peak of what can be heard. 0 where every channel is constant.
 */
export function swingOf(channels: readonly Float32Array[]): number {
  let swing = 0;
  for (const samples of channels) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < samples.length; i += 1) {
      const sample = samples[i]!;
      if (sample < low) low = sample;
      if (sample > high) high = sample;
    }
    swing = Math.max(swing, (high - low) / 2);
  }
  return swing;
}

/**
 * Warnings about flaws that cannot be repaired: clipping, or a level close to the quantisation
 * step.
 *
 * @param channels Shape [channels][time].
 * @param swing As `swingOf(channels)` gives it.
 */
export function flawsOf(channels: readonly Float32Array[], swing: number): DecodeWarning[] {
  const warnings: DecodeWarning[] = [];
  const clipped = clippedShare(channels);
  if (clipped > CLIPPED_SHARE_MAX) {
    const percent = (100 * clipped).toPrecision(2);
    warnings.push({ code: "clipped", message: `${percent} % of it is clipped at full scale` });
  }
  if (swing < QUIET_SWING) {
    const decibels = Math.round(20 * Math.log10(swing));
    warnings.push({ code: "quiet", message: `its loudest moment is at ${decibels} dB` });
  }
  return warnings;
}

/**
 * The DC offset of a signal; 0 where it is too small to matter beside the sound, and for sounds too
 * short to tell an offset from a low note.
 *
 * The median over windows, since a drum stroke also has a mean, but briefly.
 *
 * @param samples Mono, shape [time].
 */
export function offsetOf(samples: Float32Array, sampleRate: number): number {
  const length = Math.round(OFFSET_WINDOW_SECONDS * sampleRate);
  const room = samples.length - length;
  const count = Math.min(OFFSET_WINDOWS_MAX, 1 + Math.floor((2 * room) / length));
  if (count < OFFSET_WINDOWS_MIN) return 0;
  const window = Float64Array.from(
    { length },
    (_, i) => 1 - Math.cos((2 * Math.PI * (i + 0.5)) / length),
  );
  const means = Float64Array.from({ length: count }, (_, i) => {
    const start = Math.round((i * room) / (count - 1));
    return windowedMean(samples.subarray(start, start + length), window);
  });
  const offset = means.sort()[Math.floor(count / 2)]!;
  if (Math.abs(offset) <= OFFSET_MIN) return 0;
  return Math.abs(offset) > OFFSET_SHARE_MIN * deviation(samples, offset) ? offset : 0;
}

/**
 * Removes a DC offset in place: a first-order high-pass at 5 Hz whose state starts at the offset,
 * so that nothing clicks.
 */
export function removeOffset(samples: Float32Array, offset: number, sampleRate: number): void {
  const rate = 1 - Math.exp((-2 * Math.PI * OFFSET_HZ) / sampleRate);
  let below = offset;
  for (let i = 0; i < samples.length; i += 1) {
    const sample = samples[i]!;
    below += rate * (sample - below);
    samples[i] = sample - below;
  }
}

// --- internal ---

/** Music mastered to the limit touches full scale; more than this share is clipping. */
const CLIPPED_SHARE_MAX = 0.005;
const CLIPPED_LEVEL = 0.98;
/** The crest of a low tone has up to three equal samples; more are a flat top. */
const CLIPPED_RUN_MIN = 4;

/** -60 dB: 33 steps of a 16-bit file. */
const QUIET_SWING = 1e-3;

/** A Hann window of this length rejects everything from 10 Hz up. */
const OFFSET_WINDOW_SECONDS = 0.2;
const OFFSET_WINDOWS_MIN = 3;
/** An even sample of long sounds. */
const OFFSET_WINDOWS_MAX = 500;
const OFFSET_MIN = 1e-4;
/** Of the root mean square of the sound around it. */
const OFFSET_SHARE_MIN = 0.05;
const OFFSET_HZ = 5;

function clippedShare(channels: readonly Float32Array[]): number {
  let count = 0;
  let total = 0;
  for (const samples of channels) {
    total += samples.length;
    for (let start = 0; start < samples.length; ) {
      const value = samples[start]!;
      let end = start + 1;
      while (end < samples.length && samples[end] === value) end += 1;
      const isTop = Math.abs(value) >= CLIPPED_LEVEL && end - start >= CLIPPED_RUN_MIN;
      if (isTop) count += end - start;
      start = end;
    }
  }
  return total === 0 ? 0 : count / total;
}

/** @param window As long as the samples, with a mean of 1. */
function windowedMean(samples: Float32Array, window: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < window.length; i += 1) sum += samples[i]! * window[i]!;
  return sum / window.length;
}

function deviation(samples: Float32Array, middle: number): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += (samples[i]! - middle) ** 2;
  return Math.sqrt(sum / samples.length);
}

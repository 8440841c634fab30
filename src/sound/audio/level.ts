/** Level of a sound and simple corrections: peak, RMS, offset, fades. */

import { decibelsToGain } from "./decibel.ts";

/** The largest absolute sample over all channels; 0 for silence. */
export function peakOfChannels(channels: readonly Float32Array[]): number {
  let peak = 0;
  for (const samples of channels) {
    for (let i = 0; i < samples.length; i += 1) {
      const size = Math.abs(samples[i]!);
      if (size > peak) peak = size;
    }
  }
  return peak;
}

/** Square root of the mean square; 0 for no samples. */
export function rootMeanSquare(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i]! ** 2;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/**
 * New channels with the largest sample at `peakDb` relative to full scale, all by the same
 * factor. Silence stays silence.
 */
export function normalisePeak(channels: readonly Float32Array[], peakDb: number): Float32Array[] {
  const peak = peakOfChannels(channels);
  const gain = peak > 0 ? decibelsToGain(peakDb) / peak : 1;
  return channels.map((samples) => samples.map((sample) => sample * gain));
}

/**
 * New samples that stay under `ceiling`: unchanged up to 60 % of it, from there bent towards it, so
 * that what is louder goes on to sound louder.
 */
export function softlyLimited(samples: Float32Array, ceiling: number): Float32Array {
  const knee = 0.6 * ceiling;
  const room = ceiling - knee;
  return samples.map((sample) => {
    const over = Math.abs(sample) - knee;
    return over <= 0 ? sample : Math.sign(sample) * (knee + room * Math.tanh(over / room));
  });
}

/** New samples with the mean removed. */
export function withoutOffset(samples: Float32Array): Float32Array {
  let sum = 0;
  for (let i = 0; i < samples.length; i += 1) sum += samples[i]!;
  const mean = samples.length === 0 ? 0 : sum / samples.length;
  return samples.map((sample) => sample - mean);
}

export interface Fades {
  /** Samples until the sound is at its full level. */
  readonly inLength: number;
  /** Samples from full level to the end. */
  readonly outLength: number;
}

/**
 * New samples that rise from zero and sink to zero along half a cosine, so that no click is heard.
 * Fades longer than half the sound are shortened to that.
 */
export function faded(samples: Float32Array, { inLength, outLength }: Fades): Float32Array {
  const result = Float32Array.from(samples);
  const most = Math.floor(samples.length / 2);
  const last = samples.length - 1;
  const rising = Math.min(inLength, most);
  for (let i = 0; i < rising; i += 1) result[i] = result[i]! * raisedCosine(i / rising);
  const sinking = Math.min(outLength, most);
  for (let i = 0; i < sinking; i += 1) {
    result[last - i] = result[last - i]! * raisedCosine(i / sinking);
  }
  return result;
}

// --- internal ---

/** From 0 at 0 to 1 at 1, flat at both ends. */
function raisedCosine(share: number): number {
  return 0.5 - 0.5 * Math.cos(Math.PI * share);
}

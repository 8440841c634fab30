/** Resamples and low-passes a sound that goes round. */

import { type LowPassEdges, lowPass } from "../low-pass.ts";
import { createResampler } from "../resample.ts";

/** Longer than any filter here reaches. */
const REACH = 4096;

/** The same round in `length` samples; any ratio, so that it fits exactly. */
export function resampledRound(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return Float32Array.from(samples);
  // Three rounds, of which the middle one has neighbours on both sides.
  const three = new Float32Array(3 * samples.length);
  for (let round = 0; round < 3; round += 1) three.set(samples, round * samples.length);
  return createResampler(samples.length, length)
    .resample(three)
    .slice(length, 2 * length);
}

/** The same round without what lies above. */
export function lowPassRound(samples: Float32Array, edges: LowPassEdges): Float32Array {
  const { length } = samples;
  const wide = Float32Array.from(
    { length: length + 2 * REACH },
    (_, i) => samples[(((i - REACH) % length) + length) % length]!,
  );
  return lowPass(wide, edges).slice(REACH, REACH + length);
}

/** A sound laid round a circle from its first sample on: what is longer meets itself. */
export function wrapped(samples: Float32Array, circumference: number): Float32Array {
  const round = new Float32Array(circumference);
  for (let i = 0; i < samples.length; i += 1) {
    const at = i % circumference;
    round[at] = round[at]! + samples[i]!;
  }
  return round;
}

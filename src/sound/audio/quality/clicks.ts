/** Finds clicks amidst a sound: single jumps, as a badly cut seam leaves them. */

export interface Click {
  /** In samples. */
  readonly at: number;
  /** How far it stands over what is around it, in dB. */
  readonly overDb: number;
}

/**
 * Clicks of one channel, in order.
 *
 * The second difference, d[n] = x[n + 1] - 2 x[n] + x[n - 1], is small where a sound is smooth and
 * at a jump as large as the jump. A click is a peak of |d| that stands 36 dB over the root mean
 * square of d in the 10 ms before and in the 10 ms after it (without 0.3 ms around it), is at least
 * 1 % of the channel's peak, and has sound on both sides. The attack of a drum is followed by as
 * rough a sound; in noise a jump is not heard, and d is large everywhere. Where half of them follow
 * each other within 40 ms they are a wave form (a low saw, a voice), not clicks. Sounds under 0.2 s
 * have none: there a jump may be the one period of an oscillator, or the hit itself.
 *
 * @param samples Shape [time].
 */
export function clicksOf(samples: Float32Array, sampleRate: number): Click[] {
  const { length } = samples;
  const side = Math.round(SIDE_SECONDS * sampleRate);
  const guard = Math.max(2, Math.round(GUARD_SECONDS * sampleRate));
  if (length < SHORTEST_SECONDS * sampleRate) return [];
  const bends = secondDifference(samples);
  const bendSums = squareSums(bends);
  const soundSums = squareSums(samples);
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const rms = (sums: Float64Array, from: number, to: number): number =>
    Math.sqrt(Math.max(0, sums[to]! - sums[from]!) / (to - from));
  const clicks: Click[] = [];
  for (let at = side + guard; at < length - side - guard; at += 1) {
    const size = Math.abs(bends[at]!);
    if (size < LEAST * peak) continue;
    const before = rms(bendSums, at - guard - side, at - guard);
    const after = rms(bendSums, at + guard, at + guard + side);
    if (size < OVER * before || size < OVER * after) continue;
    const around = Math.min(
      rms(soundSums, at - guard - side, at - guard),
      rms(soundSums, at + guard, at + guard + side),
    );
    if (around < SOUND_GAIN * peak) continue;
    const overDb = 20 * Math.log10(size / Math.max(before, after, SMALLEST * peak));
    const last = clicks.at(-1);
    // A jump bends the line twice; what follows within the guard belongs to it.
    if (last !== undefined && at - last.at <= guard) {
      if (overDb > last.overDb) clicks[clicks.length - 1] = { at, overDb };
    } else clicks.push({ at, overDb });
  }
  return isWaveForm(clicks, sampleRate) ? [] : clicks;
}

const SHORTEST_SECONDS = 0.2;
const SIDE_SECONDS = 0.01;
const GUARD_SECONDS = 0.0003;
/** 36 dB */
const OVER = 63.1;
/** Of the channel's peak. */
const LEAST = 0.01;
/** -46 dB: there is sound on both sides. */
const SOUND_GAIN = 0.005;
/** Keeps the decibels finite beside perfect silence. */
const SMALLEST = 1e-6;
/** Clicks closer than this are periods. */
const PERIOD_SECONDS = 0.04;

function isWaveForm(clicks: readonly Click[], sampleRate: number): boolean {
  const spacings = clicks.slice(1).map(({ at }, i) => at - clicks[i]!.at);
  spacings.sort((a, b) => a - b);
  const median = spacings[Math.floor(spacings.length / 2)];
  return median !== undefined && median < PERIOD_SECONDS * sampleRate;
}

function secondDifference(samples: Float32Array): Float32Array {
  const bends = new Float32Array(samples.length);
  for (let i = 1; i < samples.length - 1; i += 1) {
    bends[i] = samples[i + 1]! - 2 * samples[i]! + samples[i - 1]!;
  }
  return bends;
}

/** Sums of squares up to each place, shape [time + 1]. */
function squareSums(values: Float32Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (let i = 0; i < values.length; i += 1) sums[i + 1] = sums[i]! + values[i]! ** 2;
  return sums;
}

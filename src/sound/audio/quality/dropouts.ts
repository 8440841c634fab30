/** Finds gaps: moments where a sound stops abruptly and resumes unchanged. */

export interface Dropout {
  /** Where it begins, in samples. */
  readonly at: number;
  /** In samples. */
  readonly length: number;
}

/**
 * Gaps of one channel, in order.
 *
 * The channel is cut into blocks of 1 ms. A gap is a run of blocks, 2 to 500 ms long, whose samples
 * all lie within 60 dB below the peak of the 5 ms on either side (a held sample is as much a gap as
 * zeros are), with both of these
 *  - above -30 dB of the channel's peak,
 *  - within 10 dB of each other: what goes on is what stopped,
 *  - and loud up to the gap: the 1 ms next to it has a third of the 5 ms' peak.
 * A sound that falls silent and begins again by itself fades, or begins louder. Where such gaps come
 * more than 20 times a second, they are the sound (pulses).
 *
 * @param samples Shape [time].
 */
export function dropoutsOf(samples: Float32Array, sampleRate: number): Dropout[] {
  const block = Math.max(1, Math.round(BLOCK_SECONDS * sampleRate));
  const { swings, sizes } = blocksOf(samples, block);
  const peak = sizes.reduce((most, size) => Math.max(most, size), 0);
  const gaps: Dropout[] = [];
  for (let start = BESIDE; start < swings.length - BESIDE; ) {
    const before = largest(sizes, start - BESIDE, start);
    const limit = before * GAP_GAIN;
    let end = start;
    while (end < swings.length && swings[end]! <= limit && sizes[end]! <= HELD_MAX * before)
      end += 1;
    const length = end - start;
    if (
      length >= BLOCKS_MIN &&
      length <= BLOCKS_MAX &&
      isGap(sizes, { start, end, before, peak })
    ) {
      gaps.push({ at: start * block, length: length * block });
    }
    start = Math.max(end, start + 1);
  }
  const seconds = samples.length / sampleRate;
  return gaps.length > PER_SECOND_MAX * seconds + 2 ? [] : gaps;
}

const BLOCK_SECONDS = 0.001;
/** Blocks on either side that it is compared with. */
const BESIDE = 5;
const BLOCKS_MIN = 2;
const BLOCKS_MAX = 500;
/** -60 dB */
const GAP_GAIN = 1e-3;
/** A held sample is not the flat part of a square wave. */
const HELD_MAX = 0.7;
/** -30 dB: what stops is part of the sound, not of its tail. */
const LOUD_GAIN = 0.03;
/** 10 dB */
const ALIKE = 3.2;
/** Of the level beside the gap: what the last millisecond before it still has. */
const ABRUPT = 1 / 3;
const PER_SECOND_MAX = 20;

/** Half the range of each block, and its largest absolute sample. */
function blocksOf(
  samples: Float32Array,
  block: number,
): { readonly swings: Float32Array; readonly sizes: Float32Array } {
  const count = Math.floor(samples.length / block);
  const swings = new Float32Array(count);
  const sizes = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let k = i * block; k < (i + 1) * block; k += 1) {
      low = Math.min(low, samples[k]!);
      high = Math.max(high, samples[k]!);
    }
    swings[i] = (high - low) / 2;
    sizes[i] = Math.max(-low, high);
  }
  return { swings, sizes };
}

function isGap(
  sizes: Float32Array,
  gap: {
    readonly start: number;
    readonly end: number;
    readonly before: number;
    readonly peak: number;
  },
): boolean {
  const { start, end, before, peak } = gap;
  if (end + BESIDE > sizes.length) return false;
  // The block in which the gap ends is partly gap: the sound beside it begins one block later.
  const after = largest(sizes, end, end + BESIDE);
  if (Math.min(before, after) < LOUD_GAIN * peak) return false;
  if (Math.max(before / after, after / before) > ALIKE) return false;
  const last = largest(sizes, start - 2, start);
  const first = largest(sizes, end, end + 2);
  return last >= ABRUPT * before && first >= ABRUPT * after;
}

function largest(values: Float32Array, from: number, to: number): number {
  let most = 0;
  for (let i = from; i < to; i += 1) most = Math.max(most, values[i]!);
  return most;
}

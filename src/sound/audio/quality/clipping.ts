/** Finds flat tops: stretches where a sound was cut off at a limit, wherever that limit lies. */

export interface Clipping {
  /** Flat tops. */
  readonly count: number;
  /** Samples in them, of all. 0 to 1 */
  readonly share: number;
  /** Where the longest begins, in samples; undefined without any. */
  readonly at?: number;
}

/**
 * Flat tops of one channel.
 *
 * A flat top is a run of at least 3 samples that lie within 1.5 steps of 16 bits of each other, at
 * 0.97 of the channel's own peak or more (a clipped sound may have been turned down afterwards), and
 * whose edges are cut: the last rise before it, d, and the first fall after it are at least 8 such
 * steps, and neither is a jump of half the peak. A smooth crest approaches its top in ever smaller
 * steps, down to the step of its own format; a square wave jumps.
 *
 * @param samples Shape [time].
 * @param peak Of all channels, above 0.
 */
export function clippingOf(samples: Float32Array, peak: number): Clipping {
  let [count, clipped, longest] = [0, 0, 0];
  let at: number | undefined;
  for (let start = 1; start < samples.length - 1; ) {
    const value = samples[start]!;
    let end = start + 1;
    if (Math.abs(value) >= NEAR_PEAK * peak) {
      while (end < samples.length && Math.abs(samples[end]! - value) <= FLAT) end += 1;
      if (end - start >= RUN_MIN && isCut(samples, { start, end, peak })) {
        count += 1;
        clipped += end - start;
        if (end - start > longest) [longest, at] = [end - start, start];
      }
    }
    start = end;
  }
  return {
    count,
    share: samples.length === 0 ? 0 : clipped / samples.length,
    ...(at !== undefined && { at }),
  };
}

/** Of the largest sample: what counts as being at the limit. */
const NEAR_PEAK = 0.97;
/** 1.5 steps of 16 bits. */
const FLAT = 1.5 / 2 ** 15;
const RUN_MIN = 3;
/** The rise that is cut off, at least: 8 such steps. */
const EDGE_MIN = 8 * FLAT;
/** Of the peak: a longer step is the jump of a square wave. */
const JUMP = 0.5;

function isCut(
  samples: Float32Array,
  { start, end, peak }: { readonly start: number; readonly end: number; readonly peak: number },
): boolean {
  if (end >= samples.length) return false;
  const rise = Math.abs(samples[start]! - samples[start - 1]!);
  const fall = Math.abs(samples[end]! - samples[end - 1]!);
  return Math.min(rise, fall) >= EDGE_MIN && Math.max(rise, fall) <= JUMP * peak;
}

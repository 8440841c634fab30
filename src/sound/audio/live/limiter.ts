/**
 * Keeps a live sound under a ceiling without clipping: it looks 2 ms ahead, is down in time, and
 * comes back slowly. What stays under the ceiling is only delayed.
 */

export interface Limiter {
  /** Samples by which the sound comes later. */
  readonly delayLength: number;
  /** The next samples, in place. */
  apply(samples: Float32Array): void;
  /**
   * Adds to what was given already and comes next, shape [delayLength]: as loud as the gain of that
   * time lets it be, which may be over the ceiling.
   */
  join(samples: Float32Array): void;
}

export interface LimiterOptions {
  readonly sampleRateHz: number;
  /** The largest sample that comes out. @default 0.89, -1 dB */
  readonly ceiling?: number;
}

const AHEAD_SECONDS = 0.002;
const RELEASE_SECONDS = 0.08;

export function limiter({ sampleRateHz, ceiling = 0.89 }: LimiterOptions): Limiter {
  const ahead = Math.max(1, Math.round(AHEAD_SECONDS * sampleRateHz));
  const recovery = 1 - Math.exp(-1 / (RELEASE_SECONDS * sampleRateHz));
  const span = ahead + 1;
  const delayed = new Float32Array(span);
  const least = slidingLeast(span);
  // The mean over the span of what is at most the least gain needed in it: so it is down in time.
  const held = new Float64Array(span).fill(1);
  let sum = span;
  let now = 1;
  let at = 0;
  return {
    delayLength: ahead,
    apply: (samples) => {
      for (let i = 0; i < samples.length; i += 1) {
        const sample = samples[i]!;
        const size = Math.abs(sample);
        const needed = least.next(size > ceiling ? ceiling / size : 1);
        now = Math.min(needed, now + recovery * (1 - now));
        sum += now - held[at]!;
        held[at] = now;
        delayed[at] = sample;
        at = at + 1 === span ? 0 : at + 1;
        samples[i] = delayed[at]! * Math.min(1, sum / span);
      }
    },
    join: (samples) => {
      for (let i = 0; i < ahead; i += 1) {
        const place = (at + 1 + i) % span;
        delayed[place] = delayed[place]! + (samples[i] ?? 0);
      }
    },
  };
}

/** The least of the last `span` values, each in constant time on average. */
function slidingLeast(span: number): { next(value: number): number } {
  const values = new Float64Array(span + 1);
  const times = new Float64Array(span + 1);
  let [first, count, time] = [0, 0, 0];
  const place = (offset: number): number => (first + offset) % values.length;
  return {
    next: (value) => {
      while (count > 0 && values[place(count - 1)]! >= value) count -= 1;
      values[place(count)] = value;
      times[place(count)] = time;
      count += 1;
      if (times[first]! <= time - span) {
        first = place(1);
        count -= 1;
      }
      time += 1;
      return values[first]!;
    },
  };
}

/** Samples that wait to be played, first in, first out; a ring that never grows. */
export interface SampleQueue {
  readonly length: number;
  /** @throws RangeError if they do not all have room. */
  push(samples: Float32Array): void;
  /** Adds the next samples to `out`, times a gain that moves evenly from `from` to `to`. */
  mixInto(out: Float32Array, gain: { readonly from: number; readonly to: number }): number;
  clear(): void;
}

export function sampleQueue(capacity: number): SampleQueue {
  const ring = new Float32Array(capacity);
  let [first, length] = [0, 0];
  return {
    get length() {
      return length;
    },
    push: (samples) => {
      if (samples.length > capacity - length) {
        throw new RangeError(
          `Cannot queue ${samples.length} samples: there is room for ${capacity - length}`,
        );
      }
      for (let i = 0; i < samples.length; i += 1) {
        ring[(first + length + i) % capacity] = samples[i]!;
      }
      length += samples.length;
    },
    mixInto: (out, { from, to }) => {
      const count = Math.min(length, out.length);
      for (let i = 0; i < count; i += 1) {
        const gain = from + (to - from) * ((i + 1) / out.length);
        out[i] = out[i]! + gain * ring[(first + i) % capacity]!;
      }
      first = (first + count) % capacity;
      length -= count;
      return count;
    },
    clear: () => {
      length = 0;
    },
  };
}

/** Sound as samples: what every decoder gives and every encoder takes. */

export interface Sound {
  /** Samples per second, in hertz. */
  readonly sampleRate: number;

  /** Shape [channels][time], nominally in [-1, 1]; all channels have the same length. */
  readonly channels: readonly Float32Array[];
}

/** Length in samples. */
export function lengthOf(sound: Sound): number {
  return sound.channels[0]?.length ?? 0;
}

export function durationSeconds(sound: Sound): number {
  return lengthOf(sound) / sound.sampleRate;
}

/** The mean of the channels, shape [time]. One channel is returned as it is, not copied. */
export function mixToMono(sound: Sound): Float32Array {
  const [first, ...others] = sound.channels;
  if (first === undefined) return new Float32Array(0);
  if (others.length === 0) return first;
  const mono = Float32Array.from(first);
  for (const channel of others) {
    for (let i = 0; i < mono.length; i += 1) mono[i] = mono[i]! + channel[i]!;
  }
  const scale = 1 / sound.channels.length;
  for (let i = 0; i < mono.length; i += 1) mono[i] = mono[i]! * scale;
  return mono;
}

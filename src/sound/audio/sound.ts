/** Sound as samples: the output of every decoder and the input of every encoder. */

/** A sound of one or more channels. */
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

/**
 * Length in seconds.
 *
 * @example
 * console.log(`${durationSeconds(sound)} s`);
 */
export function durationSeconds(sound: Sound): number {
  return lengthOf(sound) / sound.sampleRate;
}

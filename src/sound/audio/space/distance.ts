/**
 * How far away a sound is: the farther, the quieter and duller what comes straight, and the louder
 * what comes from all around it, in a room that no two channels hear alike.
 */

import { seededRandom } from "../../../random.ts";
import { convolve } from "./convolve.ts";

export interface Distant {
  /** What comes straight, shape [time + tail]. */
  readonly direct: Float32Array<ArrayBuffer>;
  /** The room, once for each channel, each as loud as the others: shape [channels][time + tail]. */
  readonly room: readonly Float32Array<ArrayBuffer>[];
}

export interface DistanceOptions {
  /** 0 near, the sound alone, to 1 far. */
  readonly depth: number;
  readonly sampleRate: number;
  readonly channelCount: number;
}

/** At depth 0 the direct sound is the samples themselves, and the room is silent. */
export function atDistance(samples: Float32Array, options: DistanceOptions): Distant {
  const { depth, sampleRate, channelCount } = options;
  const tail = tailLength(options);
  const length = samples.length + tail;
  const direct = new Float32Array(length);
  const air = depth === 0 ? samples : dulled(samples, AIR_HZ * 0.25 ** depth, sampleRate);
  const gain = 1 / (1 + 1.5 * depth);
  for (let i = 0; i < samples.length; i += 1) direct[i] = air[i]! * gain;
  const room = Array.from({ length: channelCount }, (_, channel) =>
    depth === 0
      ? new Float32Array(length)
      : convolve(samples, roomResponse(options, channel)).slice(0, length),
  );
  return { direct, room };
}

/** What a room adds to the end of a sound, in samples. */
function tailLength({ depth, sampleRate }: Pick<DistanceOptions, "depth" | "sampleRate">): number {
  return depth === 0 ? 0 : Math.round((PRE_DELAY_SECONDS + decaySeconds(depth)) * sampleRate);
}

// --- internal ---

/** Where the air begins to swallow at depth 0. */
const AIR_HZ = 20_000;
const PRE_DELAY_SECONDS = 0.012;
const RISE_SECONDS = 0.006;
/** Loudness of the room at depth 1 against that of the sound. */
const ROOM_GAIN = 0.7;
const ROOM_SEED = 4096;
/** Rooms are dull above, and no boom is wanted below. */
const ROOM_HIGH_HZ = 5000;
const ROOM_LOW_HZ = 180;

/** Until the room has fallen by 60 dB. */
function decaySeconds(depth: number): number {
  return 0.25 + 0.65 * depth;
}

/** Noise that dies away: dense at once, and without a colour of its own. */
function roomResponse({ depth, sampleRate }: DistanceOptions, channel: number): Float32Array {
  const random = seededRandom(ROOM_SEED + channel);
  const start = Math.round(PRE_DELAY_SECONDS * sampleRate);
  const length = tailLength({ depth, sampleRate }) + 1;
  const fall = Math.log(1000) / (decaySeconds(depth) * sampleRate);
  const noise = Float32Array.from({ length }, (_, i) => {
    const value = 2 * random.next() - 1;
    const since = i - start;
    if (since < 0) return 0;
    return value * Math.exp(-fall * since) * Math.min(1, since / (RISE_SECONDS * sampleRate));
  });
  const dull = dulled(noise, ROOM_HIGH_HZ, sampleRate);
  const bass = dulled(dull, ROOM_LOW_HZ, sampleRate);
  const response = dull.map((value, i) => value - bass[i]!);
  const energy = response.reduce((sum, value) => sum + value * value, 0);
  return response.map((value) => (value * ROOM_GAIN * depth) / Math.sqrt(energy));
}

/** Falls by 6 dB an octave above a frequency. */
function dulled(samples: Float32Array, hz: number, sampleRate: number): Float32Array {
  const share = 1 - Math.exp((-2 * Math.PI * hz) / sampleRate);
  let state = 0;
  return samples.map((value) => {
    state += share * (value - state);
    return state;
  });
}

/**
 * Two channels out of one: middle and side, the side being the sound itself with every band
 * delayed by another few milliseconds. The mean of both channels is the sound, whatever the width,
 * so nothing is lost in mono; and the sum of their powers has no colour.
 */

import { seededRandom, uniform } from "../../../random.ts";
import { fourierPlan } from "../fft.ts";
import type { Sound } from "../sound.ts";
import { convolve } from "./convolve.ts";
import { atDistance } from "./distance.ts";

export interface StereoOptions {
  /** 0: both channels the same, 1: wide, up to 1.5. */
  readonly width: number;
  /** 0 near to 1 far. */
  readonly depth: number;
}

/**
 * One channel becomes two; of two, the difference is scaled by the width (1 keeps it).
 *
 * At width 0 both channels are the same, bit for bit; at depth 0 as well, they are the sound.
 */
export function toStereo(sound: Sound, { width, depth }: StereoOptions): Sound {
  const { sampleRate, channels } = sound;
  const [left = new Float32Array(0), right] = channels;
  const middle = right === undefined ? left : left.map((value, i) => (value + right[i]!) / 2);
  const { direct, room } = atDistance(middle, { depth, sampleRate, channelCount: 2 });
  const gain = right === undefined ? width * SIDE_GAIN : width;
  const difference =
    right === undefined
      ? decorrelated(direct, sampleRate)
      : atDistance(
          left.map((value, i) => (value - right[i]!) / 2),
          { depth, sampleRate, channelCount: 0 },
        ).direct;
  const mid = direct.map((value, i) => value + room[0]![i]!);
  if (width === 0) return { sampleRate, channels: [mid, Float32Array.from(mid)] };
  const side = difference.map((value, i) => gain * value + width * SIDE_GAIN * room[1]![i]!);
  return {
    sampleRate,
    channels: [mid.map((value, i) => value + side[i]!), mid.map((value, i) => value - side[i]!)],
  };
}

// --- internal ---

/** At width 1.5 the side is as strong as the middle: the channels no longer correlate. */
const SIDE_GAIN = 2 / 3;

const SIZE_SECONDS = 0.08;
const DELAY_SECONDS = { least: 0.002, most: 0.014 };
/** Below, both channels stay alike: bass has no side. */
const BASS_HZ = { none: 120, all: 300 };
const SEED = 77;

function decorrelated(samples: Float32Array, sampleRate: number): Float32Array<ArrayBuffer> {
  return convolve(samples, dispersion(sampleRate)).slice(0, samples.length);
}

/** Passes every frequency above the bass alike, each band with a delay of its own. */
function dispersion(sampleRate: number): Float32Array {
  const size = 2 ** Math.ceil(Math.log2(SIZE_SECONDS * sampleRate));
  const plan = fourierPlan(size);
  const delayAt = randomDelays();
  const binHz = sampleRate / size;
  let phase = 0;
  for (let bin = 0; bin <= size / 2; bin += 1) {
    const hz = bin * binHz;
    phase -= 2 * Math.PI * binHz * delayAt(hz);
    const gain = Math.min(1, Math.max(0, (hz - BASS_HZ.none) / (BASS_HZ.all - BASS_HZ.none)));
    plan.re[bin] = gain * Math.cos(phase);
    plan.im[bin] = bin === 0 || bin === size / 2 ? 0 : gain * Math.sin(phase);
  }
  plan.inverse();
  return Float32Array.from(plan.samples);
}

/** A delay in seconds for every frequency, from one band of hearing to the next another one. */
function randomDelays(): (hz: number) => number {
  const random = seededRandom(SEED);
  const delays = Array.from({ length: 48 }, () =>
    uniform(random, DELAY_SECONDS.least, DELAY_SECONDS.most),
  );
  return (hz) => {
    const place = bandOf(hz);
    const first = Math.min(delays.length - 1, Math.floor(place));
    const next = Math.min(delays.length - 1, first + 1);
    const share = place - Math.floor(place);
    return delays[first]! + share * (delays[next]! - delays[first]!);
  };
}

/** Number of equivalent rectangular bandwidths below a frequency. Glasberg and Moore, 1990. */
function bandOf(hz: number): number {
  return 21.4 * Math.log10(1 + 0.004_37 * hz);
}

/**
 * The pitch of a sound, and the same sound without its drift.
 *
 * A note that a model plays may slide: blends of two recordings do. Played faster where it is flat and
 * slower where it is sharp, it stays at its own median; what is quicker than about 60 ms, such as the
 * noise of the attack, stays.
 */

import { trackPitch } from "../../audio/pitch/pitch.ts";
import { besselI0, sinc } from "../../audio/resample.ts";
import { defaultStft } from "../../audio/spectrogram.ts";

export interface SteadySound {
  /** At MODEL_RATE_HZ. */
  readonly mono: Float32Array;
  /** Its pitch; undefined where less than half of its energy has one. */
  readonly hz: number | undefined;
}

/** Each takes away what the one before left, since its frames lay elsewhere. */
const PASSES = 3;

/** @param mono Samples at MODEL_RATE_HZ. */
export function steadyPitch(mono: Float32Array): SteadySound {
  let sound = mono;
  let course = courseOf(sound);
  for (let pass = 0; pass < PASSES && course !== undefined; pass += 1) {
    sound = warped(sound, course);
    course = courseOf(sound) ?? course;
  }
  return { mono: sound, hz: course && 2 ** course.median };
}

// --- internal ---

/** Of its energy, at least this much must have a pitch. */
const VOICED_SHARE_MIN = 0.5;
/** Frames on either side over which the pitch is averaged: 32 ms. */
const BESIDE = 3;
/** Nothing is bent by more than this, in octaves: what slides further means to. */
const BENT_MAX = 1 / 6;

interface Course {
  /** log2 of hertz, the middle of the energy. */
  readonly median: number;
  /** Octaves above that median, smooth, by frame. */
  readonly above: Float64Array;
}

function courseOf(mono: Float32Array): Course | undefined {
  const { hz, voicing } = trackPitch(mono);
  const { hopLength } = defaultStft;
  let all = 0;
  const pitches = Float64Array.from(hz, (value) => Math.log2(Math.max(1, value)));
  const weights = Float64Array.from(voicing, (voiced, frame) => {
    const around = mono.subarray(Math.max(0, (frame - 1) * hopLength), (frame + 1) * hopLength);
    let energy = 0;
    for (const sample of around) energy += sample * sample;
    all += energy;
    return energy * voiced;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0 || total < VOICED_SHARE_MIN * all) return undefined;
  const median = weightedMedian(pitches, weights, total);
  const above = pitches.map((_, frame) => smoothAt(frame, { pitches, weights, median }));
  return { median, above };
}

function weightedMedian(values: Float64Array, weights: Float64Array, total: number): number {
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  let passed = 0;
  for (const i of order) {
    passed += weights[i]!;
    if (passed >= total / 2) return values[i]!;
  }
  return values[order.at(-1) ?? 0] ?? 0;
}

/** The mean of the frames around that have a pitch; 0 where none has, or it lies too far away. */
function smoothAt(
  frame: number,
  { pitches, weights, median }: { pitches: Float64Array; weights: Float64Array; median: number },
): number {
  let [sum, weight] = [0, 0];
  const last = Math.min(pitches.length - 1, frame + BESIDE);
  for (let near = Math.max(0, frame - BESIDE); near <= last; near += 1) {
    const above = pitches[near]! - median;
    if (Math.abs(above) > BENT_MAX) continue;
    // Of equal weight whatever their level: an end that dies away is to be in tune as well.
    const share = weights[near]! > 0 ? 1 : 0;
    sum += share * above;
    weight += share;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** Played at the pace that makes its course flat. */
function warped(mono: Float32Array, { above }: Course): Float32Array {
  const { hopLength } = defaultStft;
  const out: number[] = [];
  for (let place = 0; place < mono.length - 1; ) {
    out.push(sampleAt(mono, place));
    const frame = place / hopLength;
    const before = Math.min(above.length - 1, Math.floor(frame));
    const after = Math.min(above.length - 1, before + 1);
    const octaves = above[before]! + (frame - before) * (above[after]! - above[before]!);
    place += 2 ** -octaves;
  }
  return Float32Array.from(out);
}

const HALF_TAPS = 16;
const PHASES = 1024;
const KAISER_BETA = 8;

/** Windowed sincs for moments between samples, shape [PHASES + 1][2 * HALF_TAPS]. */
const rows = Array.from({ length: PHASES + 1 }, (_, phase) =>
  Float64Array.from({ length: 2 * HALF_TAPS }, (__, tap) => {
    const distance = tap - (HALF_TAPS - 1) - phase / PHASES;
    const inside = Math.max(0, 1 - (distance / HALF_TAPS) ** 2);
    return (sinc(distance) * besselI0(KAISER_BETA * Math.sqrt(inside))) / besselI0(KAISER_BETA);
  }),
);

function sampleAt(mono: Float32Array, place: number): number {
  const whole = Math.floor(place);
  const row = rows[Math.round((place - whole) * PHASES)]!;
  let sum = 0;
  for (let tap = 0; tap < row.length; tap += 1) {
    sum += row[tap]! * (mono[whole + tap - HALF_TAPS + 1] ?? 0);
  }
  return sum;
}

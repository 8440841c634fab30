/**
 * Mixes several channels to mono without cancellation.
 *
 * The mean suits nearly everything. With a channel of reversed polarity it cancels, and with
 * delayed channels it is a comb filter. So the loss of the mean is measured; where it is large, the
 * mean with reversed channels inverted is used, or else the loudest channel alone.
 */

import { fourierPlan } from "../fft.ts";

export interface Mix {
  readonly kind: "mean" | "turned" | "one-channel";
  /** Factor of each channel before the mean is taken: 1, -1 if inverted, 0 if left out. */
  readonly factors: readonly number[];
}

/**
 * Chooses the mix with the least loss. A single channel stays as it is.
 *
 * @param channels Shape [channels][time], at least one.
 */
export function chooseMix(channels: readonly Float32Array[]): Mix {
  const mean = channels.map(() => 1);
  if (channels.length === 1) return { kind: "mean", factors: mean };
  const loudest = loudestOf(channels);
  const turned = channels.map((channel) => (dot(channel, channels[loudest]!) < 0 ? -1 : 1));
  const isTurned = turned.includes(-1);
  const frameStarts = startsOf(channels[0]!.length);
  const [ofMean, ofTurned] = shortfalls(channels, {
    candidates: isTurned ? [mean, turned] : [mean],
    frameStarts,
  });
  const byChance = 1 / Math.sqrt(frameStarts.length);
  if (ofMean && isKept(ofMean, byChance)) return { kind: "mean", factors: mean };
  if (ofTurned && isKept(ofTurned, byChance)) return { kind: "turned", factors: turned };
  return { kind: "one-channel", factors: channels.map((_, index) => Number(index === loudest)) };
}

/**
 * The mean of the channels that count, shape [time], written over the first channel: long sounds
 * have no room for a copy.
 */
export function mixInPlace(channels: readonly Float32Array[], { factors }: Mix): Float32Array {
  const counting = channels
    .map((samples, index) => ({ samples, factor: factors[index] ?? 0 }))
    .filter(({ factor }) => factor !== 0);
  const [first, ...others] = counting;
  const mono = channels[0] ?? new Float32Array(0);
  if (first === undefined) return mono;
  if (first.samples !== mono) mono.set(first.samples);
  if (first.factor < 0) for (let i = 0; i < mono.length; i += 1) mono[i] = -mono[i]!;
  for (const { samples, factor } of others) {
    for (let i = 0; i < mono.length; i += 1) mono[i] = mono[i]! + factor * samples[i]!;
  }
  const scale = 1 / counting.length;
  if (scale < 1) for (let i = 0; i < mono.length; i += 1) mono[i] = mono[i]! * scale;
  return mono;
}

// --- internal ---

/** What a mix loses of a sound, from 0 (nothing) to 1 (all). */
interface Shortfall {
  /** Over all bands, each counting alike, as they do for the ear. */
  readonly overall: number;
  /** In the band among the loud ones that suffers most. */
  readonly worst: number;
}

/** Few frames can show a loss by chance: the fewer there are, the higher the tolerance. */
function isKept({ overall, worst }: Shortfall, byChance: number): boolean {
  return overall <= 0.1 + 0.5 * byChance && worst <= 0.5 + byChance;
}

/** 93 ms at 44.1 kHz: fine enough for the notches of two microphones a metre apart. */
const FRAME_LENGTH = 4096;
/** An even sample of long sounds. */
const FRAMES_MAX = 512;

/** Below this bin a Hann window lets a DC offset through. */
const BIN_MIN = 4;
/** Powers are averaged over this many bins to each side: chance evens out, notches stay. */
const BINS_BESIDE = 2;
/** Bands so far below the loudest (-40 dB) do not count, and those so near (-20 dB) are loud ones. */
const BAND_POWER_MIN = 1e-4;
const LOUD_BAND_POWER_MIN = 1e-2;

interface Question {
  /** Factors of each channel, shape [candidates][channels]. */
  readonly candidates: readonly (readonly number[])[];
  readonly frameStarts: readonly number[];
}

/** The loss of each candidate, relative to the power of uncorrelated channels. */
function shortfalls(
  channels: readonly Float32Array[],
  { candidates, frameStarts }: Question,
): Shortfall[] {
  const apart = new Float64Array(FRAME_LENGTH / 2 + 1);
  const together = candidates.map(() => new Float64Array(FRAME_LENGTH / 2 + 1));
  const plan = fourierPlan(FRAME_LENGTH);
  const addFrame = (power: Float64Array, start: number, valueAt: (i: number) => number): void => {
    for (let i = 0; i < FRAME_LENGTH; i += 1) plan.samples[i] = window[i]! * valueAt(start + i);
    plan.forward();
    for (let bin = 0; bin < power.length; bin += 1) {
      power[bin] = power[bin]! + plan.re[bin]! ** 2 + plan.im[bin]! ** 2;
    }
  };
  const window = Float64Array.from(
    { length: FRAME_LENGTH },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FRAME_LENGTH),
  );
  for (const start of frameStarts) {
    for (const samples of channels) addFrame(apart, start, (i) => samples[i] ?? 0);
    for (const [index, factors] of candidates.entries()) {
      addFrame(together[index]!, start, (i) => weightedSum(channels, factors, i));
    }
  }
  return together.map((power) => shortfall(smoothed(power), smoothed(apart)));
}

/** In thirds of an octave. */
function shortfall(together: Float64Array, apart: Float64Array): Shortfall {
  const bands = new Map<number, { power: number; lost: number }>();
  for (let bin = BIN_MIN; bin < apart.length; bin += 1) {
    const index = Math.floor(3 * Math.log2(bin));
    const band = bands.get(index) ?? { power: 0, lost: 0 };
    band.power += apart[bin]!;
    band.lost += Math.max(0, apart[bin]! - together[bin]!);
    bands.set(index, band);
  }
  const loudest = Math.max(...Array.from(bands.values(), ({ power }) => power));
  const lostAbove = (share: number): number[] =>
    Array.from(bands.values())
      .filter(({ power }) => power > loudest * share)
      .map(({ power, lost }) => lost / power);
  const counting = lostAbove(BAND_POWER_MIN);
  return {
    overall: counting.reduce((sum, lost) => sum + lost, 0) / Math.max(1, counting.length),
    worst: Math.max(0, ...lostAbove(LOUD_BAND_POWER_MIN)),
  };
}

function smoothed(power: Float64Array): Float64Array {
  return power.map((_, bin) => {
    let sum = 0;
    for (let beside = -BINS_BESIDE; beside <= BINS_BESIDE; beside += 1) {
      sum += power[Math.max(0, Math.min(power.length - 1, bin + beside))]!;
    }
    return sum;
  });
}

function weightedSum(
  channels: readonly Float32Array[],
  factors: readonly number[],
  at: number,
): number {
  let sum = 0;
  for (let channel = 0; channel < channels.length; channel += 1) {
    sum += factors[channel]! * (channels[channel]![at] ?? 0);
  }
  return sum;
}

/** First samples of half overlapping frames, in long sounds of frames evenly apart. */
function startsOf(length: number): number[] {
  const count = Math.min(FRAMES_MAX, Math.ceil(length / (FRAME_LENGTH / 2)));
  const room = Math.max(0, length - FRAME_LENGTH);
  return Array.from({ length: Math.max(1, count) }, (_, i) =>
    count <= 1 ? 0 : Math.round((i * room) / (count - 1)),
  );
}

function loudestOf(channels: readonly Float32Array[]): number {
  const powers = channels.map((samples) => dot(samples, samples));
  return powers.indexOf(Math.max(...powers));
}

/** Sum of the products of two signals, constant offsets taken out. */
function dot(a: Float32Array, b: Float32Array): number {
  let [products, sumOfA, sumOfB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    products += a[i]! * b[i]!;
    sumOfA += a[i]!;
    sumOfB += b[i]!;
  }
  return products - (sumOfA * sumOfB) / Math.max(1, a.length);
}

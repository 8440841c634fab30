/**
 * How periodic a sound is around each frame, and with which periods: candidates for its pitch.
 *
 * The normalised autocorrelation of 55 ms at 12 kHz, 2 sum x[i] x[i+lag] over the energy of both
 * parts: 1 for a perfectly periodic sound, near 0 for noise. In contrast to a spectrum of 43 ms it
 * resolves the pitches below 100 Hz.
 *
 * Source: P. McLeod, G. Wyvill, "A smarter way to find pitch", ICMC 2005.
 */

import { type FourierPlan, fourierPlan } from "../fft.ts";
import { FRAMES_A_PIECE, type InPieces } from "../on-share.ts";
import { defaultStft, MODEL_RATE_HZ } from "../spectrogram.ts";

/** Candidates of one frame; those not used have a strength of 0. */
export interface Candidates {
  /** Hertz, shape [frames, CANDIDATES]. */
  readonly hz: Float32Array;
  /** Periodicity with this pitch, 0 to 1, shape [frames, CANDIDATES]. */
  readonly strength: Float32Array;
}

/** Most candidates of one frame. */
export const CANDIDATES = 8;

const DECIMATION = 4;
const RATE_HZ: number = MODEL_RATE_HZ / DECIMATION;
const SEGMENT = 656;
/** Periods, in samples: 32.7 to 2,667 Hz, the lowest C of a piano and more. */
const LAG_MOST = 367;
const LAG_LEAST = 4;
/** Holds SEGMENT + LAG_MOST, so that the circular correlation does not wrap around. */
const TRANSFORM = 1024;
/** Peaks of the autocorrelation below this are no candidates. */
const STRENGTH_LEAST = 0.4;
/** Segments with less mean power than this share of the loudest are silent: 70 dB. */
const SILENT_SHARE = 1e-7;
/** Where rounding begins. */
const POWER_LEAST = 1e-12;

/** @param mono Samples at MODEL_RATE_HZ. */
export function* pitchCandidates(mono: Float32Array, frameCount: number): InPieces<Candidates> {
  const low = decimated(mono);
  const bench = makeBench();
  const candidates = {
    hz: new Float32Array(frameCount * CANDIDATES),
    strength: new Float32Array(frameCount * CANDIDATES),
  };
  const silent = Math.max(POWER_LEAST, SILENT_SHARE * loudestPower(low));
  for (let frame = 0; frame < frameCount; frame += 1) {
    if (frame % FRAMES_A_PIECE === FRAMES_A_PIECE - 1) yield frame / frameCount;
    const centre = (frame * defaultStft.hopLength) / DECIMATION;
    const power = fillSegment(bench, low, centre - SEGMENT / 2);
    if (power < silent) continue;
    correlate(bench);
    choosePeaks(bench.correlation, candidates, frame * CANDIDATES);
  }
  return candidates;
}

interface Bench {
  readonly plan: FourierPlan;
  readonly segment: Float64Array;
  /** Normalised, by lag, shape [LAG_MOST + 2]. */
  readonly correlation: Float64Array;
}

function makeBench(): Bench {
  return {
    plan: fourierPlan(TRANSFORM),
    segment: new Float64Array(SEGMENT),
    correlation: new Float64Array(LAG_MOST + 2),
  };
}

/** Copies a segment without its mean; returns its mean power. */
function fillSegment({ segment }: Bench, low: Float32Array, start: number): number {
  let sum = 0;
  for (let i = 0; i < SEGMENT; i += 1) {
    const value = low[start + i] ?? 0;
    segment[i] = value;
    sum += value;
  }
  const mean = sum / SEGMENT;
  let power = 0;
  for (let i = 0; i < SEGMENT; i += 1) {
    const value = segment[i]! - mean;
    segment[i] = value;
    power += value * value;
  }
  return power / SEGMENT;
}

function correlate({ plan, segment, correlation }: Bench): void {
  const { samples, re, im } = plan;
  samples.set(segment);
  samples.fill(0, SEGMENT);
  plan.forward();
  for (let k = 0; k < re.length; k += 1) {
    re[k] = re[k]! * re[k]! + im[k]! * im[k]!;
    im[k] = 0;
  }
  plan.inverse();
  // Energy of the first and of the last SEGMENT - lag samples.
  let energy = 2 * samples[0]!;
  const silence = 1e-9 * energy;
  for (let lag = 0; lag < correlation.length; lag += 1) {
    correlation[lag] = energy > silence ? (2 * samples[lag]!) / energy : 0;
    energy -= segment[lag]! ** 2 + segment[SEGMENT - 1 - lag]! ** 2;
  }
}

/** The strongest peaks, the shorter period first among equals. */
function choosePeaks(correlation: Float64Array, { hz, strength }: Candidates, at: number): void {
  let used = 0;
  for (let lag = LAG_LEAST; lag <= LAG_MOST; lag += 1) {
    const here = correlation[lag]!;
    if (here < STRENGTH_LEAST * 0.8) continue;
    if (here < correlation[lag - 1]! || here <= correlation[lag + 1]!) continue;
    const peak = peakOf(correlation, lag);
    if (peak.height < STRENGTH_LEAST) continue;
    // Insertion into a short list that is ordered by strength, with a bias towards short periods.
    const worth = (i: number): number =>
      strength[at + i]! - PERIOD_BIAS * Math.log2(1 / hz[at + i]!);
    const own = peak.height - PERIOD_BIAS * Math.log2(peak.lag / RATE_HZ);
    let place = used;
    while (place > 0 && worth(place - 1) < own) place -= 1;
    if (place >= CANDIDATES) continue;
    used = Math.min(CANDIDATES, used + 1);
    hz.copyWithin(at + place + 1, at + place, at + used - 1);
    strength.copyWithin(at + place + 1, at + place, at + used - 1);
    hz[at + place] = RATE_HZ / peak.lag;
    strength[at + place] = peak.height;
  }
}

/** What an octave down costs: every multiple of a period is a period too. */
export const PERIOD_BIAS = 0.02;

/**
 * The peak between samples, taking the curve for a cosine: exact for a pure tone however few
 * samples its period has, where a parabola is 5 % too low.
 */
function peakOf(correlation: Float64Array, lag: number): { lag: number; height: number } {
  const [before, here, after] = [correlation[lag - 1]!, correlation[lag]!, correlation[lag + 1]!];
  const cosine = Math.min(0.9999, Math.max(-0.9, (before + after) / (2 * here)));
  const omega = Math.acos(cosine);
  const across = (after - before) / (2 * Math.sin(omega));
  const offset = Math.atan2(across, here) / omega;
  return {
    lag: lag + Math.min(0.5, Math.max(-0.5, offset)),
    height: Math.min(1, Math.hypot(here, across)),
  };
}

const TAPS = 95;
const CUTOFF_HZ = 4500;

/** Low-passed at CUTOFF_HZ; sample i stands for sample DECIMATION * i. */
function decimated(mono: Float32Array): Float32Array {
  const taps = lowPassTaps();
  const half = (TAPS - 1) / 2;
  const out = new Float32Array(Math.floor(mono.length / DECIMATION) + 1);
  for (let i = 0; i < out.length; i += 1) {
    const start = i * DECIMATION - half;
    const first = Math.max(0, -start);
    const end = Math.min(TAPS, mono.length - start);
    let sum = 0;
    for (let tap = first; tap < end; tap += 1) sum += taps[tap]! * mono[start + tap]!;
    out[i] = sum;
  }
  return out;
}

/** A Hann-windowed sinc. */
function lowPassTaps(): Float64Array {
  const half = (TAPS - 1) / 2;
  const turns = CUTOFF_HZ / MODEL_RATE_HZ;
  return Float64Array.from({ length: TAPS }, (_, tap) => {
    const t = tap - half;
    const sinc = t === 0 ? 2 * turns : Math.sin(2 * Math.PI * turns * t) / (Math.PI * t);
    return sinc * (0.5 + 0.5 * Math.cos((Math.PI * t) / (half + 1)));
  });
}

function loudestPower(low: Float32Array): number {
  let loudest = 0;
  for (let start = 0; start < low.length; start += SEGMENT / 2) {
    let sum = 0;
    for (let i = start; i < Math.min(low.length, start + SEGMENT); i += 1) sum += low[i]! ** 2;
    loudest = Math.max(loudest, sum / SEGMENT);
  }
  return loudest;
}

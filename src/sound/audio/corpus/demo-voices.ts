/**
 * Four small instruments for the demo corpus: plucked string, bell, filtered noise, bass.
 *
 * Each gives a mono signal at `MODEL_RATE_HZ` of the asked length, at no particular level;
 * `demo-corpus.ts` trims, fades and levels. The same generator state gives the same samples.
 */

import { type Random, uniform } from "../../../random.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";
import { createFilter } from "../state-variable-filter.ts";

export interface PluckShape {
  readonly pitchHz: number;
  readonly seconds: number;
  /** How bright the attack is, 0 (soft thumb) to 1 (plectrum). */
  readonly brightness: number;
  /** Time in which the fundamental falls by 60 dB, in seconds. */
  readonly decaySeconds: number;
}

/**
 * A string: a burst of noise runs around a delay line and loses its highs on every turn.
 *
 * The line holds whole samples; an all-pass supplies the rest of the period, so that high notes
 * are in tune too.
 *
 * Source: K. Karplus and A. Strong, Computer Music Journal 7(2), 1983; tuning by D. Jaffe and
 * J. O. Smith in the same issue.
 */
export function pluck(random: Random, shape: PluckShape): Float32Array {
  const { pitchHz, seconds, brightness, decaySeconds } = shape;
  const loopAveraging = 0.5 - 0.35 * brightness;
  const period = MODEL_RATE_HZ / pitchHz;
  // The averaging delays by its own weight; the all-pass takes between 0.5 and 1.5 samples.
  const lineLength = Math.floor(period - loopAveraging - 0.5);
  const fraction = period - loopAveraging - lineLength;
  const allpass = (1 - fraction) / (1 + fraction);
  const loopGain = 10 ** (-3 / (pitchHz * decaySeconds));

  const line = excitation(random, lineLength, brightness);
  const out = new Float32Array(samplesIn(seconds));
  let averaged = 0;
  let allpassIn = 0;
  let allpassOut = 0;
  for (let i = 0; i < out.length; i += 1) {
    const place = i % lineLength;
    const sample = line[place]!;
    out[i] = sample;
    const softened = loopGain * ((1 - loopAveraging) * sample + loopAveraging * averaged);
    averaged = sample;
    allpassOut = allpass * (softened - allpassOut) + allpassIn;
    allpassIn = softened;
    line[place] = allpassOut;
  }
  return out;
}

/** Noise without its mean, softened, and with the gaps in its spectrum that a plucking point leaves. */
function excitation(random: Random, length: number, brightness: number): Float64Array {
  const noise = Float64Array.from({ length }, () => uniform(random, -1, 1));
  const keep = 0.06 + 0.5 * brightness ** 1.5;
  let smooth = 0;
  // Twice around, so that the burst's end meets its beginning without a step.
  for (let i = 0; i < 2 * length; i += 1) {
    smooth += keep * (noise[i % length]! - smooth);
    if (i >= length) noise[i % length] = smooth;
  }
  const pluckingPoint = Math.max(1, Math.round(length * uniform(random, 0.12, 0.3)));
  const shaped = noise.map((value, i) => value - noise[(i + length - pluckingPoint) % length]!);
  const mean = shaped.reduce((sum, value) => sum + value, 0) / length;
  return shaped.map((value) => value - mean);
}

export interface BellShape {
  /** The strike note. */
  readonly pitchHz: number;
  readonly seconds: number;
  /** Time in which the hum falls by 60 dB, in seconds; higher partials fall faster. */
  readonly decaySeconds: number;
}

/** Frequency, level and decay of a bell's partials, relative to strike note, loudest and hum. */
const BELL_PARTIALS: readonly (readonly [ratio: number, level: number, decay: number])[] = [
  [0.5, 0.5, 1],
  [1, 1, 0.85],
  [1.19, 0.6, 0.7],
  [1.5, 0.35, 0.6],
  [2, 0.7, 0.55],
  [2.51, 0.25, 0.4],
  [2.66, 0.2, 0.35],
  [3.01, 0.25, 0.3],
  [4.16, 0.2, 0.2],
  [5.43, 0.15, 0.14],
  [6.79, 0.1, 0.1],
  [8.21, 0.07, 0.07],
];

/**
 * A bell: decaying partials, each a pair a fraction of a hertz apart, since no bell is quite round.
 * Source of the ratios: A. Lehr, "Partial groups in the bell sound", JASA 79, 1986, rounded.
 */
export function bell(random: Random, { pitchHz, seconds, decaySeconds }: BellShape): Float32Array {
  const out = new Float32Array(samplesIn(seconds));
  for (const [ratio, level, decay] of BELL_PARTIALS) {
    const hz = pitchHz * ratio * uniform(random, 0.997, 1.003);
    if (hz > 0.42 * MODEL_RATE_HZ) continue;
    const splitHz = uniform(random, 0.2, 1.4);
    const phase = uniform(random, 0, 2 * Math.PI);
    const fall = Math.log(1000) / (decaySeconds * decay);
    for (let i = 0; i < out.length; i += 1) {
      const time = i / MODEL_RATE_HZ;
      const angle = 2 * Math.PI * hz * time + phase;
      const pair = Math.sin(angle) + 0.6 * Math.sin(angle + 2 * Math.PI * splitHz * time);
      out[i] = out[i]! + level * pair * Math.exp(-fall * time);
    }
  }
  return out;
}

export interface GestureShape {
  readonly seconds: number;
  /** The band at the start, at the peak and at the end, in hertz. */
  readonly bandHz: readonly [start: number, peak: number, end: number];
  /** Where in time the peak is, 0 to 1. */
  readonly peakAt: number;
  /** Narrowness of the band: 0.7 is broad breath, 12 whistles. */
  readonly resonance: number;
  /** Depth of slow, irregular changes of level, 0 to 1. */
  readonly gust: number;
}

/** A swell of filtered noise: wind, breath, a wave on a beach. */
export function noiseGesture(random: Random, shape: GestureShape): Float32Array {
  const { seconds, bandHz, peakAt, resonance, gust } = shape;
  const out = new Float32Array(samplesIn(seconds));
  const filter = createFilter(MODEL_RATE_HZ);
  const wander = slowRandom(random, 3);
  for (let i = 0; i < out.length; i += 1) {
    const place = i / out.length;
    const rising = place < peakAt;
    const climb = rising ? place / peakAt : (1 - place) / (1 - peakAt);
    const level = Math.sin((Math.PI / 2) * climb) ** 2;
    const edge = rising ? bandHz[0] : bandHz[2];
    const drift = wander();
    const hz = edge * (bandHz[1] / edge) ** climb * 2 ** (0.5 * gust * drift);
    const { band, low } = filter(uniform(random, -1, 1), hz, resonance);
    out[i] = (band + 0.25 * low) * level * (1 - gust * (0.5 - 0.5 * drift));
  }
  return out;
}

export interface RainShape {
  readonly seconds: number;
  readonly dropsPerSecond: number;
}

/** Rain on leaves: many short resonant ticks over a quiet bed of noise. */
export function rain(random: Random, { seconds, dropsPerSecond }: RainShape): Float32Array {
  const out = new Float32Array(samplesIn(seconds));
  const bed = createFilter(MODEL_RATE_HZ);
  for (let i = 0; i < out.length; i += 1) {
    const swell = Math.sin((Math.PI * i) / out.length);
    out[i] = 0.02 * bed(uniform(random, -1, 1), 4200, 0.6).band * swell;
  }
  const dropCount = Math.round(dropsPerSecond * seconds);
  for (let drop = 0; drop < dropCount; drop += 1) {
    // The mean of two draws: few drops at the ends, so that the shower comes and goes.
    const start = Math.floor(out.length * 0.47 * (random.next() + random.next()));
    const hz = 1200 * 2 ** uniform(random, 0, 2.5);
    const level = 0.15 + 0.85 * random.next() ** 3;
    const fallPerSample = 1 / (MODEL_RATE_HZ * uniform(random, 0.002, 0.012));
    const length = Math.min(out.length - start, Math.ceil(7 / fallPerSample));
    for (let i = 0; i < length; i += 1) {
      const chirp = 2 * Math.PI * hz * (i / MODEL_RATE_HZ) * (1 + 0.1 * i * fallPerSample);
      out[start + i] = out[start + i]! + level * Math.sin(chirp) * Math.exp(-i * fallPerSample);
    }
  }
  return out;
}

export interface BassShape {
  readonly pitchHz: number;
  readonly seconds: number;
  /** Where the filter opens to at the attack, and where it rests, in multiples of the pitch. */
  readonly opens: number;
  readonly rests: number;
  /** How fast the filter closes: time to 1/e, in seconds. */
  readonly closesSeconds: number;
  readonly resonance: number;
}

/** A synthesiser bass: two saws a few cents apart and a sine below, through a closing filter. */
export function bass(random: Random, shape: BassShape): Float32Array {
  const { pitchHz, seconds, opens, rests, closesSeconds, resonance } = shape;
  const out = new Float32Array(samplesIn(seconds));
  const filter = createFilter(MODEL_RATE_HZ);
  const stepA = pitchHz / MODEL_RATE_HZ;
  const stepB = stepA * 2 ** (uniform(random, 4, 9) / 1200);
  let a = random.next();
  let b = random.next();
  for (let i = 0; i < out.length; i += 1) {
    const time = i / MODEL_RATE_HZ;
    a = (a + stepA) % 1;
    b = (b + stepB) % 1;
    const saws = saw(a, stepA) + saw(b, stepB);
    const opening = rests + (opens - rests) * Math.exp(-time / closesSeconds);
    const { low } = filter(saws, Math.min(12_000, pitchHz * opening), resonance);
    const level = Math.exp((-2.2 * time) / seconds);
    out[i] = level * (Math.tanh(low) + 0.7 * Math.sin(2 * Math.PI * pitchHz * time));
  }
  return out;
}

/** A saw whose step is rounded over two samples, which keeps aliases low. V. Valimaki, 2005. */
function saw(phase: number, step: number): number {
  const plain = 2 * phase - 1;
  if (phase < step) {
    const t = phase / step;
    return plain - (t + t - t * t - 1);
  }
  if (phase > 1 - step) {
    const t = (phase - 1) / step;
    return plain - (t * t + t + t + 1);
  }
  return plain;
}

/** A wandering value in [-1, 1] that takes a new aim `perSecond` times and glides to it. */
function slowRandom(random: Random, perSecond: number): () => number {
  const samplesPerAim = Math.round(MODEL_RATE_HZ / perSecond);
  let from = uniform(random, -1, 1);
  let aim = uniform(random, -1, 1);
  let i = 0;
  return () => {
    if (i === samplesPerAim) {
      from = aim;
      aim = uniform(random, -1, 1);
      i = 0;
    }
    const share = 0.5 - 0.5 * Math.cos((Math.PI * i) / samplesPerAim);
    i += 1;
    return from + share * (aim - from);
  };
}

function samplesIn(seconds: number): number {
  return Math.round(seconds * MODEL_RATE_HZ);
}

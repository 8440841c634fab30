/**
 * The demo corpus: two dozen short synthesised sounds, so that étude can be tried without
 * recordings. Plucked strings, bells, noise gestures and bass notes, all in one key.
 */

import { type Random, seededRandom, uniform } from "../../../random.ts";
import type { Sound } from "../sound.ts";
import { MODEL_RATE_HZ } from "../spectrogram.ts";
import { createFilter } from "../state-variable-filter.ts";
import { bass, bell, noiseGesture, pluck, rain } from "./demo-voices.ts";

export interface NamedSound {
  /** Fit for a file name: lower case, digits and dashes, no extension. */
  readonly name: string;
  readonly sound: Sound;
}

/** Peak of every demo sound: -3 dB. */
export const DEMO_PEAK: number = 10 ** (-3 / 20);

/**
 * Synthesises the corpus: 24 mono sounds at 48 kHz, 0.3 to 4 s long, about 48 s together. The same seed
 * gives the same samples; another seed gives the same notes, played a little differently.
 */
export function demoCorpus(seed: number): NamedSound[] {
  return recipes.map(({ name, play }, index) => {
    // Each sound draws from its own generator, so that changing one leaves the others alone.
    const random = seededRandom(
      Math.imul(seed + 1, 0x9e37_79b1) ^ Math.imul(index + 1, 0x85eb_ca6b),
    );
    const samples = finish(play(random));
    return { name, sound: { sampleRate: MODEL_RATE_HZ, channels: [samples] } };
  });
}

interface Recipe {
  readonly name: string;
  readonly play: (random: Random) => Float32Array;
}

const recipes: readonly Recipe[] = [
  pluckRecipe("d3", { seconds: 2.6, brightness: 0.5 }),
  pluckRecipe("a3", { seconds: 2.2, brightness: 0.7 }),
  pluckRecipe("c4", { seconds: 1.8, brightness: 0.35 }),
  pluckRecipe("d4", { seconds: 2, brightness: 0.9 }),
  pluckRecipe("f4", { seconds: 1.4, brightness: 0.6 }),
  pluckRecipe("g4", { seconds: 0.9, brightness: 0.8 }),
  pluckRecipe("a4", { seconds: 1.2, brightness: 0.45 }),
  pluckRecipe("d5", { seconds: 0.5, brightness: 0.7 }),
  bellRecipe("d4", { seconds: 4, decaySeconds: 9 }),
  bellRecipe("a4", { seconds: 3.6, decaySeconds: 8 }),
  bellRecipe("d5", { seconds: 3, decaySeconds: 6.5 }),
  bellRecipe("f5", { seconds: 2.4, decaySeconds: 5 }),
  bellRecipe("c6", { seconds: 1.6, decaySeconds: 3.5 }),
  gestureRecipe("wind", (random) =>
    noiseGesture(random, {
      seconds: 4,
      bandHz: [250, 700, 300],
      peakAt: 0.45,
      resonance: 5,
      gust: 0.8,
    }),
  ),
  gestureRecipe("whistling-wind", (random) =>
    noiseGesture(random, {
      seconds: 3.2,
      bandHz: [500, 1100, 600],
      peakAt: 0.6,
      resonance: 14,
      gust: 0.6,
    }),
  ),
  gestureRecipe("wave", (random) =>
    noiseGesture(random, {
      seconds: 3.4,
      bandHz: [300, 2600, 500],
      peakAt: 0.35,
      resonance: 0.7,
      gust: 0.3,
    }),
  ),
  gestureRecipe("breath", (random) =>
    noiseGesture(random, {
      seconds: 1.1,
      bandHz: [900, 3200, 1500],
      peakAt: 0.7,
      resonance: 1.2,
      gust: 0.15,
    }),
  ),
  gestureRecipe("rain", (random) => rain(random, { seconds: 3.2, dropsPerSecond: 45 })),
  bassRecipe("d1", { seconds: 1.6, opens: 30, rests: 4, closesSeconds: 0.25, resonance: 1.4 }),
  bassRecipe("a1", { seconds: 1.2, opens: 18, rests: 2.5, closesSeconds: 0.12, resonance: 2.5 }),
  bassRecipe("c2", { seconds: 0.8, opens: 24, rests: 2, closesSeconds: 0.08, resonance: 1 }),
  bassRecipe("d2", { seconds: 2, opens: 12, rests: 3, closesSeconds: 0.5, resonance: 3.5 }),
  bassRecipe("f2", { seconds: 0.5, opens: 20, rests: 1.5, closesSeconds: 0.06, resonance: 1.8 }),
  bassRecipe("g2", { seconds: 0.3, opens: 26, rests: 2, closesSeconds: 0.05, resonance: 0.9 }),
];

function pluckRecipe(note: string, shape: { seconds: number; brightness: number }): Recipe {
  const play = (random: Random) =>
    pluck(random, {
      ...shape,
      pitchHz: noteHz(note),
      decaySeconds: shape.seconds * uniform(random, 1.7, 2.3),
    });
  return { name: `pluck-${note}`, play };
}

function bellRecipe(note: string, shape: { seconds: number; decaySeconds: number }): Recipe {
  return {
    name: `bell-${note}`,
    play: (random) => bell(random, { ...shape, pitchHz: noteHz(note) }),
  };
}

function gestureRecipe(name: string, play: Recipe["play"]): Recipe {
  return { name: `noise-${name}`, play };
}

function bassRecipe(note: string, shape: Omit<Parameters<typeof bass>[1], "pitchHz">): Recipe {
  return {
    name: `bass-${note}`,
    play: (random) => bass(random, { ...shape, pitchHz: noteHz(note) }),
  };
}

const SEMITONES_ABOVE_C: { readonly [letter: string]: number } = {
  c: 0,
  d: 2,
  e: 4,
  f: 5,
  g: 7,
  a: 9,
  b: 11,
};

/** "a4" -> 440 Hz, in equal temperament. */
function noteHz(note: string): number {
  const octave = Number(note[1]);
  return 440 * 2 ** ((SEMITONES_ABOVE_C[note[0]!]! - 9) / 12 + octave - 4);
}

const FADE_IN_SECONDS = 0.002;
/** Share of the length that is faded out, so that what still rings at the end is not cut. */
const FADE_OUT_SHARE = 0.15;
const LOWEST_HZ = 25;

/** Removes the offset and clicks at both ends, and sets the common peak level. */
function finish(samples: Float32Array): Float32Array {
  const filter = createFilter(MODEL_RATE_HZ);
  const fadeIn = Math.round(FADE_IN_SECONDS * MODEL_RATE_HZ);
  const fadeOut = Math.round(FADE_OUT_SHARE * samples.length);
  const shaped = samples.map((sample, i) => {
    const { high } = filter(sample, LOWEST_HZ, Math.SQRT1_2);
    return high * fade(i, fadeIn) * fade(samples.length - 1 - i, fadeOut);
  });
  const peak = shaped.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  return shaped.map((sample) => (sample * DEMO_PEAK) / peak);
}

/** 0 at the end, 1 from `length` samples on; half a cosine between. */
function fade(distance: number, length: number): number {
  return distance >= length ? 1 : 0.5 - 0.5 * Math.cos((Math.PI * distance) / length);
}

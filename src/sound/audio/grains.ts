/**
 * Plays a sound again as grains: short pieces of it, each faded in and out, laid out in time anew.
 *
 * Source: C. Roads, "Microsound", MIT Press 2001.
 */

import type { Random } from "../../random.ts";
import { rootMeanSquare } from "./level.ts";
import { lengthOf, type Sound } from "./sound.ts";

export interface Grains {
  /** Length of a grain, 5 to 1000 ms. */
  readonly sizeMs: number;
  /** Grains a second, 0.5 to 500. Below 1000 / sizeMs there is silence between them. */
  readonly density: number;
  /**
   * 0: every grain is taken from the moment where it sounds, and they come evenly; 1: from anywhere
   * in the sound, at random moments.
   */
  readonly spread: number;
}

/** Of the same length and, where it sounds, of the same level. */
export function grainsOf(sound: Sound, grains: Grains, random: Random): Sound {
  const { sampleRate, channels } = sound;
  const length = lengthOf(sound);
  const size = Math.max(2, Math.round((grains.sizeMs / 1000) * sampleRate));
  const window = Float32Array.from(
    { length: size },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / size),
  );
  const made = channels.map(() => new Float32Array(length));
  for (const { at, from } of places(length, size, { grains, sampleRate, random })) {
    for (const [channel, samples] of channels.entries()) {
      const out = made[channel]!;
      const first = Math.max(0, -at, -from);
      const end = Math.min(size, length - at, length - from);
      for (let i = first; i < end; i += 1) {
        out[at + i] = out[at + i]! + window[i]! * samples[from + i]!;
      }
    }
  }
  const level = (parts: readonly Float32Array[]): number =>
    Math.hypot(...parts.map(rootMeanSquare));
  const gain = level(made) > 0 ? level(channels) / level(made) : 0;
  return { sampleRate, channels: made.map((samples) => samples.map((value) => value * gain)) };
}

// --- internal ---

interface GrainPlace {
  /** Where it begins to sound, and where it is taken from, in samples. */
  readonly at: number;
  readonly from: number;
}

interface PlaceOptions {
  readonly grains: Grains;
  readonly sampleRate: number;
  readonly random: Random;
}

/** The first grain is in its middle where the sound begins. */
function* places(
  length: number,
  size: number,
  { grains: { density, spread }, sampleRate, random }: PlaceOptions,
): Generator<GrainPlace> {
  const interval = sampleRate / density;
  for (let grain = 0; grain * interval < length + size; grain += 1) {
    const shift = spread * interval * (random.next() - 0.5);
    const at = Math.round(grain * interval - size / 2 + shift);
    const anywhere = Math.round(random.next() * Math.max(0, length - size));
    // Between here and anywhere, so that at a half most still come from about here.
    yield { at, from: Math.round(at + spread * (anywhere - at)) };
  }
}

/** Loop points in a sustained sound, and what makes their seam unheard. */

import type { SampleLoop } from "../codecs/wav-music-chunks.ts";

export interface LoopedSamples {
  readonly samples: Float32Array;
  readonly loop: SampleLoop;
}

export interface SampleLoopOptions {
  /** In hertz. */
  readonly sampleRate: number;
  /** Pitch of the sound, in hertz. @default it has none */
  readonly hz?: number;
}

/** Parts of the sound: where a loop may begin at the earliest, and how short it may be. */
const EARLIEST = 0.3;
const SHORTEST = 0.3;
/** Samples behind the loop, as at its beginning: samplers interpolate over the seam. */
const BEHIND = 64;
const FADE_SECONDS = 0.08;
/** Lengths that are compared, at most. */
const TRIES_MAX = 400;

/**
 * A sound with a loop of whole periods near its end.
 *
 * Of all lengths that are whole numbers of periods, rounded to samples, the one is taken whose two
 * ends are most alike over 80 ms: the largest normalised correlation r. Over that time the end is
 * faded into what comes before the beginning, with weights a and b over sqrt(a^2 + b^2 + 2 a b r), by
 * which the level stays. What is behind the loop is cut off, but for its first samples once more.
 *
 * @returns undefined for sounds too short to hold a loop.
 */
export function withSampleLoop(
  samples: Float32Array,
  { sampleRate, hz }: SampleLoopOptions,
): LoopedSamples | undefined {
  const end = samples.length - BEHIND;
  const first = Math.round(EARLIEST * samples.length);
  const fade = Math.min(Math.round(FADE_SECONDS * sampleRate), Math.floor(first / 2));
  const shortest = Math.round(SHORTEST * samples.length);
  if (fade < 32 || end - first < shortest) return undefined;
  const { length, likeness } = bestLength(samples, {
    period: hz === undefined ? 1 : sampleRate / hz,
    end,
    fade,
    shortest,
    longest: end - first,
  });
  const start = end - length;
  const out = samples.slice();
  for (let i = 0; i < fade; i += 1) {
    const share = 0.5 - 0.5 * Math.cos((Math.PI * (i + 1)) / fade);
    const rest = 1 - share;
    const level = Math.sqrt(rest * rest + share * share + 2 * rest * share * likeness);
    const at = end - fade + i;
    const mixed = rest * samples[at]! + share * samples[start - fade + i]!;
    out[at] = mixed / Math.max(0.5, level);
  }
  for (let i = 0; i < BEHIND; i += 1) out[end + i] = out[start + i]!;
  return { samples: out, loop: { start, end } };
}

interface Search {
  /** In samples, any number from 1. */
  readonly period: number;
  readonly end: number;
  readonly fade: number;
  readonly shortest: number;
  readonly longest: number;
}

function bestLength(
  samples: Float32Array,
  { period, end, fade, shortest, longest }: Search,
): { readonly length: number; readonly likeness: number } {
  const [from, to] = [Math.ceil(shortest / period), Math.floor(longest / period)];
  const stride = Math.max(1, Math.ceil((to - from + 1) / TRIES_MAX));
  let best = { length: longest, likeness: -1 };
  for (let count = to; count >= from; count -= stride) {
    const length = Math.round(count * period);
    const likeness = likenessAt(samples, { end, other: end - length, fade });
    if (likeness > best.likeness) best = { length, likeness };
  }
  return { length: best.length, likeness: Math.max(0, best.likeness) };
}

/** Normalised correlation of what comes before two places. */
function likenessAt(
  samples: Float32Array,
  { end, other, fade }: { readonly end: number; readonly other: number; readonly fade: number },
): number {
  let [product, a, b] = [0, 0, 0];
  for (let i = 1; i <= fade; i += 1) {
    const x = samples[end - i]!;
    const y = samples[other - i]!;
    product += x * y;
    a += x * x;
    b += y * y;
  }
  return product / Math.sqrt(a * b + 1e-20);
}

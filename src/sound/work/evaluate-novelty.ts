/**
 * Measures whether a model makes new sounds: generated sounds beside training and held-out
 * recordings.
 */

import { seededRandom } from "../../random.ts";
import { type Clarity, clarityOf } from "../audio/clarity/clarity.ts";
import { type Likeness, likeness } from "../audio/likeness.ts";
import { describeSpectrum, novelty } from "../audio/novelty.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { magnitudes } from "../audio/stft.ts";
import type { Codec } from "../latent/codec.ts";
import { generate } from "../latent/generate.ts";
import type { Model } from "../model/model-file.ts";

/** Plain JSON. */
export interface Novelty {
  /** Distance to the nearest training sound, that of held-out sounds being 1; 0 for copies. */
  readonly ratio: number;
  readonly reading: NoveltyReading;
  /** How they are spread beside the recordings; null with too few of a kind. */
  readonly likeness: Likeness | null;
  /** Segments of 1 s at most. */
  readonly generatedCount: number;
  readonly trainCount: number;
  readonly heldOutCount: number;
}

/**
 * "copies": much nearer to a training sound than new recordings are; "as-new": about as far as
 * they; "off-corpus": farther than recordings of that kind ever are, which is not desirable.
 */
export type NoveltyReading = "copies" | "as-new" | "off-corpus";

/** Thresholds of the ratio; two recordings of one kind differ by less. */
const COPIES_BELOW = 0.5;
const OFF_CORPUS_ABOVE = 1.5;

export function noveltyReading(ratio: number): NoveltyReading {
  if (ratio < COPIES_BELOW) return "copies";
  return ratio > OFF_CORPUS_ABOVE ? "off-corpus" : "as-new";
}

const CLIP_SECONDS = 1;

/** A last segment shorter than this share of a full one does not count. */
const REMAINDER_SHARE = 0.25;

/** Segments whose peak is this far under their file's are pauses: -50 dB. */
const PAUSE_SHARE = 10 ** (-50 / 20);

/**
 * Descriptors of a recording's segments of CLIP_SECONDS; of all of it if it is shorter.
 *
 * @param mono Samples at MODEL_RATE_HZ.
 */
export function describeSegments(mono: Float32Array): Float64Array[] {
  const length = CLIP_SECONDS * MODEL_RATE_HZ;
  const least = peak(mono) * PAUSE_SHARE;
  const descriptors: Float64Array[] = [];
  for (let start = 0; start < mono.length; start += length) {
    const segment = mono.subarray(start, start + length);
    if (start > 0 && segment.length < REMAINDER_SHARE * length) continue;
    if (peak(segment) > least) descriptors.push(describe(segment));
  }
  return descriptors;
}

/** What is measured of one generated sound. */
export interface GeneratedSound {
  /** Of its segments, as of those of a recording. */
  readonly descriptors: readonly Float64Array[];
  /** undefined for silence. */
  readonly clarity: Clarity | undefined;
}

/** Whole gestures as `etude generate` makes them, one at a time; the same for the same seed. */
export async function* generatedSounds(
  codec: Codec,
  model: Model,
  { count, seed }: { readonly count: number; readonly seed: number },
): AsyncGenerator<GeneratedSound> {
  for (let i = 0; i < count; i += 1) {
    const { channels } = await generate(codec, model, {
      seed: seed + i,
      sampleRate: MODEL_RATE_HZ,
      quality: "normal",
    });
    const mono = channels[0]!;
    yield { descriptors: describeSegments(mono), clarity: clarityOf(mono) };
  }
}

export interface Descriptors {
  readonly train: readonly Float64Array[];
  readonly heldOut: readonly Float64Array[];
  readonly generated: readonly Float64Array[];
}

/** @returns null where there is nothing to compare with. */
export function noveltyOf(parts: Descriptors): Novelty | null {
  const ratio = novelty(parts);
  if (ratio === undefined) return null;
  return {
    ratio,
    reading: noveltyReading(ratio),
    likeness: likeness(parts, seededRandom(1)) ?? null,
    generatedCount: parts.generated.length,
    trainCount: parts.train.length,
    heldOutCount: parts.heldOut.length,
  };
}

function describe(samples: Float32Array): Float64Array {
  return describeSpectrum(magnitudes(samples), MODEL_RATE_HZ);
}

function peak(samples: Float32Array): number {
  let most = 0;
  for (const sample of samples) most = Math.max(most, Math.abs(sample));
  return most;
}

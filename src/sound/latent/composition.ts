/**
 * A sound that is decided and decoded, but not rendered yet: with its controls at any position it
 * is the same sound, moved.
 */

import { seededRandom } from "../../random.ts";
import { decibelsToGain } from "../audio/decibel.ts";
import { levelCourse, loudestStretch } from "../audio/descriptors/level-course.ts";
import { faded, peakOfChannels, softlyLimited } from "../audio/level.ts";
import { fastPlan } from "../audio/packed-fourier.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { CEILING_DB, limited, truePeak } from "../audio/true-peak.ts";
import type { Moves } from "./controls/apply.ts";
import { type DecodedGesture, perform } from "./performance.ts";
import { cleaned, mastered } from "./render.ts";

export interface Composition {
  readonly gestures: readonly DecodedGesture[];
  /** Of the random numbers that rendering draws: the same wherever the controls are. */
  readonly randomState: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Exact length of the result, in samples. @default that of its gestures */
  readonly length?: number;
}

export interface RenderingOptions {
  readonly quality: PhaseQuality;
  /** @default as it was decoded */
  readonly moves?: Moves;
  /** How loud it is unmoved, see `unmovedLevel`. @default it is rendered to know it */
  readonly level?: UnmovedLevel;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** What holds a sound's level while its controls move. */
export interface UnmovedLevel {
  readonly truePeak: number;
  /** Of the loudest 100 ms, in dB. */
  readonly loudnessDb: number;
}

/** Fade-out of what would sound beyond the end. */
const RELEASE_SECONDS = 0.3;
/** What a move may add to the peak; more of it is taken back as a whole. */
const EXCESS_DB_MAX = 3;
/** A sound that fills the scale gets louder by what is pressed together: by this share of it. */
const PRESSED_SHARE = 0.4;

/**
 * Mono. Unmoved, its true peak is at -1 dB. Moved, it is as loud as unmoved, so that controls do
 * not change the level unless they mean to; peaks are then softly limited to -1 dB.
 */
export async function renderComposition(
  composition: Composition,
  options: RenderingOptions,
): Promise<Sound> {
  const { moves } = options;
  const { sampleRate } = composition;
  const samples = await samplesOf(composition, options);
  const length = composition.length ?? ownLength(samples, sampleRate);
  const plan = await fastPlan(defaultStft.frameLength);
  if (moves === undefined) return mastered([samples], { sampleRate, length, plan });
  const level = options.level ?? (await unmovedLevel(composition, options.quality));
  const clean = cleaned(samples, { sampleRate, length, plan });
  return limited(
    { sampleRate, channels: [pressed(clean, { moves, level, sampleRate })] },
    CEILING_DB,
  );
}

/** Samples as loud as the unmoved sound, or as the control of loudness says, peaks softly limited. */
export function pressed(
  samples: Float32Array,
  {
    moves,
    level,
    sampleRate,
  }: { readonly moves: Moves; readonly level: UnmovedLevel; readonly sampleRate: number },
): Float32Array {
  const ceiling = decibelsToGain(CEILING_DB);
  const most = ceiling * decibelsToGain(EXCESS_DB_MAX);
  const held = level.loudnessDb - loudestStretch(levelCourse(samples, sampleRate));
  const gain = Math.min(
    (ceiling / (level.truePeak || 1)) * decibelsToGain(held),
    most / (peakOfChannels([samples]) || 1),
  );
  const asked = moves.loudness > 0 ? PRESSED_SHARE * moves.loudness : moves.loudness;
  const driven = gain * decibelsToGain(asked);
  return softlyLimited(
    samples.map((sample) => sample * driven),
    ceiling,
  );
}

/** What is given as `level` where the same sound is rendered again and again. */
export async function unmovedLevel(
  composition: Composition,
  quality: PhaseQuality,
): Promise<UnmovedLevel> {
  const { sampleRate } = composition;
  const samples = await samplesOf(composition, { quality });
  const length = composition.length ?? ownLength(samples, sampleRate);
  const plan = await fastPlan(defaultStft.frameLength);
  return levelOf(cleaned(samples, { sampleRate, length, plan }), sampleRate);
}

export function levelOf(samples: Float32Array, sampleRate: number): UnmovedLevel {
  return {
    truePeak: truePeak({ sampleRate, channels: [samples] }),
    loudnessDb: loudestStretch(levelCourse(samples, sampleRate)),
  };
}

async function samplesOf(
  { gestures, randomState, sampleRate, length }: Composition,
  { quality, moves, onProgress }: RenderingOptions,
): Promise<Float32Array> {
  const samples = await perform(gestures, {
    quality,
    random: seededRandom(randomState),
    ...(moves && { moves }),
    onProgress: (share) => onProgress?.(share),
  });
  if (length === undefined || length >= ownLength(samples, sampleRate)) return samples;
  const within = samples.subarray(0, Math.ceil((length * MODEL_RATE_HZ) / sampleRate));
  const outLength = Math.round(RELEASE_SECONDS * MODEL_RATE_HZ);
  return faded(within, { inLength: 0, outLength });
}

function ownLength(samples: Float32Array, sampleRate: number): number {
  return Math.round((samples.length * sampleRate) / MODEL_RATE_HZ);
}

/**
 * Renders a latent path to a sound of an exact length: decode, reconstruct phase, set the level.
 */

import type { Random } from "../../random.ts";
import { faded, normalisePeak } from "../audio/level.ts";
import { type LowPassEdges, lowPass } from "../audio/low-pass.ts";
import { fastPlan, type PackedPlan } from "../audio/packed-fourier.ts";
import { type PhaseQuality, phaseQualities } from "../audio/phase.ts";
import { resample } from "../audio/resample.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { CEILING_DB, levelled } from "../audio/true-peak.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { soundOfFrames } from "../model/sound-frames.ts";
import type { Codec, ModelWeights } from "./codec.ts";
import type { FramePitch } from "./controls/hollow.ts";
import { isLowTone, soundLowTones } from "./low-tones.ts";
import { pitchesOfPath } from "./path-pitch.ts";
import { type Roughened, roughened } from "./texture.ts";
import { whiteNoise } from "./white-noise.ts";

export interface RenderOptions {
  /** Shape [latents, latentSize]; at least `latentsFor` the length. */
  readonly path: Float32Array;
  /** Shape [latents, TEXTURE_BANDS]. @default smooth throughout */
  readonly texture?: Float32Array;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Samples wanted, at `sampleRate`. */
  readonly length: number;
  readonly quality: PhaseQuality;
  /** Draws the phases that magnitudes do not determine. */
  readonly random: Random;
  /** Of the largest sample. @default as loud as a true peak of -1 dB allows */
  readonly peakDb?: number;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** Fades against clicks at cut ends; shorter than any audible attack. */
const FADE_SECONDS = { in: 0.001, out: 0.005 } as const;

/**
 * Phase reconstruction leaves inaudible energy at the highest frequencies, which other programs
 * would still measure. So nothing is exported above 20 kHz.
 */
export const HIGHEST: LowPassEdges = {
  sampleRateHz: MODEL_RATE_HZ,
  passHz: 18_500,
  stopHz: 20_000,
};

/** Share of decoding in the work; the rest is phase reconstruction. */
const DECODING_SHARE = 0.2;

/** Latent vectors that a sound of `seconds` takes. */
export function latentsFor(seconds: number, framesPerLatent: number): number {
  const frames = Math.floor((seconds * MODEL_RATE_HZ) / defaultStft.hopLength) + 1;
  return Math.ceil(frames / framesPerLatent);
}

/** @returns One channel of exactly `length` samples, at its level; silence stays silent. */
export async function render(
  codec: Codec,
  model: ModelWeights,
  options: RenderOptions,
): Promise<Sound> {
  const { path, texture, sampleRate, length, quality, random, onProgress } = options;
  const modelLength = Math.ceil((length * MODEL_RATE_HZ) / sampleRate);
  const frameCount = Math.floor(modelLength / defaultStft.hopLength) + 1;
  const levels = await codec.decode(model, path, frameCount);
  onProgress?.(DECODING_SHARE);
  const { framesPerLatent } = codec;
  const pitches = pitchesOfPath(path, codec);
  const samples = await soundOfLevels(levels, {
    length: modelLength,
    quality,
    random,
    framesPerLatent,
    onProgress: (share) => onProgress?.(DECODING_SHARE + (1 - DECODING_SHARE) * share),
    ...(texture && { texture }),
    ...(pitches && { pitches }),
  });
  const plan = await fastPlan(defaultStft.frameLength);
  return mastered([samples], { ...options, plan });
}

export interface LevelsOptions extends Pick<RenderOptions, "quality" | "random" | "onProgress"> {
  /** Samples wanted, at MODEL_RATE_HZ. */
  readonly length: number;
  readonly framesPerLatent: number;
  /** Shape [latents, TEXTURE_BANDS]. @default smooth throughout */
  readonly texture?: Float32Array;
  /** Of each latent vector. @default unknown, and low notes are rendered like noise */
  readonly pitches?: readonly FramePitch[];
}

/**
 * Sound from decoded levels, with roughness and phase, at their own level: 0 dB is a magnitude of
 * 1.
 *
 * @param levels Decibels, shape [frames, BIN_COUNT].
 * @returns Mono samples at MODEL_RATE_HZ, shape [length].
 */
export async function soundOfLevels(
  levels: Float32Array,
  options: LevelsOptions,
): Promise<Float32Array> {
  const { length, quality, random, onProgress } = options;
  const plan = await fastPlan(defaultStft.frameLength);
  const rough = detailed(levels, options, plan);
  return soundOfFrames(
    { frameCount: levels.length / BIN_COUNT, levels: rough?.levels ?? levels, reference: 1 },
    {
      length,
      random,
      ...phaseQualities[quality],
      plan,
      onStep: (done, total) => onProgress?.(done / total),
      ...(rough && { knownPhases: rough.phases }),
    },
  );
}

/** Levels with what a decoder cannot say of them; undefined where they are to stay as they are. */
function detailed(
  levels: Float32Array,
  { random, framesPerLatent, texture, pitches }: LevelsOptions,
  plan: PackedPlan,
): Roughened | undefined {
  const hasLowTones = pitches?.some(isLowTone) ?? false;
  if (texture === undefined && !hasLowTones) return undefined;
  const rough =
    texture === undefined
      ? { levels: levels.slice(), phases: new Float32Array(levels.length).fill(Number.NaN) }
      : roughened(levels, texture, {
          framesPerLatent,
          noise: whiteNoise(random, plan, defaultStft),
        });
  if (pitches && hasLowTones)
    soundLowTones({ smooth: levels, ...rough }, { framesPerLatent, pitches });
  return rough;
}

export interface MasterOptions extends Pick<RenderOptions, "sampleRate" | "length"> {
  /** Transforms of a frame. @default our own; `fastPlan` gives quicker ones */
  readonly plan?: PackedPlan;
}

/**
 * The last steps of every sound: sample rate, exact length, faded ends, peak.
 *
 * @param channels Samples at MODEL_RATE_HZ, shape [channels][time]; their levels keep their relation.
 */
export function mastered(
  channels: readonly Float32Array[],
  { sampleRate, length, peakDb, plan }: MasterOptions & Pick<RenderOptions, "peakDb">,
): Sound {
  const clean = channels.map((samples) =>
    cleaned(samples, { sampleRate, length, ...(plan && { plan }) }),
  );
  return peakDb === undefined
    ? levelled({ sampleRate, channels: clean }, CEILING_DB)
    : { sampleRate, channels: normalisePeak(clean, peakDb) };
}

/** The same but for the peak, of one channel. */
export function cleaned(
  samples: Float32Array,
  { sampleRate, length, plan }: MasterOptions,
): Float32Array {
  const heard = lowPass(samples, HIGHEST, plan);
  const exact = exactLength(resample(heard, MODEL_RATE_HZ, sampleRate), length);
  return faded(exact, {
    inLength: Math.round(FADE_SECONDS.in * sampleRate),
    outLength: Math.round(FADE_SECONDS.out * sampleRate),
  });
}

function exactLength(samples: Float32Array, length: number): Float32Array {
  if (samples.length === length) return samples;
  const exact = new Float32Array(length);
  exact.set(samples.subarray(0, length));
  return exact;
}

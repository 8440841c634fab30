/**
 * Renders gestures at given times, each separately, and mixes them.
 *
 * Each one rings out while the next begins. The decoder never sees two at once, so the end of one
 * is not smeared into the attack of another.
 */

import type { Random } from "../../random.ts";
import { faded } from "../audio/level.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import type { Codec, ModelWeights } from "./codec.ts";
import type { GesturePath } from "./gesture-path.ts";
import { soundOfLevels } from "./render.ts";

/** A gesture and its onset, in seconds. */
export interface PlacedGesture extends GesturePath {
  readonly atSeconds: number;
}

export interface PerformanceOptions {
  readonly quality: PhaseQuality;
  readonly random: Random;
  /** Magnitude of 0 dB in each recording; where there is none, all are equally loud. */
  readonly references: readonly number[];
  /** Roughness along a path, shape [latents, TEXTURE_BANDS]. */
  textureAlong(path: Float32Array): Float32Array;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** Fades for ends that are not natural: of segments cut out of something longer. */
const FADE_SECONDS = { onset: 0.001, cutIn: 0.06, end: 0.01, cutOut: 0.18 } as const;

/** @returns Mono samples at MODEL_RATE_HZ, as loud as the model says, to the end of the last gesture. */
export async function perform(
  codec: Codec,
  model: ModelWeights,
  performance: { readonly gestures: readonly PlacedGesture[] } & PerformanceOptions,
): Promise<Float32Array> {
  const { gestures, quality, random, references, textureAlong, onProgress } = performance;
  const hop = codec.framesPerLatent * defaultStft.hopLength;
  const placed = gestures.map((gesture) => ({
    ...gesture,
    start: Math.round(gesture.atSeconds * MODEL_RATE_HZ),
    length: (gesture.path.length / codec.latentSize) * hop,
  }));
  const end = placed.reduce((latest, { start, length }) => Math.max(latest, start + length), 0);
  const out = new Float32Array(end);
  for (const [i, { path, lead, start, length }] of placed.entries()) {
    const frameCount = Math.floor(length / defaultStft.hopLength) + 1;
    const levels = heldFrames(await codec.decode(model, path, frameCount), frameCount);
    const sound = await soundOfLevels(levels, {
      length,
      quality,
      random,
      framesPerLatent: codec.framesPerLatent,
      texture: textureAlong(path),
      onProgress: (share) => onProgress?.((i + share) / placed.length),
    });
    const gain = references[lead.file] ?? 1;
    const clean = faded(sound, {
      inLength: Math.round(
        MODEL_RATE_HZ * (lead.hasOnset ? FADE_SECONDS.onset : FADE_SECONDS.cutIn),
      ),
      outLength: Math.round(MODEL_RATE_HZ * (lead.hasEnd ? FADE_SECONDS.end : FADE_SECONDS.cutOut)),
    });
    for (let k = 0; k < length; k += 1) out[start + k] = out[start + k]! + gain * clean[k]!;
  }
  return out;
}

/** A path covers one frame fewer than a sound of its length has; the last one is repeated. */
function heldFrames(levels: Float32Array, frameCount: number): Float32Array {
  if (levels.length === frameCount * BIN_COUNT) return levels;
  const held = new Float32Array(frameCount * BIN_COUNT);
  held.set(levels);
  held.set(levels.subarray(-BIN_COUNT), (frameCount - 1) * BIN_COUNT);
  return held;
}

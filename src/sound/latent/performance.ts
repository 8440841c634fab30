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
import type { Moves } from "./controls/apply.ts";
import { movedFrames, movedSamples } from "./controls/moved-sound.ts";
import { type DecodedNote, decodedNote, type NotePath } from "./decoded-note.ts";
import type { GesturePath } from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";
import { soundOfLevels } from "./render.ts";
import { tunedPartials } from "./tuned-partials.ts";

/** A gesture and its onset, in seconds. */
export interface PlacedGesture extends GesturePath, NotePath {
  readonly atSeconds: number;
}

/** What the decoder says of a gesture: all that is needed to render it, however it is moved. */
export interface DecodedGesture extends DecodedNote {
  readonly framesPerLatent: number;
  readonly lead: Pick<Gesture, "hasOnset" | "hasEnd">;
  /** Magnitude of 0 dB. */
  readonly reference: number;
  readonly atSeconds: number;
}

export interface DecodeTools {
  readonly codec: Codec;
  readonly model: ModelWeights;
  /** Magnitude of 0 dB in each recording; where there is none, all are equally loud. */
  readonly references: readonly number[];
  /** Roughness along a path, shape [latents, TEXTURE_BANDS]. */
  textureAlong(path: Float32Array): Float32Array;
}

/** Frames of each gesture; together as many as the sound has where it is alone. */
export async function decodeGestures(
  gestures: readonly PlacedGesture[],
  { codec, model, references, textureAlong }: DecodeTools,
): Promise<DecodedGesture[]> {
  const decoded: DecodedGesture[] = [];
  for (const gesture of gestures) {
    const { path, lead, atSeconds } = gesture;
    const frameCount = (path.length / codec.latentSize) * codec.framesPerLatent + 1;
    const note = await decodedNote(gesture, codec, {
      texture: textureAlong(path),
      decode: async (rows) =>
        heldFrames(
          tunedPartials(await codec.decode(model, rows, frameCount), rows, codec),
          frameCount,
        ),
    });
    decoded.push({
      ...note,
      framesPerLatent: codec.framesPerLatent,
      lead,
      reference: references[lead.file] ?? 1,
      atSeconds,
    });
  }
  return decoded;
}

export interface PerformanceOptions {
  readonly quality: PhaseQuality;
  readonly random: Random;
  /** @default as they were decoded */
  readonly moves?: Moves;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** Fades for ends that are not natural: of segments cut out of something longer. */
const FADE_SECONDS = { onset: 0.001, cutIn: 0.06, end: 0.01, cutOut: 0.18 } as const;

/** @returns Mono samples at MODEL_RATE_HZ, as loud as the model says, to the end of the last gesture. */
export async function perform(
  gestures: readonly DecodedGesture[],
  options: PerformanceOptions,
): Promise<Float32Array> {
  return mixed(gestures, await renderGestures(gestures, options), options.moves);
}

/** Samples of each gesture, with its spectrum and its time moved. */
export async function renderGestures(
  gestures: readonly DecodedGesture[],
  { quality, random, moves, onProgress }: PerformanceOptions,
): Promise<Float32Array[]> {
  const rendered: Float32Array[] = [];
  for (const [i, gesture] of gestures.entries()) {
    const frames = moves === undefined ? gesture : movedFrames(gesture, moves);
    const { levels, texture, framesPerLatent, pitches } = frames;
    const sound = await soundOfLevels(levels, {
      length: (levels.length / BIN_COUNT - 1) * defaultStft.hopLength,
      quality,
      random,
      framesPerLatent,
      texture,
      ...(pitches && { pitches }),
      onProgress: (share) => onProgress?.((i + share) / gestures.length),
    });
    rendered.push(fadedEnds(sound, gesture));
  }
  return rendered;
}

/** All of them at their times and levels, each with its attack and its fluctuation moved. */
export function mixed(
  gestures: readonly DecodedGesture[],
  rendered: readonly Float32Array[],
  moves?: Moves,
): Float32Array {
  const starts = gestures.map(({ atSeconds }) => Math.round(atSeconds * MODEL_RATE_HZ));
  const end = rendered.reduce((last, { length }, i) => Math.max(last, starts[i]! + length), 0);
  const out = new Float32Array(end);
  for (const [i, clean] of rendered.entries()) {
    const samples = moves === undefined ? clean : movedSamples(clean, moves);
    const { reference } = gestures[i]!;
    for (let k = 0; k < samples.length; k += 1) {
      const at = starts[i]! + k;
      out[at] = out[at]! + reference * samples[k]!;
    }
  }
  return out;
}

function fadedEnds(sound: Float32Array, { lead }: DecodedGesture): Float32Array {
  const { onset, cutIn, end, cutOut } = FADE_SECONDS;
  return faded(sound, {
    inLength: Math.round(MODEL_RATE_HZ * (lead.hasOnset ? onset : cutIn)),
    outLength: Math.round(MODEL_RATE_HZ * (lead.hasEnd ? end : cutOut)),
  });
}

/** A path covers one frame fewer than a sound of its length has; the last one is repeated. */
function heldFrames(levels: Float32Array, frameCount: number): Float32Array {
  if (levels.length === frameCount * BIN_COUNT) return levels;
  const held = new Float32Array(frameCount * BIN_COUNT);
  held.set(levels);
  held.set(levels.subarray(-BIN_COUNT), (frameCount - 1) * BIN_COUNT);
  return held;
}

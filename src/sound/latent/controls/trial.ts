/**
 * Sounds that controls are tried on: made of a model's gestures, rendered with phases, moved and
 * described. Every sound is made anew from its number, so that several threads can share the work.
 */

import { type Random, seededRandom } from "../../../random.ts";
import { describeSound } from "../../audio/descriptors/describe.ts";
import { describePitch } from "../../audio/descriptors/pitched.ts";
import type { PhaseQuality } from "../../audio/phase.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { magnitudes } from "../../audio/stft.ts";
import type { Codec } from "../codec.ts";
import { levelOf, pressed, type UnmovedLevel } from "../composition.ts";
import type { Voice } from "../generate.ts";
import { blended, drawGesture, type GestureCorpus, newGesture } from "../gesture-path.ts";
import {
  type DecodedGesture,
  decodeGestures,
  mixed,
  type PlacedGesture,
  renderGestures,
} from "../performance.ts";
import { phrase, speaksInPhrases } from "../phrase.ts";
import { textureAlong } from "../texture.ts";
import { hasMoves, type Moves, noMoves } from "./apply.ts";
import { movedGestures } from "./moved-gestures.ts";
import { comparable, type Descriptors } from "./vocabulary.ts";

export interface Bench {
  readonly codec: Codec;
  readonly voice: Voice;
  readonly corpus: GestureCorpus;
  readonly quality: PhaseQuality;
}

/** A sound on which moves are tried. */
export interface Trial {
  /** Descriptors in units of comparison; undefined where the sound is silent. */
  at(moves: Moves): Promise<number[] | undefined>;
}

/** Longer gestures leave out their middle: what a control does shows in these times. */
const SECONDS_MOST = { beginning: 0.7, end: 0.5 } as const;
/** Of a phrase, the gestures that begin in this time: a syllable alone hardly has a pitch. */
const PHRASE_SECONDS_MOST = 0.8;
const SEED = 1;

/** A gesture of a recording, as it is. */
export function recordedTrial(bench: Bench, index: number): Promise<Trial> {
  const lead = bench.corpus.gestures[index]!;
  const path = blended(bench.corpus, { lead, other: lead, share: 0 });
  return gestureTrial(bench, [{ path, lead, atSeconds: 0 }]);
}

/** A new gesture, or the beginning of a new phrase where the corpus is of phrases. */
export function inventedTrial(bench: Bench, index: number): Promise<Trial> {
  const { codec, corpus } = bench;
  const random = seededRandom(SEED + index);
  const lead = drawGesture(corpus, random);
  const latentsPerSecond = latentRate(codec);
  if (!speaksInPhrases(corpus, latentsPerSecond)) {
    return gestureTrial(bench, [{ ...newGesture(corpus, lead, random), atSeconds: 0 }]);
  }
  const all = phrase(corpus, { lead, latentsPerSecond, random });
  return gestureTrial(
    bench,
    all.filter(({ atSeconds }) => atSeconds < PHRASE_SECONDS_MOST),
  );
}

// --- internal ---

async function gestureTrial(bench: Bench, placed: readonly PlacedGesture[]): Promise<Trial> {
  const { codec } = bench;
  const cut = placed.map((gesture) => ({ ...gesture, path: shortened(gesture.path, codec) }));
  const gestures = await decoded(bench, cut);
  const still = await renderGestures(gestures, how(bench, noMoves));
  const level = levelOf(mixed(gestures, still), MODEL_RATE_HZ);
  return {
    at: async (moves) => {
      const heard = hasMoves(moves, "path")
        ? await decoded(bench, movedGestures(cut, codec, { move: moves, isHeld: false }))
        : gestures;
      const isStill = heard === gestures && !hasMoves(moves, "frames") && !hasMoves(moves, "time");
      const parts = isStill ? still : await renderGestures(heard, how(bench, moves));
      const description = describedOf(mixed(heard, parts, moves), { bench, moves, level });
      return description && comparable(description);
    },
  };
}

function shortened(path: Float32Array, codec: Codec): Float32Array {
  const size = codec.latentSize;
  const beginning = Math.round(SECONDS_MOST.beginning * latentRate(codec)) * size;
  const end = Math.round(SECONDS_MOST.end * latentRate(codec)) * size;
  if (path.length <= beginning + end) return path;
  const short = new Float32Array(beginning + end);
  short.set(path.subarray(0, beginning));
  short.set(path.subarray(path.length - end), beginning);
  return short;
}

function latentRate({ framesPerLatent }: Codec): number {
  return MODEL_RATE_HZ / defaultStft.hopLength / framesPerLatent;
}

function decoded(
  { codec, voice }: Bench,
  gestures: readonly PlacedGesture[],
): Promise<DecodedGesture[]> {
  const { latents } = voice;
  return decodeGestures(gestures, {
    codec,
    model: voice,
    references: latents.references,
    textureAlong: (along) =>
      textureAlong(along, {
        vectors: latents.means,
        size: codec.latentSize,
        texture: latents.texture,
      }),
  });
}

function how({ quality }: Bench, moves: Moves): HowRendered {
  return { quality, random: seededRandom(SEED), moves };
}

interface HowRendered {
  readonly quality: PhaseQuality;
  readonly random: Random;
  readonly moves: Moves;
}

/** As loud as unmoved, like every moved sound. */
function describedOf(
  samples: Float32Array,
  {
    bench,
    moves,
    level,
  }: { readonly bench: Bench; readonly moves: Moves; readonly level: UnmovedLevel },
): Descriptors | undefined {
  const heard = pressed(samples, { moves, level, sampleRate: MODEL_RATE_HZ });
  const spectra = magnitudes(heard);
  const description = describeSound(heard, MODEL_RATE_HZ, spectra);
  if (description === undefined || bench.codec.conditions.length === 0) return description;
  return { ...description, ...describePitch(heard, spectra) };
}

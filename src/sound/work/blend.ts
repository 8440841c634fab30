/** Sounds of two to four models at once. */

import { UserError } from "../../errors.ts";
import { rootMeanSquare } from "../audio/level.ts";
import { lengthOf, type Sound } from "../audio/sound.ts";
import { CEILING_DB, levelled } from "../audio/true-peak.ts";
import { blendedComposition } from "../latent/blend.ts";
import { renderComposition } from "../latent/composition.ts";
import type { Moves } from "../latent/controls/apply.ts";
import { composed, movesAsked } from "../latent/generate.ts";
import { type Closeness, closenessOf } from "./ancestors.ts";
import { requireControls } from "./controls.ts";
import { generated, type Maker, requireLatents, soundOfSeeds } from "./make-sound.ts";
import { generateOptions, type SoundRequest } from "./sound-request.ts";

/**
 * `audio`: each model makes a sound, and those are mixed at one loudness. `latent`: each decodes a
 * gesture of its own, and the gestures become one, see `blendedComposition`.
 */
export type BlendMode = "audio" | "latent";

export interface BlendMaker extends Maker {
  /** Share of the whole, 0 to 1; all together are 1. */
  readonly weight: number;
}

export interface BlendShare {
  /** As it was named. */
  readonly model: string;
  /** Undefined where only the model was named. */
  readonly percent: number | undefined;
}

const BLEND_MODELS_MAX = 4;

/**
 * Shares of the whole, 0 to 1. Models without a percentage get equal parts of the rest. Where all
 * have one, they count in relation to each other: 60 and 60 are a half each.
 *
 * @throws UserError "blend-unfit" (exit code 2) for other numbers of models than 2 to 4, and where
 *   nothing is left or nothing was given.
 */
export function blendWeights(shares: readonly BlendShare[]): number[] {
  if (shares.length < 2 || shares.length > BLEND_MODELS_MAX) {
    throw unfit(
      `found ${shares.length} models, need 2 to ${BLEND_MODELS_MAX}`,
      "Name each as MODEL:PERCENT.",
    );
  }
  const given = shares.reduce((sum, { percent = 0 }) => sum + percent, 0);
  const open = shares.filter(({ percent }) => percent === undefined).length;
  if (open > 0 && given >= 100) {
    throw unfit(
      `found ${given} % given, need less where a model has no percentage`,
      "Models without one share the rest.",
    );
  }
  if (given === 0 && open === 0) {
    throw unfit("found 0 % of every model, need more of one", "Give one of them a percentage.");
  }
  const whole = open > 0 ? 100 : given;
  return shares.map(({ percent = (100 - given) / open }) => percent / whole);
}

/**
 * The same sound for the same models, weights and request. Models of weight 0 are not heard; one
 * alone makes exactly the sound that it makes without a blend.
 *
 * @throws UserError "model-unfinished", "blend-unfit" for a loop of gestures, and those of controls
 *   (exit code 2), "model-mute".
 */
export async function makeBlend(
  { makers, mode }: { readonly makers: readonly BlendMaker[]; readonly mode: BlendMode },
  request: SoundRequest,
  onProgress?: (share: number) => void,
): Promise<Sound> {
  for (const { model } of makers) requireLatents(model);
  const heard = makers.filter(({ weight }) => weight > 0);
  const [only] = heard;
  const asked = Object.keys(request.controls ?? {});
  // A gesture of several has the controls of the first; each sound of a mix has its own.
  const moved = mode === "latent" ? heard.slice(0, 1) : heard;
  if (asked.length > 0) for (const { model } of moved) requireControls(model.analysis, asked);
  const blend = mode === "audio" ? mixed : morphed;
  const one = (seeded: SoundRequest, onProgress: (share: number) => void): Promise<Sound> =>
    heard.length === 1 && only !== undefined
      ? generated(only, seeded, onProgress)
      : blend(heard, seeded, onProgress);
  return soundOfSeeds(one, request, onProgress);
}

/** To the recordings of the model that it is nearest to. */
export async function closenessOfBlend(
  makers: readonly BlendMaker[],
  sound: Sound,
): Promise<Closeness> {
  const heard = makers.filter(({ weight }) => weight > 0);
  const all: Closeness[] = [];
  for (const maker of heard) all.push(await closenessOf(sound, maker));
  return all.reduce((nearest, one) => (one.novelty < nearest.novelty ? one : nearest));
}

// --- internal ---

async function mixed(
  makers: readonly BlendMaker[],
  request: SoundRequest,
  onProgress: (share: number) => void,
): Promise<Sound> {
  const sounds: Sound[] = [];
  for (const [i, maker] of makers.entries()) {
    sounds.push(
      await generated(maker, request, (share) => onProgress((i + share) / makers.length)),
    );
  }
  const mix = new Float32Array(Math.max(...sounds.map(lengthOf)));
  for (const [i, { channels }] of sounds.entries()) {
    const samples = channels[0]!;
    const gain = makers[i]!.weight / loudnessOf(samples);
    for (let k = 0; k < samples.length; k += 1) mix[k] = mix[k]! + gain * samples[k]!;
  }
  return levelled({ sampleRate: request.sampleRate, channels: [mix] }, CEILING_DB);
}

async function morphed(
  makers: readonly BlendMaker[],
  request: SoundRequest,
  onProgress: (share: number) => void,
): Promise<Sound> {
  const options = generateOptions(request);
  if (request.from !== undefined) {
    throw unfit("found a sound to start from, need none", "Use --blend audio.");
  }
  if (request.loop !== undefined) {
    throw unfit("found a loop of gestures, need one of sounds", "Use --blend audio with --loop.");
  }
  const parts = [];
  // Controls are those of the first model: positions mean what they mean there.
  const moves = movesAsked(makers[0]!.model, options);
  for (const [i, { codec, model, weight }] of makers.entries()) {
    const ofModel = i === 0 ? moves : moves && withoutCharacter(moves);
    const composition = await composed(codec, model, { ...options, moves: ofModel });
    parts.push({ composition, weight });
  }
  const sound = await renderComposition(blendedComposition(parts), {
    quality: options.quality,
    ...(moves && { moves }),
    onProgress,
  });
  // Where the spectrum is transposed as a whole, it was made at another rate.
  return { ...sound, sampleRate: request.sampleRate };
}

/** A character is a direction among the latents of its own model. */
function withoutCharacter({ character, ...moves }: Moves): Moves {
  return moves;
}

/** Of the parts that are heard: those within 40 dB of the loudest. */
function loudnessOf(samples: Float32Array): number {
  const PART = 2048;
  const parts: number[] = [];
  for (let start = 0; start < samples.length; start += PART) {
    parts.push(rootMeanSquare(samples.subarray(start, start + PART)));
  }
  const least = Math.max(...parts) / 100;
  return rootMeanSquare(parts.filter((level) => level >= least)) || 1;
}

function unfit(what: string, hint: string): UserError {
  return new UserError({
    code: "blend-unfit",
    message: `Cannot blend: ${what}`,
    hint,
    exitCode: 2,
  });
}

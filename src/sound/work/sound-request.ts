/**
 * Everything that determines a made sound, as plain JSON: what is kept beside it, in the history and
 * in presets, and what makes it again.
 *
 * Anything new that can be heard needs its field here, in `soundRequestFields`, and is handed on
 * in `generateOptions` or in `makeSound`. Fields of a newer program survive.
 */

import * as v from "valibot";
import { checked, fields, numberWithin, type Shape, sha256, wholeNumber } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { SEEDS } from "../../random.ts";
import type { Grains } from "../audio/grains.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Space } from "../audio/space/space.ts";
import type { Direction } from "../audio/space/spherical-harmonics.ts";
import type { Formants, GenerateMode, GenerateOptions } from "../latent/generate.ts";
import type { LoopTime } from "../latent/loop/loop-time.ts";
import { NOTES } from "../latent/path-pitch.ts";
import type { Variation } from "../latent/variation.ts";
import { POSITION_MOST } from "../model/position-range.ts";

/** Everything that determines a sound of a model: the same request gives the same samples. */
export interface SoundRequest {
  readonly version: 1;
  /** From 0 to 2^32 - 1. */
  readonly seed: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  readonly quality: PhaseQuality;
  /** Exact length of the result, in samples. @default that of the gesture or phrase */
  readonly length?: number;
  /** @default see `GenerateOptions` */
  readonly mode?: GenerateMode;
  /** How far the sound moves from its start, 0 to 1. @default 0.5 */
  readonly evolution?: number;
  /** Onset rate of a sequence, as a factor of the corpus' own. @default 1 */
  readonly density?: number;
  /** A neighbour of the sound instead of the sound itself. */
  readonly variation?: Variation;
  /** MIDI note of each gesture, 1 to 127; needs a model with pitch. @default its own */
  readonly note?: number;
  /** In semitones, -24 to 24. @default 0 */
  readonly transpose?: number;
  /** What becomes of the formants then. @default "keep" */
  readonly formants?: Formants;
  /** Starts from this sound; `evolution` says how far it goes from there. */
  readonly from?: StartRequest;
  /** Positions of the model's controls by name, -10 to 10. @default all 0 */
  readonly controls?: { readonly [name: string]: number };
  /** The same gesture, or the same place of a held sound, played again otherwise. @default 0 */
  readonly take?: number;
  /** Made by several models. @default by one */
  readonly blend?: BlendRequest;
  /** Played again as grains. */
  readonly grains?: Grains;
  /** Put into space, last of all. @default one channel */
  readonly space?: Space;
  /** Goes round without a seam, as long as these bars; `length` says nothing then. */
  readonly loop?: LoopTime;
}

/** A sound as a model hears it. */
export interface StartRequest {
  /** What people know it by. */
  readonly name: string;
  /** See `modelIdentity`: whose latents these are. */
  readonly model: string;
  /** Base64 of little-endian 32-bit floats, shape [rows, numbers of a row]. */
  readonly rows: string;
}

export interface BlendRequest {
  /** See `BlendMode`. */
  readonly mode: "audio" | "latent";
  readonly parts: readonly BlendRequestPart[];
}

export interface BlendRequestPart {
  readonly model: { readonly name: string; readonly sha256: string };
  /** Share of the whole, 0 to 1. */
  readonly weight: number;
}

const VERSION = 1;

const directionShape = fields<Direction>({
  azimuthDegrees: numberWithin(-36_000, 36_000),
  elevationDegrees: numberWithin(-180, 180),
});

const depth = v.exactOptional(numberWithin(0, 1));

const spaceShape: Shape<Space> = v.union([
  v.looseObject({
    kind: v.picklist(["stereo", "two-seeds"]),
    width: v.exactOptional(numberWithin(0, 1.5)),
    depth,
  }),
  v.looseObject({
    kind: v.picklist(["binaural", "ambisonic"]),
    azimuthDegrees: numberWithin(-360, 360),
    elevationDegrees: numberWithin(-90, 90),
    travel: v.exactOptional(directionShape),
    depth,
  }),
]);

const grainsShape = fields<Grains>({
  sizeMs: numberWithin(5, 1000),
  density: numberWithin(0.5, 500),
  spread: numberWithin(0, 1),
});

const loopShape: Shape<LoopTime> = fields<LoopTime>({
  bars: wholeNumber(1, 64),
  bpm: numberWithin(20, 400),
  beatsPerBar: wholeNumber(1, 32),
  beatUnit: wholeNumber(1, 32),
});

const START_LENGTH_MOST = 8_000_000;

const startShape: Shape<StartRequest> = fields<StartRequest>({
  name: v.string(),
  model: sha256,
  rows: v.pipe(v.string(), v.base64(), v.maxLength(START_LENGTH_MOST)),
});

const blendShape = fields<BlendRequest>({
  mode: v.picklist(["audio", "latent"]),
  parts: v.array(
    fields<BlendRequestPart>({
      model: fields<BlendRequestPart["model"]>({ name: v.string(), sha256 }),
      weight: numberWithin(0, 1),
    }),
  ),
});

const soundRequestFields = {
  version: v.literal(VERSION),
  seed: wholeNumber(0, SEEDS - 1),
  sampleRate: wholeNumber(1, 1_000_000),
  quality: v.picklist(["draft", "normal", "final"]),
  length: v.exactOptional(wholeNumber(1, 1e9)),
  mode: v.exactOptional(v.picklist(["gesture", "phrase", "sequence", "sustain", "walk"])),
  evolution: v.exactOptional(numberWithin(0, 1)),
  density: v.exactOptional(numberWithin(0.001, 1000)),
  variation: v.exactOptional(
    fields<Variation>({ seed: wholeNumber(0, SEEDS - 1), amount: numberWithin(0, 1) }),
  ),
  note: v.exactOptional(numberWithin(NOTES.least, NOTES.most)),
  transpose: v.exactOptional(numberWithin(-24, 24)),
  formants: v.exactOptional(v.picklist(["keep", "move"])),
  from: v.exactOptional(startShape),
  controls: v.exactOptional(v.record(v.string(), wholeNumber(-POSITION_MOST, POSITION_MOST))),
  blend: v.exactOptional(blendShape),
  grains: v.exactOptional(grainsShape),
  space: v.exactOptional(spaceShape),
  take: v.exactOptional(wholeNumber(0, 1000)),
  loop: v.exactOptional(loopShape),
};

export const soundRequestShape: Shape<SoundRequest> = fields<SoundRequest>(soundRequestFields);

/**
 * A request out of JSON.
 *
 * @param name What messages call it: "the request in bell-7.json".
 * @throws UserError "request-newer" or "request-damaged" (exit code 2).
 */
export function readSoundRequest(value: unknown, name: string): SoundRequest {
  const version = Object(value)["version"];
  if (typeof version === "number" && version > VERSION) {
    throw new UserError({
      code: "request-newer",
      message: `Cannot use ${name}: it has version ${version}, this program knows up to ${VERSION}`,
      hint: "Update etude.",
      exitCode: 2,
    });
  }
  const { value: request, problem } = checked(soundRequestShape, value);
  if (request !== undefined) return request;
  throw new UserError({
    code: "request-damaged",
    message: `Cannot use ${name}: ${problem}`,
    hint: "Correct it, or make the sound anew.",
    exitCode: 2,
  });
}

/** Fields that this program does not know: what they ask for would be missing from the sound. */
export function unknownFields(request: SoundRequest): string[] {
  return Object.keys(request).filter((key) => !Object.hasOwn(soundRequestFields, key));
}

/** What `generate` is asked for. */
export function generateOptions(request: SoundRequest): Omit<GenerateOptions, "onProgress"> {
  const { seed, sampleRate, quality, length, mode, evolution, density, take } = request;
  const { note, transpose, formants, controls, variation } = request;
  return {
    seed,
    sampleRate,
    quality,
    ...(length !== undefined && { length }),
    ...(mode !== undefined && { mode }),
    ...(evolution !== undefined && { evolution }),
    ...(density !== undefined && { density }),
    ...(variation !== undefined && { variation }),
    ...(note !== undefined && { note }),
    ...(transpose !== undefined && { transpose }),
    ...(formants !== undefined && { formants }),
    ...(controls !== undefined && { controls }),
    ...(take !== undefined && { take }),
  };
}

/** Generates a new sound from a model and a seed. */

import { UserError } from "../../errors.ts";
import { type Random, seededRandom } from "../../random.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { CorpusLatents, Model } from "../model/model-file.ts";
import type { Codec } from "./codec.ts";
import { type Composition, renderComposition } from "./composition.ts";
import type { Moves } from "./controls/apply.ts";
import { movedGestures } from "./controls/moved-gestures.ts";
import { movesOf, type Positions } from "./controls/positions.ts";
import { drawGesture, type GestureCorpus, nearPitch, newGesture } from "./gesture-path.ts";
import { gesturesOf } from "./gestures.ts";
import { loudnessOf } from "./loudness.ts";
import { octavesOfNote, playedGesture, stretched } from "./path-pitch.ts";
import { decodeGestures, type PlacedGesture } from "./performance.ts";
import { phrase, speaksInPhrases } from "./phrase.ts";
import { latentsFor } from "./render.ts";
import { sequence } from "./sequence.ts";
import { startedCorpus, startedFrom } from "./start.ts";
import { steadyPath } from "./steady-path.ts";
import { goToTake } from "./takes.ts";
import { textureAlong } from "./texture.ts";
import { unmovedSound } from "./unmoved-sound.ts";
import { type Variation, varied } from "./variation.ts";

/**
 * What is generated: one gesture of its own length, a phrase of them as in one recording, a sequence
 * of gestures, one sound that is held, or one that drifts through the corpus.
 */
export type GenerateMode = "gesture" | "phrase" | "sequence" | "sustain" | "walk";

export interface GenerateOptions {
  readonly seed: number;
  /** Of the result, in hertz. */
  readonly sampleRate: number;
  /** Exact length of the result, in samples. @default the length of the gesture or phrase */
  readonly length?: number;
  /**
   * @default "sequence" with a length; else "phrase" where most recordings are of several gestures,
   *   as sentences are, and "gesture" where they are not
   */
  readonly mode?: GenerateMode;
  /** How far the sound moves from its start, 0 to 1. @default 0.5 */
  readonly evolution?: number;
  /** Onset rate of a sequence, as a factor of the corpus' own, above 0. @default 1 */
  readonly density?: number;
  /** MIDI note, 1 to 127, that each gesture has: 69 is 440 Hz. Needs a model with pitch. */
  readonly note?: number;
  /** In semitones, -24 to 24, after `note`. @default 0 */
  readonly transpose?: number;
  /**
   * What becomes of the formants when the pitch is moved by `transpose`. "keep": only the partials
   * move, which needs a model with pitch; "move": the whole spectrum does, as on a tape, at the same
   * length. @default "keep"
   */
  readonly formants?: Formants;
  /** The same gesture, or the same place of a held sound, played again otherwise. @default 0 */
  readonly take?: number;
  /**
   * What the model hears in a sound to start from, shape [rows, latentSize]; `evolution` says how far
   * it goes from there. Not for "walk".
   */
  readonly start?: Float32Array;
  /** Positions of controls by name, whole numbers from -10 to 10; 0 changes no bit. @default all 0 */
  readonly controls?: Positions;
  /** A neighbour of the sound instead of the sound itself. */
  readonly variation?: Variation;
  readonly quality: PhaseQuality;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

export type Formants = "keep" | "move";

/** What a model needs to generate. */
export type Voice = Pick<Model, "weights" | "statistics" | "latents" | "analysis">;

/** Default length of a sound that is held or drifts. */
const HELD_SECONDS = 8;

/**
 * A new sound, mono, with its peak at -1 dB; the same for the same options.
 *
 * @throws RangeError where the model holds no latents of its corpus.
 */
export async function generate(
  codec: Codec,
  voice: Voice,
  { seed, ...options }: GenerateOptions,
): Promise<Sound> {
  const moves = movesAsked(voice, options);
  if (moves === undefined || options.start !== undefined) {
    return generateWith(codec, voice, { ...options, random: seededRandom(seed) });
  }
  const { onProgress: _, controls: __, ...rest } = options;
  const { quality, sampleRate } = rest;
  const { pitch, vibrato, character } = moves;
  const key = [seed, rest, pitch, vibrato, character && [...character]];
  const { composition, level } = await unmovedSound({ codec, voice, key, quality }, () =>
    compose({ codec, voice, moves }, { ...rest, random: seededRandom(seed) }),
  );
  const onProgress = (share: number): void => options.onProgress?.(share);
  const sound = await renderComposition(composition, { quality, moves, level, onProgress });
  return { ...sound, sampleRate };
}

/**
 * What `generate` decides and decodes before it renders; the same for the same options.
 *
 * @param options.moves What is moved before that, see `controls/apply.ts`; `controls` say nothing here.
 */
export function composed(
  codec: Codec,
  voice: Voice,
  { seed, moves, ...options }: GenerateOptions & { readonly moves?: Moves | undefined },
): Promise<Composition> {
  return compose({ codec, voice, moves }, { ...options, random: seededRandom(seed) });
}

type RandomOptions = Omit<GenerateOptions, "seed"> & { readonly random: Random };

/** The same with the caller's random numbers. */
export async function generateWith(
  codec: Codec,
  voice: Voice,
  options: RandomOptions,
): Promise<Sound> {
  const moves = movesAsked(voice, options);
  const composition = await compose({ codec, voice, moves }, options);
  const sound = await renderComposition(composition, {
    quality: options.quality,
    ...(moves && { moves }),
    onProgress: (share) => options.onProgress?.(share),
  });
  return { ...sound, sampleRate: options.sampleRate };
}

/**
 * How much faster a tape has to run for the whole spectrum to move. The sound is made as much
 * longer, at as much lower a rate.
 */
function tapeSpeed({
  transpose = 0,
  formants,
}: Pick<GenerateOptions, "transpose" | "formants">): number {
  return formants === "move" ? 2 ** (transpose / 12) : 1;
}

/** @throws UserError "model-without-pitch" (exit code 2). */
export function requirePitch(
  { conditions }: Codec,
  {
    note,
    transpose = 0,
    formants = "keep",
  }: Pick<GenerateOptions, "note" | "transpose" | "formants">,
): void {
  if (conditions.includes("pitch")) return;
  if (note === undefined && (transpose === 0 || formants === "move")) return;
  throw new UserError({
    code: "model-without-pitch",
    message: `Cannot ${note === undefined ? "move the pitch under the formants" : "play a note"}: the model has no pitch, because too few of its recordings have one or it is older`,
    hint:
      note === undefined
        ? "Add --formants move, which moves the whole spectrum, or train with --pitch yes."
        : "Train with --pitch yes, or transpose by --transpose N --formants move.",
    exitCode: 2,
  });
}

/** What the controls ask for; undefined where all are at 0. A held sound keeps its length. */
export function movesAsked(
  voice: Pick<Voice, "analysis">,
  { controls = {}, mode }: Pick<GenerateOptions, "controls" | "mode">,
): Moves | undefined {
  const moves = movesOf(voice.analysis, controls);
  const isHeld = mode === "sustain" || mode === "walk";
  return moves && isHeld ? { ...moves, decay: 0, length: 0 } : moves;
}

interface Composer {
  readonly codec: Codec;
  readonly voice: Voice;
  readonly moves: Moves | undefined;
}

/** Decides what is heard and decodes it. */
async function compose(composer: Composer, options: RandomOptions): Promise<Composition> {
  const { codec, voice } = composer;
  requirePitch(codec, options);
  const { length, random } = options;
  const speed = tapeSpeed(options);
  const sampleRate = options.sampleRate / speed;
  const { latents } = voice;
  const gestures = await pitchedGestures(composer, options);
  const decoded = await decodeGestures(gestures, {
    codec,
    model: voice,
    references: latents.references,
    textureAlong: (path) => textureOfPath(voice, path, codec),
  });
  const isHeld = options.mode === "sustain" || options.mode === "walk";
  const heldLength = isHeld ? { length: HELD_SECONDS * options.sampleRate } : {};
  return {
    gestures: decoded,
    randomState: random.state,
    sampleRate,
    ...(length === undefined ? heldLength : { length }),
  };
}

/** On the note that was asked for, transposed, and moved by what acts on paths. */
async function pitchedGestures(
  { codec, voice, moves }: Composer,
  options: RandomOptions,
): Promise<PlacedGesture[]> {
  const { note, transpose = 0, formants = "keep", mode } = options;
  const gestures = variedBy(options.variation, {
    gestures: await placedGestures(codec, voice, options),
    means: voice.latents.means,
    codec,
  });
  const asked = {
    transpose: formants === "keep" ? transpose : 0,
    ...(note !== undefined && { note }),
  };
  const speed = tapeSpeed(options);
  const onNote = gestures.map((gesture) => playedGesture(gesture, codec, asked));
  const moving = movedGestures(onNote, codec, {
    move: moves,
    isHeld: mode === "sustain" || mode === "walk",
  });
  const atSpeed = (path: Float32Array): Float32Array =>
    speed === 1 ? path : stretched(path, codec.latentSize, speed);
  return moving.map(({ path, atSeconds, unmovedPath, ...gesture }) => ({
    ...gesture,
    path: atSpeed(path),
    ...(unmovedPath && { unmovedPath: atSpeed(unmovedPath) }),
    atSeconds: atSeconds * speed,
  }));
}

function latentRate({ framesPerLatent }: Codec): number {
  return MODEL_RATE_HZ / defaultStft.hopLength / framesPerLatent;
}

/**
 * The gestures of a model's recordings.
 *
 * @throws RangeError where there are none.
 */
export async function voiceCorpus(codec: Codec, voice: Voice): Promise<GestureCorpus> {
  const latents = await withLoudness(codec, voice);
  const gestures = gesturesOf(latents, { latentsPerSecond: latentRate(codec) });
  const { latentSize: size, conditions } = codec;
  if (gestures.length > 0) return { vectors: latents.means, size, conditions, gestures };
  throw new RangeError("Cannot generate: the model holds no latents of recordings");
}

/** What a sound is where nothing is asked of it. */
export type UsualMode = Extract<GenerateMode, "gesture" | "phrase">;

export async function usualModeOf(codec: Codec, voice: Voice): Promise<UsualMode> {
  if (voice.latents.lengths.length === 0) return "gesture";
  const inPhrases = speaksInPhrases(await voiceCorpus(codec, voice), latentRate(codec));
  return inPhrases ? "phrase" : "gesture";
}

/** Conditions such as the pitch stay: a neighbour is on the same note. */
function variedBy(
  variation: Variation | undefined,
  {
    gestures,
    means,
    codec,
  }: {
    readonly gestures: PlacedGesture[];
    readonly means: Float32Array;
    readonly codec: Codec;
  },
): PlacedGesture[] {
  if (variation === undefined) return gestures;
  const { latentSize: size, conditions } = codec;
  return varied(gestures, variation, { means, size, kept: conditions.length });
}

async function placedGestures(
  codec: Codec,
  voice: Voice,
  options: RandomOptions,
): Promise<PlacedGesture[]> {
  const { length, sampleRate, random, evolution = 0.5, density = 1, take = 0 } = options;
  const latentsPerSecond = latentRate(codec);
  const recorded = await voiceCorpus(codec, voice);
  const mode = options.mode ?? modeWithout(recorded, { ...options, latentsPerSecond });
  const given =
    options.start &&
    (await startedCorpus(recorded, { codec, model: voice, rows: options.start, latentsPerSecond }));
  if (given !== undefined) goToTake(random, take);
  const all = given ?? recorded;
  const { note } = options;
  const near = note === undefined ? all : nearPitch(all, octavesOfNote(note));
  const corpus = near.gestures.length > 0 ? near : all;
  const seconds = length === undefined ? undefined : length / sampleRate;
  if (mode === "sustain" || mode === "walk") {
    const path = steadyPath(given === undefined ? corpus : { ...given, gestures: given.started }, {
      length: latentsFor(seconds ?? HELD_SECONDS, codec.framesPerLatent),
      latentsPerSecond,
      evolution,
      drifts: mode === "walk",
      take,
      random,
    });
    const [first] = corpus.gestures;
    return [{ path, lead: { ...first!, file: -1, hasOnset: true, hasEnd: true }, atSeconds: 0 }];
  }
  const begun = given && startedFrom(given, { evolution, latentsPerSecond, random });
  if (mode !== "sequence" || seconds === undefined) {
    if (begun !== undefined) return begun;
    const lead = drawGesture(corpus, random);
    goToTake(random, take);
    if (mode === "phrase") return phrase(corpus, { lead, latentsPerSecond, random });
    return [{ ...newGesture(corpus, lead, random), atSeconds: 0 }];
  }
  const timing = { seconds, latentsPerSecond, evolution, density, random };
  return sequence(corpus, { ...timing, ...(begun && { begun }) });
}

/** What is made where no mode is asked for. A note that is asked for is one gesture. */
function modeWithout(
  corpus: GestureCorpus,
  {
    length,
    note,
    latentsPerSecond,
  }: Pick<GenerateOptions, "length" | "note"> & { readonly latentsPerSecond: number },
): GenerateMode {
  if (length !== undefined) return "sequence";
  return note === undefined && speaksInPhrases(corpus, latentsPerSecond) ? "phrase" : "gesture";
}

function textureOfPath({ latents }: Voice, path: Float32Array, codec: Codec): Float32Array {
  const { means, texture } = latents;
  return textureAlong(path, { vectors: means, size: codec.latentSize, texture });
}

/**
 * The latents of the recordings with their loudness. For models without it, it is measured once on
 * the decoded latents.
 */
export async function withLoudness(codec: Codec, voice: Voice): Promise<CorpusLatents> {
  const { latents } = voice;
  if (latents.loudness.length > 0) return latents;
  const known = asked.get(latents) ?? decodedLoudness(codec, voice);
  asked.set(latents, known);
  return { ...latents, loudness: await known };
}

const asked = new WeakMap<CorpusLatents, Promise<Float32Array>>();

async function decodedLoudness(codec: Codec, voice: Voice): Promise<Float32Array> {
  const { latentSize, framesPerLatent } = codec;
  const { means } = voice.latents;
  const levels = await codec.decode(voice, means, (means.length / latentSize) * framesPerLatent);
  return loudnessOf(levels, framesPerLatent);
}

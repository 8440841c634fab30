/**
 * Generates loops: sounds that go round, of an exact length in bars.
 *
 * Nothing is cut or cross-faded at the seam, for there is none. A held or drifting sound is a path
 * that comes back to its beginning, decoded and given its phases on a circle. A rhythm is a sequence
 * of gestures on the sixteenths of its bars, each rendered whole and laid round the circle: what
 * rings on past the end rings on at the beginning.
 */

import { fillNormal, type Random, seededRandom } from "../../../random.ts";
import type { Circle } from "../../audio/circle/circle.ts";
import { stftOnCircle } from "../../audio/circle/circle.ts";
import { lowPassRound, resampledRound, wrapped } from "../../audio/circle/circle-resample.ts";
import { soundOnCircle } from "../../audio/circle/circle-sound.ts";
import { fastPlan } from "../../audio/packed-fourier.ts";
import { phaseQualities } from "../../audio/phase.ts";
import type { Sound } from "../../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { CEILING_DB, levelled } from "../../audio/true-peak.ts";
import { BIN_COUNT } from "../../model/bands.ts";
import { magnitudesOfLevels } from "../../model/sound-frames.ts";
import type { Codec } from "../codec.ts";
import type { Moves } from "../controls/apply.ts";
import { movedGestures, movedNote } from "../controls/moved-gestures.ts";
import { movedFrames } from "../controls/moved-sound.ts";
import { type PathTime, VIBRATO_HZ } from "../controls/path-moves.ts";
import { movesOf } from "../controls/positions.ts";
import { decodedNote, type NotePath } from "../decoded-note.ts";
import { type GenerateOptions, requirePitch, type Voice, withLoudness } from "../generate.ts";
import { drawGesture, type GestureCorpus, newGesture } from "../gesture-path.ts";
import { gesturesOf } from "../gestures.ts";
import { isLowTone, soundLowTonesRound } from "../low-tones.ts";
import { playedGesture } from "../path-pitch.ts";
import { decodeGestures, type PlacedGesture, perform } from "../performance.ts";
import { phrase } from "../phrase.ts";
import { HIGHEST } from "../render.ts";
import { type SequenceOptions, sequence } from "../sequence.ts";
import { noiseOfSpectra, roughened, textureAlong } from "../texture.ts";
import { tunedPartials } from "../tuned-partials.ts";
import { type LoopTime, loopLength, loopSeconds } from "./loop-time.ts";
import { ringPath } from "./ring-path.ts";

/** In a loop the formants always stay: a tape at another speed would change its length. */
export interface LoopOptions extends Omit<GenerateOptions, "length" | "formants"> {
  readonly loop: LoopTime;
}

/** Vectors beyond both ends with which a ring is decoded: more than any model sees at a time. */
const CONTEXT_LATENTS = 8;

/**
 * A new loop, mono, of `loopLength` samples, with its true peak at -1 dB; the same for the same options.
 *
 * @throws RangeError where the model holds no latents of its corpus.
 */
export async function generateLoop(
  codec: Codec,
  voice: Voice,
  options: LoopOptions,
): Promise<Sound> {
  const { loop, sampleRate, mode = "sequence" } = options;
  requirePitch(codec, options);
  const random = seededRandom(options.seed);
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / codec.framesPerLatent;
  const latents = await withLoudness(codec, voice);
  const corpus = {
    vectors: latents.means,
    size: codec.latentSize,
    conditions: codec.conditions,
    gestures: gesturesOf(latents, { latentsPerSecond }),
  };
  if (corpus.gestures.length === 0) {
    throw new RangeError("Cannot generate: the model holds no latents of recordings");
  }
  const tools = { codec, voice, corpus, latentsPerSecond, random };
  const round =
    mode === "sustain" || mode === "walk"
      ? await heldRound(tools, { ...options, mode })
      : await rhythmRound(tools, { ...options, mode });
  const clean = resampledRound(lowPassRound(round, HIGHEST), loopLength(loop, sampleRate));
  return levelled({ sampleRate, channels: [clean] }, CEILING_DB);
}

interface Tools {
  readonly codec: Codec;
  readonly voice: Voice;
  readonly corpus: GestureCorpus;
  readonly latentsPerSecond: number;
  readonly random: Random;
}

type RhythmMode = "gesture" | "phrase" | "sequence";

/** One round of gestures, at MODEL_RATE_HZ. */
async function rhythmRound(
  { codec, voice, corpus, latentsPerSecond, random }: Tools,
  options: LoopOptions & { readonly mode: RhythmMode },
): Promise<Float32Array> {
  const { loop, mode, evolution = 0.5, density = 1, quality } = options;
  const seconds = loopSeconds(loop);
  const moves = movesOf(voice.analysis, options.controls ?? {});
  const placed = placedOnce(
    { corpus, latentsPerSecond, random },
    { mode, seconds, evolution, density },
  );
  const onNote = placed.map((gesture) => playedGesture(gesture, codec, options));
  const onPitch = movedGestures(onNote, codec, { move: moves, isHeld: false });
  const decoded = await decodeGestures(onGrid(onPitch, loop), {
    codec,
    model: voice,
    references: voice.latents.references,
    textureAlong: (path) => textureOfPath(voice, path, codec),
  });
  const samples = await perform(decoded, {
    quality,
    random,
    ...(moves && { moves }),
    onProgress: (share) => options.onProgress?.(share),
  });
  return wrapped(samples, loopLength(loop, MODEL_RATE_HZ));
}

function placedOnce(
  { corpus, latentsPerSecond, random }: Pick<Tools, "corpus" | "latentsPerSecond" | "random">,
  {
    mode,
    ...timing
  }: Pick<SequenceOptions, "seconds" | "evolution" | "density"> & { readonly mode: RhythmMode },
): PlacedGesture[] {
  if (mode === "sequence") return sequence(corpus, { ...timing, latentsPerSecond, random });
  const lead = drawGesture(corpus, random);
  if (mode === "phrase") return phrase(corpus, { lead, latentsPerSecond, random });
  return [{ ...newGesture(corpus, lead, random), atSeconds: 0 }];
}

/** Gestures moved to the nearest sixteenth; of several on one, the first stays. */
export function onGrid(gestures: readonly PlacedGesture[], loop: LoopTime): PlacedGesture[] {
  const step = (SIXTEENTH * 60) / loop.bpm;
  const count = Math.max(1, Math.floor(loopSeconds(loop) / step + 1e-6));
  const taken = new Set<number>();
  return gestures.flatMap((gesture) => {
    const place = Math.round(gesture.atSeconds / step) % count;
    if (taken.has(place)) return [];
    taken.add(place);
    return [{ ...gesture, atSeconds: place * step }];
  });
}

/** In quarter notes. */
const SIXTEENTH = 1 / 4;

/** One round of a sound that is held or drifts, at MODEL_RATE_HZ. */
async function heldRound(
  { codec, voice, corpus, latentsPerSecond, random }: Tools,
  options: LoopOptions & { readonly mode: "sustain" | "walk" },
): Promise<Float32Array> {
  const { loop, mode, evolution = 0.5, quality } = options;
  const { framesPerLatent } = codec;
  const circumference = loopLength(loop, MODEL_RATE_HZ);
  const { frameLength, hopLength } = defaultStft;
  const latentCount = Math.max(1, Math.round(circumference / hopLength / framesPerLatent));
  const ring = ringPath(corpus, {
    length: latentCount,
    latentsPerSecond,
    evolution,
    drifts: mode === "walk",
    random,
  });
  const moves = movesOf(voice.analysis, options.controls ?? {});
  const onNote = playedGesture({ path: ring }, codec, options);
  const note = movedRing(onNote, codec, { moves, time: { latentsPerSecond } });
  const circle: Circle = { circumference, frameCount: latentCount * framesPerLatent, frameLength };
  const decoded = {
    ...(await decodedNote(note, codec, {
      texture: textureOfPath(voice, note.path, codec),
      decode: (rows) => decodedRound(codec, voice, rows),
    })),
    framesPerLatent,
  };
  // What moves the beginning, the length or the level of a sound has no hold on one that goes round.
  const { levels, texture } = moves
    ? movedFrames(decoded, { ...moves, attack: 0, decay: 0, length: 0 })
    : decoded;
  const noise = stftOnCircle(fillNormal(random, new Float32Array(circumference)), circle);
  const rough = roughened(levels, texture, { framesPerLatent, noise: noiseOfSpectra(noise) });
  const { pitches } = decoded;
  if (pitches?.some(isLowTone)) {
    soundLowTonesRound({ smooth: levels, ...rough }, { framesPerLatent, pitches }, circle);
  }
  return soundOnCircle(magnitudesOfLevels(rough.levels), circle, {
    random,
    ...phaseQualities[quality],
    knownPhases: rough.phases,
    plan: await fastPlan(frameLength),
    onStep: (done, total) => options.onProgress?.(done / total),
  });
}

/** With a vibrato that goes round as well. */
function movedRing(
  note: NotePath,
  codec: Codec,
  { moves, time }: { readonly moves: Moves | undefined; readonly time: PathTime },
): NotePath {
  if (moves === undefined) return note;
  const seconds = note.path.length / codec.latentSize / time.latentsPerSecond;
  const vibratoHz = Math.max(1, Math.round(VIBRATO_HZ * seconds)) / seconds;
  return movedNote(note, codec, { move: moves, time: { ...time, vibratoHz } });
}

/** The frames of a path that goes round: it is decoded with its other end beyond either end. */
async function decodedRound(codec: Codec, voice: Voice, path: Float32Array): Promise<Float32Array> {
  const { latentSize, framesPerLatent } = codec;
  const length = path.length / latentSize;
  const wide = new Float32Array((length + 2 * CONTEXT_LATENTS) * latentSize);
  for (let t = 0; t < length + 2 * CONTEXT_LATENTS; t += 1) {
    const row = (((t - CONTEXT_LATENTS) % length) + length) % length;
    wide.set(path.subarray(row * latentSize, (row + 1) * latentSize), t * latentSize);
  }
  const from = CONTEXT_LATENTS * framesPerLatent * BIN_COUNT;
  const size = length * framesPerLatent * BIN_COUNT;
  const frameCount = (length + 2 * CONTEXT_LATENTS) * framesPerLatent;
  const levels = tunedPartials(await codec.decode(voice, wide, frameCount), wide, codec);
  return levels.slice(from, from + size);
}

function textureOfPath({ latents }: Voice, path: Float32Array, codec: Codec): Float32Array {
  const { means, texture } = latents;
  return textureAlong(path, { vectors: means, size: codec.latentSize, texture });
}

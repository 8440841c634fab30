/**
 * Converts sound to the frames that models work on, and back.
 *
 * A frame is a row of 1025 levels in decibels below the loudest mel band of its file, so
 * that every file uses the whole scale however loud it was recorded. Within a file,
 * dynamics stay as they are.
 */

import { bandPower, type FilterBank } from "../audio/filter-bank.ts";
import { melBank } from "../audio/mel.ts";
import { FRAMES_A_PIECE, type InPieces, partOf, wholeOf } from "../audio/on-share.ts";
import { type PhaseOptions, soundFromMagnitudes } from "../audio/phase.ts";
import { trackPitchInPieces } from "../audio/pitch/pitch.ts";
import { MODEL_RATE_HZ, type Spectrogram } from "../audio/spectrogram.ts";
import { magnitudesInPieces } from "../audio/stft.ts";
import { BIN_COUNT, MEL_BANDS } from "./bands.ts";
import { conditionsOfPitch } from "./conditions.ts";

/** Levels are not stored below this; the floor of wide bands lies at about -90 dB. */
export const LEVEL_MIN_DB = -96;

/** Levels of a sound over time and frequency. */
export interface SoundFrames {
  readonly frameCount: number;
  /** Decibels, shape [frameCount, BIN_COUNT], in [LEVEL_MIN_DB, about 0]. */
  readonly levels: Float32Array;
  /** Magnitude of 0 dB. */
  readonly reference: number;
}

/** The frames of a recording, and what is heard in them by name. */
export interface HeardFrames extends SoundFrames {
  /** Pitch and voicing, shape [frameCount, CONDITION_COUNT]: see conditions.ts. */
  readonly conditions: Float32Array;
}

const NEPERS_PER_DB = Math.LN10 / 20;

/**
 * The frames of a sound: 93.75 a second, each with 1025 levels from 0 Hz to 24 kHz.
 *
 * @param mono Samples at MODEL_RATE_HZ, shape [time]; any length, zero too (one silent frame).
 * @returns Levels in decibels below the loudest mel band, from -96, shape [frameCount, 1025].
 * @example
 * const { frameCount, levels } = framesOfSound(mono);
 * const loudnessAt = (frame, bin) => levels[frame * (levels.length / frameCount) + bin];
 */
export function framesOfSound(mono: Float32Array): HeardFrames {
  return wholeOf(framesInPieces(mono));
}

/** As `framesOfSound`, for sounds that take long. */
export function* framesInPieces(mono: Float32Array): InPieces<HeardFrames> {
  const spectra = yield* partOf(magnitudesInPieces(mono), 0, 0.3);
  const track = yield* partOf(trackPitchInPieces(mono, spectra), 0.3, 0.8);
  const conditions = conditionsOfPitch(track);
  const reference = (yield* partOf(loudestBand(spectra), 0.8, 0.9)) || 1;
  // In place: the frames of an hour take a gigabyte and a half.
  const { data: levels, frameCount } = spectra;
  const least = reference * Math.exp(LEVEL_MIN_DB * NEPERS_PER_DB);
  const offset = Math.log(reference);
  for (const [start, end] of piecesOf(spectra)) {
    if (start > 0) yield 0.9 + (0.1 * start) / levels.length;
    for (let i = start; i < end; i += 1) {
      const value = levels[i]!;
      levels[i] = value > least ? (Math.log(value) - offset) / NEPERS_PER_DB : LEVEL_MIN_DB;
    }
  }
  return { frameCount, levels, reference, conditions };
}

/** Parts of the numbers of whole frames, [start, end). */
function* piecesOf({ frameCount }: { readonly frameCount: number }): Generator<[number, number]> {
  for (let start = 0; start < frameCount; start += FRAMES_A_PIECE) {
    const end = Math.min(frameCount, start + FRAMES_A_PIECE);
    yield [start * BIN_COUNT, end * BIN_COUNT];
  }
}

/**
 * The inverse, with reconstructed phase: see `soundFromMagnitudes`.
 *
 * @returns Mono samples at MODEL_RATE_HZ, shape [options.length].
 * @throws RangeError if the frames do not have as many levels as a frame of the model has.
 * @example
 * const back = soundOfFrames(frames, { length: mono.length, random: seededRandom(1) });
 */
export function soundOfFrames(
  { levels, reference }: SoundFrames,
  options: PhaseOptions,
): Float32Array {
  return soundFromMagnitudes(magnitudesOfLevels(levels, reference), options);
}

/**
 * @param levels Decibels, shape [frames, BIN_COUNT].
 * @param reference Magnitude of 0 dB.
 */
export function magnitudesOfLevels(levels: Float32Array, reference = 1): Spectrogram {
  const data = new Float32Array(levels.length);
  for (let i = 0; i < data.length; i += 1) {
    const level = levels[i]!;
    data[i] = level > LEVEL_MIN_DB ? reference * Math.exp(level * NEPERS_PER_DB) : 0;
  }
  return { frameCount: data.length / BIN_COUNT, binCount: BIN_COUNT, data };
}

let bank: FilterBank | undefined;

/** Root of the largest power in any mel band of any frame. */
function* loudestBand(spectra: Spectrogram): InPieces<number> {
  bank ??= melBank({
    bandCount: MEL_BANDS,
    binCount: BIN_COUNT,
    sampleRateHz: MODEL_RATE_HZ,
    scale: "htk",
    norm: "peak",
  });
  let largest = 0;
  for (const [start, end] of piecesOf(spectra)) {
    if (start > 0) yield start / spectra.data.length;
    const part = { ...spectra, data: spectra.data.subarray(start, end) };
    const { data } = bandPower(bank, { ...part, frameCount: (end - start) / BIN_COUNT });
    for (let i = 0; i < data.length; i += 1) largest = Math.max(largest, data[i]!);
  }
  return Math.sqrt(largest);
}

/** The frames of a sound in a quarter of the memory: levels in 255 steps of 0.38 dB. */
export interface PackedFrames {
  readonly frameCount: number;
  /** Magnitude of 0 dB, as in `SoundFrames`. */
  readonly reference: number;
  /** 0 is LEVEL_MIN_DB, 255 is 0 dB; shape [frameCount, BIN_COUNT]. */
  readonly steps: Uint8Array;
  /** As in `HeardFrames`. */
  readonly conditions: Float32Array;
}

const STEPS_PER_DB = 255 / -LEVEL_MIN_DB;

export function packFrames(frames: HeardFrames): PackedFrames {
  return wholeOf(packInPieces(frames));
}

/** As `packFrames`, for sounds that take long. */
export function* packInPieces(frames: HeardFrames): InPieces<PackedFrames> {
  const { frameCount, levels, reference, conditions } = frames;
  const steps = new Uint8Array(levels.length);
  for (const [start, end] of piecesOf(frames)) {
    if (start > 0) yield start / levels.length;
    steps.set(packLevels(levels.subarray(start, end)), start);
  }
  return { frameCount, reference, steps, conditions };
}

/** Decibels as steps of a byte, see `PackedFrames`. */
export function packLevels(levels: Float32Array): Uint8Array {
  const steps = new Uint8Array(levels.length);
  for (let i = 0; i < steps.length; i += 1) {
    const step = Math.round((levels[i]! - LEVEL_MIN_DB) * STEPS_PER_DB);
    steps[i] = Math.min(255, Math.max(0, step));
  }
  return steps;
}

/** Decibels of frames [start, start + count) into `out`, shape [count, BIN_COUNT]. */
export function unpackFrames(
  { steps }: Pick<PackedFrames, "steps">,
  [start, count]: readonly [number, number],
  out: Float32Array,
): void {
  const from = start * BIN_COUNT;
  for (let i = 0; i < count * BIN_COUNT; i += 1) {
    out[i] = steps[from + i]! / STEPS_PER_DB + LEVEL_MIN_DB;
  }
}

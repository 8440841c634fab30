/**
 * Latent vectors -> sound, one vector (43 ms) at a time.
 *
 * The vectors after one are passed with it as far as they are known, because the decoder looks at
 * neighbours on both sides; those before it are remembered. Weights can change between vectors:
 * the first frames of the new ones are reached by a glide.
 */

import { seededRandom } from "../../../random.ts";
import { type LiveSound, liveSound } from "../../audio/live/live-sound.ts";
import type { PackedPlan } from "../../audio/packed-fourier.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { BIN_COUNT } from "../../model/bands.ts";
import { LEVEL_MIN_DB } from "../../model/sound-frames.ts";
import type { FramePitch } from "../controls/hollow.ts";
import { keepFormants } from "../kept-formants.ts";
import { lowPitchBetween, openLowTones, placeInVector } from "../low-tones.ts";
import { transposed } from "../path-pitch.ts";
import { deepenValleys } from "../raised-valleys.ts";
import { type NoiseSource, roughenFrame } from "../texture.ts";
import { tunedPartials } from "../tuned-partials.ts";
import { whiteNoise } from "../white-noise.ts";
import type { GroupDecoder } from "./group-decoder.ts";

/** One latent vector of a path, and what it needs to sound. */
export interface LiveMoment {
  /** It and the vectors that will follow it, as far as they are known; at least itself. */
  readonly rows: readonly Float32Array[];
  /** How rough it is, shape [TEXTURE_BANDS]. */
  readonly texture: Float32Array;
  /** Magnitude of 0 dB. */
  readonly reference: number;
  /** Of the vector and of the next one, if that is known. @default unknown, as without pitch */
  readonly pitches?: readonly FramePitch[];
  /**
   * Changes decoded levels in place before they sound.
   *
   * @param levels Decibels, shape [framesPerLatent, BIN_COUNT].
   * @param texture A copy of `texture`.
   */
  move?(levels: Float32Array, texture: Float32Array): void;
}

export interface LiveDecoder {
  /**
   * Decodes the next vector.
   *
   * @returns The next samples at MODEL_RATE_HZ, for most vectors framesPerLatent * 512 of them;
   *   `delayLength` fewer at the start.
   */
  next(moment: LiveMoment): Promise<Float32Array<ArrayBuffer>>;
  /** Samples that the first vectors give too few. Vectors of silence at the end bring them. */
  readonly delayLength: number;
  /** Decodes with another model or other weights from the next vector on. */
  use(decoder: GroupDecoder): void;
}

export interface LiveDecoderOptions {
  /** Draws the noise and what magnitudes leave open. */
  readonly seed: number;
  /** Of defaultStft.frameLength samples; decoders of one thread may share it. */
  readonly plan: PackedPlan;
}

export function openLiveDecoder(
  first: GroupDecoder,
  { seed, plan }: LiveDecoderOptions,
): LiveDecoder {
  // Noise of its own: the same as an offline render of this seed has.
  const noise = whiteNoise(seededRandom(seed), plan, defaultStft);
  const sound = liveSound({ random: seededRandom(seed + 1), plan });
  const frames = openFrames(sound, noise);
  let decoder = first;
  let past: readonly Float32Array[] = [];
  let last: Float32Array | undefined;
  let lastPitch: FramePitch | undefined;
  let glides = false;
  return {
    delayLength: sound.delayFrames * defaultStft.hopLength,
    use: (other) => {
      glides = last !== undefined;
      // Vectors of another size mean something else.
      if (other.latentSize !== decoder.latentSize) past = [];
      decoder = other;
    },
    next: async (moment) => {
      const { framesPerLatent, reach } = decoder;
      const window = windowOf(decoder, past, moment.rows);
      const levels = await tunedFrames(decoder, window);
      past = [...past, moment.rows[0]!].slice(-reach);
      if (glides && last !== undefined) glide(levels, last);
      glides = false;
      last = levels.slice(-BIN_COUNT);
      const texture = moment.texture.slice();
      const [own, after] = moment.pitches ?? [];
      if (own !== undefined) await keepNote({ levels, texture }, { own, window, decoder });
      moment.move?.(levels, texture);
      const pitches = { before: lastPitch, own, after };
      lastPitch = own;
      return frames(levels, { texture, reference: moment.reference, framesPerLatent, pitches });
    },
  };
}

// --- internal ---

async function tunedFrames(decoder: GroupDecoder, window: Float32Array): Promise<Float32Array> {
  const firstFrame = decoder.reach * decoder.framesPerLatent;
  return tunedPartials(await decoder.decode(window), window, { ...decoder, firstFrame });
}

/** A note that is moved by less keeps its formants well enough without being decoded twice. */
const MOVED_OCTAVES = 1 / 6;

interface MovedNote {
  readonly own: FramePitch;
  /** The decoder's input. */
  readonly window: Float32Array;
  readonly decoder: GroupDecoder;
}

/** The formants and the clear valleys of a note that is moved: what `tuneFrames` does offline. */
async function keepNote(
  note: { readonly levels: Float32Array; readonly texture: Float32Array },
  { own, window, decoder }: MovedNote,
): Promise<void> {
  const { raisedBy = 0 } = own;
  if (Math.abs(raisedBy) > MOVED_OCTAVES) {
    const still = transposed(window, decoder, -12 * raisedBy);
    keepFormants(note, await tunedFrames(decoder, still), own);
  }
  deepenValleys(note.levels, own);
}

interface Sounding {
  readonly texture: Float32Array;
  readonly reference: number;
  readonly framesPerLatent: number;
  /** Of the vector and its neighbours, where they have one. */
  readonly pitches: { readonly [V in "before" | "own" | "after"]: FramePitch | undefined };
}

/** Decibels -> samples. */
function openFrames(
  sound: LiveSound,
  noise: NoiseSource,
): (levels: Float32Array, how: Sounding) => Float32Array<ArrayBuffer> {
  const phases = new Float32Array(BIN_COUNT);
  const magnitudes = new Float32Array(BIN_COUNT);
  const soundLowTone = openLowTones();
  return (levels, { texture, reference, framesPerLatent, pitches }) => {
    const out = new Float32Array(framesPerLatent * defaultStft.hopLength);
    let length = 0;
    for (let frame = 0; frame < framesPerLatent; frame += 1) {
      const row = levels.subarray(frame * BIN_COUNT, (frame + 1) * BIN_COUNT);
      const { side, share } = placeInVector(frame, framesPerLatent);
      const pitch = lowPitchBetween(pitches.own, pitches[side < 0 ? "before" : "after"], share);
      const smooth = pitch === undefined ? row : row.slice();
      roughenFrame({ levels: row, phases }, texture, noise);
      soundLowTone({ smooth, levels: row, phases }, pitch);
      for (let bin = 0; bin < BIN_COUNT; bin += 1) {
        const level = row[bin]!;
        const audible = level > LEVEL_MIN_DB ? Math.exp(level * NEPERS_PER_DB) : 0;
        magnitudes[bin] = reference * airGains[bin]! * audible;
      }
      const samples = sound.push(magnitudes, phases);
      out.set(samples, length);
      length += samples.length;
    }
    return out.subarray(0, length);
  };
}

const NEPERS_PER_DB = Math.LN10 / 20;

/** As in every sound that is exported, nothing is left above 20 kHz: see `render.ts`. */
const AIR = { passHz: 18_500, stopHz: 20_000 } as const;

const airGains = Float32Array.from({ length: BIN_COUNT }, (_, bin) => {
  const hertz = (bin * MODEL_RATE_HZ) / defaultStft.frameLength;
  const above = (hertz - AIR.passHz) / (AIR.stopHz - AIR.passHz);
  return Math.min(1, Math.max(0, 1 - above));
});

/** The decoder's input: past, present, future; the nearest again where there is none. */
function windowOf(
  { latentSize, reach }: GroupDecoder,
  past: readonly Float32Array[],
  rows: readonly Float32Array[],
): Float32Array {
  const known = [...past.slice(-reach), ...rows.slice(0, reach + 1)];
  const here = Math.min(reach, past.length);
  const window = new Float32Array((2 * reach + 1) * latentSize);
  for (let i = 0; i <= 2 * reach; i += 1) {
    const place = Math.min(known.length - 1, Math.max(0, here + i - reach));
    window.set(known[place]!, i * latentSize);
  }
  return window;
}

/** Frames that begin where the frame before them was, and end where they are. */
function glide(levels: Float32Array, before: Float32Array): void {
  const frameCount = levels.length / BIN_COUNT;
  for (let i = 0; i < levels.length; i += 1) {
    const share = (Math.floor(i / BIN_COUNT) + 1) / (frameCount + 1);
    levels[i] = share * levels[i]! + (1 - share) * before[i % BIN_COUNT]!;
  }
}

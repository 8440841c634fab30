/** A model together with the programs that run it: what a program makes sounds with. */

import { SEEDS, seededRandom } from "../../random.ts";
import { chooseMix, mixInPlace } from "../audio/corpus/mix.ts";
import { peakOfChannels } from "../audio/level.ts";
import type { PhaseQuality } from "../audio/phase.ts";
import { resample } from "../audio/resample.ts";
import { durationSeconds, lengthOf, type Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Model } from "../model/model-file.ts";
import { framesOfSound } from "../model/sound-frames.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { type Codec, type LatentPath, openCodec } from "./codec.ts";
import { type GenerateMode, generate } from "./generate.ts";
import { latentsFor, render } from "./render.ts";

/** A model that makes sounds. Close it with `release`. */
export interface SoundModel {
  readonly model: Model;
  readonly codec: Codec;
  /** Latent vectors that a second of sound becomes. */
  readonly latentsPerSecond: number;
  /**
   * Makes a new sound; the same for the same options.
   *
   * @returns One channel with its peak at -1 dB.
   * @throws RangeError for options out of range, and where the model remembers no recordings.
   */
  generate(options?: MakeOptions): Promise<Sound>;
  /**
   * What the model hears in a sound, of any rate and number of channels.
   *
   * @throws RangeError for a sound without samples.
   */
  encode(sound: Sound): Promise<EncodedSound>;
  /**
   * Sound of latent vectors, encoded ones or others of the same shape.
   *
   * @returns One channel, as long and as loud as `encoded` says.
   * @throws RangeError for options out of range, and for too few vectors for the duration.
   */
  decode(encoded: EncodedSound, options?: DecodeOptions): Promise<Sound>;
  /** Gives the programs' memory back; nothing else works afterwards. */
  release(): Promise<void>;
}

/** How a path becomes a sound. */
export interface DecodeOptions {
  /** Draws what the model leaves open: a whole number from 0 to 2^32 - 1. @default 1 */
  readonly seed?: number;
  /** Of the result, in hertz: a whole number from 1 on. @default 48000 */
  readonly sampleRate?: number;
  /** How much work goes into the phases. @default "normal" */
  readonly quality?: PhaseQuality;
  /** @param share Of the work that is done, from 0 to 1. */
  onProgress?(share: number): void;
}

/** What a new sound is to be. */
export interface MakeOptions extends DecodeOptions {
  /** Above 0. @default as long as a gesture of the recordings */
  readonly durationSeconds?: number;
  /** @default see `GenerateOptions` */
  readonly mode?: GenerateMode;
  /** How far the sound goes from where it began, 0 to 1. @default 0.5 */
  readonly evolution?: number;
  /** Onsets a second in a sequence, as a factor of the recordings' own, above 0. @default 1 */
  readonly density?: number;
}

/** What a model makes of a recording. */
export interface EncodedSound extends LatentPath {
  readonly durationSeconds: number;
  /** The largest sample, in dB below full scale; -Infinity for silence. */
  readonly peakDb: number;
}

/**
 * Compiles the programs of a model, so that it can make sounds.
 *
 * @param runtime What runs the model; it must stay open until `release`.
 * @throws What the runtime throws where it cannot compile the model.
 * @example
 * const model = await openSoundModel(await readModel(bytes, "bells"), runtime);
 * const { sampleRate, channels } = await model.generate({ durationSeconds: 2 });
 */
export async function openSoundModel(model: Model, runtime: Runtime): Promise<SoundModel> {
  const codec = await openCodec(runtime, model.recipe, model.layout);
  return {
    model,
    codec,
    latentsPerSecond: MODEL_RATE_HZ / defaultStft.hopLength / codec.framesPerLatent,
    generate: async (options = {}) => {
      const { durationSeconds: seconds, mode, evolution, density } = options;
      const { seed, sampleRate, quality, onProgress } = checked(options);
      if (seconds !== undefined) requireAbove0("durationSeconds", seconds);
      if (density !== undefined) requireAbove0("density", density);
      if (evolution !== undefined) requireShare("evolution", evolution);
      return generate(codec, model, {
        seed,
        sampleRate,
        quality,
        ...(seconds !== undefined && { length: Math.max(1, Math.round(seconds * sampleRate)) }),
        ...(mode !== undefined && { mode }),
        ...(evolution !== undefined && { evolution }),
        ...(density !== undefined && { density }),
        ...(onProgress && { onProgress }),
      });
    },
    encode: async (sound) => {
      const path = await codec.encode(model, framesOfSound(modelMono(sound)));
      const peakDb = 20 * Math.log10(peakOfChannels(sound.channels));
      return { ...path, durationSeconds: durationSeconds(sound), peakDb };
    },
    decode: async (encoded, options = {}) => {
      const { seed, sampleRate, quality, onProgress } = checked(options);
      requireVectors(encoded, codec);
      return render(codec, model, {
        path: encoded.means,
        sampleRate,
        length: Math.round(encoded.durationSeconds * sampleRate),
        quality,
        random: seededRandom(seed),
        peakDb: encoded.peakDb,
        ...(onProgress && { onProgress }),
      });
    },
    release: () => codec.release(),
  };
}

/** @returns Samples at MODEL_RATE_HZ, shape [time]; the sound stays as it is. */
export function modelMono(sound: Sound): Float32Array {
  const { sampleRate, channels } = sound;
  if (lengthOf(sound) === 0) throw new RangeError("Cannot encode a sound: it has no samples");
  const mix = chooseMix(channels);
  const mono = mixInPlace(
    channels.map((samples) => samples.slice()),
    mix,
  );
  return resample(mono, sampleRate, MODEL_RATE_HZ);
}

/** The options with their defaults. */
function checked({ seed = 1, sampleRate = MODEL_RATE_HZ, ...options }: DecodeOptions) {
  if (!Number.isInteger(sampleRate) || sampleRate < 1) {
    throw new RangeError(
      `Cannot make a sound: sampleRate is ${sampleRate}, need a whole number from 1 on`,
    );
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) {
    throw new RangeError(
      `Cannot make a sound: seed is ${seed}, need a whole number from 0 to ${SEEDS - 1}`,
    );
  }
  const { quality = "normal", onProgress } = options;
  return { seed, sampleRate, quality, onProgress };
}

function requireAbove0(name: string, value: number): void {
  if (value > 0 && Number.isFinite(value)) return;
  throw new RangeError(`Cannot make a sound: ${name} is ${value}, need a number above 0`);
}

function requireShare(name: string, value: number): void {
  if (value >= 0 && value <= 1) return;
  throw new RangeError(`Cannot make a sound: ${name} is ${value}, need a number from 0 to 1`);
}

function requireVectors(
  { means, durationSeconds: seconds }: EncodedSound,
  { latentSize, framesPerLatent }: Codec,
): void {
  requireAbove0("durationSeconds", seconds);
  const needed = latentsFor(seconds, framesPerLatent);
  const found = means.length / latentSize;
  if (Number.isInteger(found) && found >= needed) return;
  throw new RangeError(
    `Cannot decode ${means.length} numbers: ${seconds} s take ${needed} vectors of ${latentSize}`,
  );
}

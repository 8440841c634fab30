/** The nearest recordings of a sound, by what identifies them. */

import { chooseMix, mixInPlace } from "../audio/corpus/mix.ts";
import { resample } from "../audio/resample.ts";
import type { Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { type AncestorShare, ancestryOf } from "../latent/ancestry.ts";
import type { Codec } from "../latent/codec.ts";
import { loudnessOf } from "../latent/loudness.ts";
import type { Model } from "../model/model-file.ts";
import { framesOfSound } from "../model/sound-frames.ts";

/** Plain JSON. */
export interface Closeness {
  /** Distance to the recordings, that of recordings from each other being 1; 0 for a copy. */
  readonly novelty: number;
  readonly reading: "copy" | "close" | "new";
  /** Longest stretch that follows one recording step by step, in seconds. */
  readonly copiedSeconds: number;
  /** The largest share first. */
  readonly nearest: readonly Ancestor[];
}

/** With shares second by second. */
export interface Ancestors extends Closeness {
  readonly seconds: readonly (readonly Ancestor[])[];
}

export interface Ancestor {
  /** SHA-256 of the file of the recording; absent where the model does not know it. */
  readonly sha256?: string;
  /** Its path in the folder of recordings, where the run of the model is known. */
  readonly name?: string;
  /** 0 to 1. */
  readonly share: number;
}

/** Below, half of what is heard is nearer to a recording than a copy of it in another format. */
const COPY_NOVELTY = 0.35;
/** Below, it is nearer than recordings of the corpus are to each other. */
const NEW_NOVELTY = 0.8;
/** As long as this along one recording is heard as that recording. */
const COPIED_SECONDS_MAX = 1;

/**
 * @param names Paths of recordings by their SHA-256.
 * @throws RangeError where the model holds no latents of recordings.
 */
export async function ancestorsOf(
  sound: Sound,
  { codec, model }: { readonly codec: Codec; readonly model: Model },
  names: ReadonlyMap<string, string> = new Map(),
): Promise<Ancestors> {
  const heard = framesOfSound(modelMono(sound));
  const { means } = await codec.encode(model, heard);
  const { latentSize: size, framesPerLatent } = codec;
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / framesPerLatent;
  const loudness = loudnessOf(heard.levels, framesPerLatent);
  const found = ancestryOf({ path: means, loudness }, model.latents, { size, latentsPerSecond });
  const named = ({ recording, share }: AncestorShare): Ancestor => {
    const sha256 = model.description.corpus.train[recording]?.contentHash;
    const name = sha256 === undefined ? undefined : names.get(sha256);
    const shown = Math.round(share * 1000) / 1000;
    return { ...(sha256 && { sha256 }), ...(name && { name }), share: shown };
  };
  const { novelty, copiedSeconds } = found;
  const isCopy = novelty < COPY_NOVELTY || copiedSeconds > COPIED_SECONDS_MAX;
  return {
    novelty: Math.round(novelty * 1000) / 1000,
    reading: isCopy ? "copy" : novelty < NEW_NOVELTY ? "close" : "new",
    copiedSeconds: Math.round(copiedSeconds * 100) / 100,
    nearest: found.nearest.map(named),
    seconds: found.seconds.map((second) => second.map(named)),
  };
}

const NEAREST_KEPT = 5;

/** What is kept beside a sound. */
export async function closenessOf(
  sound: Sound,
  voice: { readonly codec: Codec; readonly model: Model },
): Promise<Closeness> {
  const { seconds: _, nearest, ...rest } = await ancestorsOf(sound, voice);
  return { ...rest, nearest: nearest.slice(0, NEAREST_KEPT) };
}

function modelMono({ sampleRate, channels }: Sound): Float32Array {
  const mix = chooseMix(channels);
  const copies = channels.map((samples) => samples.slice());
  return resample(mixInPlace(copies, mix), sampleRate, MODEL_RATE_HZ);
}

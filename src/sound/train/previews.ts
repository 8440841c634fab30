/**
 * Previews during training: a new sound, and held-out recordings beside their reconstructions. One
 * recording stays the same, so that progress can be heard; the other changes every time.
 */

import type { News, PreviewMade } from "../../events/events.ts";
import { below, type Random, seededRandom } from "../../random.ts";
import { writeWav } from "../audio/codecs/wav-write.ts";
import { durationSeconds, type Sound } from "../audio/sound.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { CEILING_DB, levelled } from "../audio/true-peak.ts";
import type { Codec, Heard, ModelWeights } from "../latent/codec.ts";
import { corpusLatents, type RecordingLevels } from "../latent/corpus-latents.ts";
import { generateWith } from "../latent/generate.ts";
import { render } from "../latent/render.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT } from "../model/conditions.ts";
import { type PackedFrames, unpackFrames } from "../model/sound-frames.ts";
import type { Progress } from "./progress.ts";

export interface PreviewParts {
  readonly codec: Codec;
  readonly trainFiles: readonly PackedFrames[];
  readonly originals: readonly Original[];
  /** Between two previews; 0 for none. */
  readonly epochsPerPreview: number;
  readonly seed: number;
  /** Writes a file into the folder of previews; returns its path for the news. */
  write(name: string, bytes: Uint8Array): Promise<string>;
}

/** A recording to reconstruct. */
export interface Original {
  readonly path: string;
  readonly frames: PackedFrames;
  /** Its first seconds, at MODEL_RATE_HZ. */
  readonly mono: Float32Array;
}

const SAMPLE_SECONDS = 2;
const ORIGINAL_SECONDS = 2;

/** Recordings that a sample draws from; encoding all of them would take too long. */
const SAMPLED_FILES = 8;
const SAMPLED_FRAMES = 376;

export async function* previews(
  parts: PreviewParts,
  model: ModelWeights,
  progress: Progress,
): AsyncGenerator<News> {
  const { codec } = parts;
  const { kept, changing } = chosenOriginals(parts, progress);
  const mark = `epoch-${String(progress.epoch).padStart(4, "0")}`;
  if (kept !== undefined) {
    // The same random numbers every time, so that only the model makes a difference.
    const names = { original: "original.wav", reconstruction: `${mark}-reconstruction.wav` };
    yield* pair(parts, model, { ...progress, of: kept, names, random: seededRandom(parts.seed) });
  }
  // A preview has random numbers of its own: it must not change the training.
  const random = seededRandom(parts.seed * 1_000_003 + progress.step);
  if (changing !== undefined) {
    const names = {
      original: `${mark}-other-original.wav`,
      reconstruction: `${mark}-other-reconstruction.wav`,
    };
    yield* pair(parts, model, { ...progress, of: changing, names, random, changing: true });
  }
  // A new draw of recordings every time, again without using the run's random numbers.
  const corpus = await corpusLatents(codec, model, someRecordings(parts, random));
  const format = { sampleRate: MODEL_RATE_HZ, length: SAMPLE_SECONDS * MODEL_RATE_HZ, random };
  const sample = await generateWith(
    codec,
    { ...model, latents: corpus },
    { ...format, quality: "draft" },
  );
  const { epoch, step } = progress;
  yield await written(parts, sample, { kind: "sample", epoch, step, name: `${mark}-sample.wav` });
}

interface Pair {
  readonly epoch: number;
  readonly step: number;
  readonly of: Original;
  readonly names: { readonly original: string; readonly reconstruction: string };
  readonly random: Random;
  readonly changing?: boolean;
}

/** An original and its reconstruction. */
async function* pair(
  parts: PreviewParts,
  model: ModelWeights,
  { epoch, step, of, names, random, changing }: Pair,
): AsyncGenerator<News> {
  const { codec } = parts;
  const about = { epoch, step, recording: of.path, ...(changing && { changing }) };
  const samples = of.mono.subarray(0, ORIGINAL_SECONDS * MODEL_RATE_HZ);
  const original = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
  yield await written(parts, original, { ...about, kind: "original", name: names.original });
  const { means } = await codec.encode(model, heardOf(of.frames, framesIn(samples)));
  const format = { sampleRate: MODEL_RATE_HZ, length: samples.length, random } as const;
  const rebuilt = await render(codec, model, { ...format, path: means, quality: "draft" });
  const name = names.reconstruction;
  yield await written(parts, rebuilt, { ...about, kind: "reconstruction", name });
}

async function written(
  { write }: PreviewParts,
  made: Sound,
  {
    name,
    ...about
  }: Omit<PreviewMade, "type" | "path" | "sampleRate" | "durationSeconds"> & {
    readonly name: string;
  },
): Promise<News> {
  const sound = levelled(made, CEILING_DB);
  return {
    type: "preview-made",
    ...about,
    path: await write(name, writeWav(sound, { madeHere: true })),
    sampleRate: sound.sampleRate,
    durationSeconds: durationSeconds(sound),
  };
}

/** The first long one is kept; the others take turns. */
function chosenOriginals(
  { originals, epochsPerPreview }: PreviewParts,
  { epoch }: Progress,
): { readonly kept: Original | undefined; readonly changing: Original | undefined } {
  const kept = originals.reduce<Original | undefined>(
    (longest, one) => (one.mono.length > (longest?.mono.length ?? 0) ? one : longest),
    undefined,
  );
  const others = originals.filter((one) => one !== kept);
  const turn = Math.ceil(epoch / Math.max(1, epochsPerPreview));
  return { kept, changing: others[turn % others.length] };
}

/** A few files, cut to their first seconds. */
function* someRecordings({ trainFiles }: PreviewParts, random: Random): Generator<RecordingLevels> {
  for (let i = 0; i < SAMPLED_FILES; i += 1) {
    const file = trainFiles[below(random, trainFiles.length)];
    if (file === undefined) continue;
    const heard = heardOf(file, Math.min(file.frameCount, SAMPLED_FRAMES));
    yield { ...heard, reference: file.reference };
  }
}

/** The first `count` frames of a recording. */
export function heardOf(frames: PackedFrames, count: number): Heard {
  const levels = new Float32Array(count * BIN_COUNT);
  unpackFrames(frames, [0, count], levels);
  return { levels, conditions: frames.conditions.slice(0, count * CONDITION_COUNT) };
}

function framesIn(samples: Float32Array): number {
  return Math.floor(samples.length / defaultStft.hopLength) + 1;
}

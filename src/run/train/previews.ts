/**
 * Sounds to listen to while a model learns: one of its own, and a recording that it never
 * learned from beside its reconstruction of it.
 */

import { normalisePeak } from "../../audio/level.ts";
import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { writeWav } from "../../audio/wav-write.ts";
import type { News, PreviewMade } from "../../events/events.ts";
import type { Codec, ModelWeights } from "../../latent/codec.ts";
import { corpusLatents } from "../../latent/corpus-latents.ts";
import { renderWalk } from "../../latent/generate.ts";
import { PEAK_DB, render } from "../../latent/render.ts";
import { BIN_COUNT } from "../../model/bands.ts";
import { type PackedFrames, unpackFrames } from "../../model/sound-frames.ts";
import { below, type Random, seededRandom } from "../../random.ts";
import type { Progress } from "./progress.ts";

export interface PreviewParts {
  readonly codec: Codec;
  readonly trainFiles: readonly PackedFrames[];
  /** Recordings to reconstruct, with their samples at MODEL_RATE_HZ. */
  readonly originals: readonly { readonly frames: PackedFrames; readonly mono: Float32Array }[];
  readonly seed: number;
  /** Writes a file into the previews' folder; returns the path to tell. */
  write(name: string, bytes: Uint8Array): Promise<string>;
}

const SAMPLE_SECONDS = 2;
const ORIGINAL_SECONDS = 2;

/** Recordings that a sample is made of; encoding all of them would take too long. */
const SAMPLED_FILES = 8;
const SAMPLED_FRAMES = 376;

export async function* previews(
  parts: PreviewParts,
  model: ModelWeights,
  progress: Progress,
): AsyncGenerator<News> {
  // The random numbers of a preview are its own: listening must not change what is learned.
  const random = seededRandom(parts.seed * 1_000_003 + progress.step);
  const mark = `epoch-${String(progress.epoch).padStart(4, "0")}`;
  const tell = async (kind: PreviewMade["kind"], samples: Float32Array): Promise<News> => {
    const sound = { sampleRate: MODEL_RATE_HZ, channels: normalisePeak([samples], PEAK_DB) };
    return {
      type: "preview-made",
      kind,
      epoch: progress.epoch,
      step: progress.step,
      path: await parts.write(`${mark}-${kind}.wav`, writeWav(sound, { encoding: "int16" })),
      sampleRate: MODEL_RATE_HZ,
      durationSeconds: samples.length / MODEL_RATE_HZ,
    };
  };

  const { codec } = parts;
  const original = parts.originals[progress.epoch % parts.originals.length];
  if (original !== undefined) {
    const samples = original.mono.subarray(0, ORIGINAL_SECONDS * MODEL_RATE_HZ);
    yield tell("original", samples);
    const { means } = await codec.encode(model, levelsOf(original.frames, framesIn(samples)));
    const format = { sampleRate: MODEL_RATE_HZ, length: samples.length, random } as const;
    yield tell(
      "reconstruction",
      await render(codec, model, { ...format, path: means, quality: "draft" }),
    );
  }
  // A fresh draw of recordings every time, again without touching the run's own numbers.
  const corpus = await corpusLatents(codec, model, someRecordings(parts, random));
  const format = { sampleRate: MODEL_RATE_HZ, length: SAMPLE_SECONDS * MODEL_RATE_HZ, random };
  yield tell(
    "sample",
    await renderWalk(codec, { ...model, latents: corpus }, { ...format, quality: "draft" }),
  );
}

/** A few files, cut to their first seconds. */
function* someRecordings({ trainFiles }: PreviewParts, random: Random): Generator<Float32Array> {
  for (let i = 0; i < SAMPLED_FILES; i += 1) {
    const file = trainFiles[below(random, trainFiles.length)];
    if (file !== undefined) yield levelsOf(file, Math.min(file.frameCount, SAMPLED_FRAMES));
  }
}

export function levelsOf(frames: PackedFrames, count: number = frames.frameCount): Float32Array {
  const levels = new Float32Array(count * BIN_COUNT);
  unpackFrames(frames, [0, count], levels);
  return levels;
}

function framesIn(samples: Float32Array): number {
  return Math.floor(samples.length / defaultStft.hopLength) + 1;
}

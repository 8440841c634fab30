/**
 * What playing live costs and how near it comes: the streaming decoder beside the offline draft of
 * the same path.
 *
 * With a model of the demo corpus, trained for one epoch, or the one that ETUDE_MODEL names.
 */

import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { seededRandom } from "../random.ts";
import { writeWav } from "../sound/audio/codecs/wav-write.ts";
import { demoCorpus } from "../sound/audio/corpus/demo-corpus.ts";
import { pairDistances } from "../sound/audio/distance.ts";
import { fastPlan } from "../sound/audio/packed-fourier.ts";
import { defaultStft, MODEL_RATE_HZ } from "../sound/audio/spectrogram.ts";
import { magnitudes } from "../sound/audio/stft.ts";
import { type Codec, openCodec } from "../sound/latent/codec.ts";
import {
  type GroupDecoder,
  openGroupDecoder,
  openLearningDecoder,
} from "../sound/latent/live/group-decoder.ts";
import { openLiveDecoder } from "../sound/latent/live/live-decoder.ts";
import { soundOfLevels } from "../sound/latent/render.ts";
import { textureAlong } from "../sound/latent/texture.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../sound/model/bands.ts";
import type { Model } from "../sound/model/model-file.ts";
import { openRuntime } from "../sound/tensor/ort.node.ts";
import type { Runtime } from "../sound/tensor/runtime.ts";
import { openModel } from "../sound/train/open-model.node.ts";
import type { Bench } from "./bench.ts";
import { median } from "./statistics.ts";
import { inTemporaryFolder } from "./temporary-folder.node.ts";

const ETUDE = resolve(import.meta.dirname, "../../bin/etude.mjs");

/** Recordings that are played, and vectors of each at most: 4 s of `spectral`. */
const RECORDINGS = 12;
const LATENTS_MAX = 96;
/** The programs are compiled further while they run. */
const WARM_UP_ROUNDS = 3;
const ROUNDS = 5;

export const stream: Bench = async (say) => {
  await inTemporaryFolder(async (folder) => {
    for (const kind of ["native", "wasm"] as const) {
      const runtime = await openRuntime({ kind, threads: 1 });
      const path = process.env["ETUDE_MODEL"] ?? (await demoModel(folder));
      const model = await openModel(path, { runtime, signal: new AbortController().signal });
      await speed(runtime, model, say);
      if (kind === "native") await nearness(runtime, model, say);
    }
  });
};

export async function demoModel(folder: string): Promise<string> {
  const [run, corpus] = [join(folder, "run"), join(folder, "corpus")];
  await mkdir(corpus, { recursive: true });
  for (const { name, sound } of demoCorpus(1)) {
    await writeFile(join(corpus, `${name}.wav`), writeWav(sound));
  }
  spawnSync(process.execPath, [ETUDE, "train", corpus, "-o", run, "--epochs", "1"]);
  return run;
}

async function speed(runtime: Runtime, model: Model, say: (line: string) => void): Promise<void> {
  const { recipe, layout } = model;
  const fixed = await openGroupDecoder(runtime, model);
  const learning = await openLearningDecoder(runtime, recipe, layout);
  const [part] = pathsOf(model);
  if (part === undefined) return;
  for (const [name, decoder] of [
    ["weights that stay", fixed],
    ["weights that change", learning.withWeights(model)],
  ] as const) {
    const rounds: number[] = [];
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
      const before = process.cpuUsage();
      const { length } = await played(decoder, part);
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP_ROUNDS) rounds.push(length / MODEL_RATE_HZ / ((user + system) / 1e6));
    }
    say(
      `${runtime.description}, ${name}: ${median(rounds).toFixed(1)} times real time (asked: at least 8; CPU time)`,
    );
  }
  await fixed.release();
  await learning.release();
}

async function nearness(
  runtime: Runtime,
  model: Model,
  say: (line: string) => void,
): Promise<void> {
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const decoder = await openGroupDecoder(runtime, model);
  const rows = { live: [] as number[], again: [] as number[] };
  const lines = { live: [] as number[], offline: [] as number[] };
  for (const part of pathsOf(model)) {
    const draft = await drafted(codec, model, { ...part, seed: 1 });
    const live = await played(decoder, part);
    const again = await drafted(codec, model, { ...part, seed: 2 });
    rows.live.push(melL1(draft, live));
    rows.again.push(melL1(draft, again));
    lines.live.push(blockLineDb(live));
    lines.offline.push(blockLineDb(draft));
  }
  say(
    `mel-L1 to the offline draft: ${median(rows.live).toFixed(2)} dB, worst ${Math.max(...rows.live).toFixed(2)} (asked: within 1.5); the draft by another seed ${median(rows.again).toFixed(2)}`,
  );
  say(
    `spectral flux at the block rate over its surroundings: ${median(lines.live).toFixed(1)} dB, worst ${Math.max(...lines.live).toFixed(1)} (the draft: ${median(lines.offline).toFixed(1)} dB, worst ${Math.max(...lines.offline).toFixed(1)})`,
  );
  await decoder.release();
  await codec.release();
}

interface Part {
  /** Shape [latents, latentSize]. */
  readonly path: Float32Array;
  /** Shape [latents, TEXTURE_BANDS]. */
  readonly texture: Float32Array;
}

/** The beginnings of some recordings, as the model remembers them. */
function pathsOf({ latents, recipe }: Model): Part[] {
  const { means, lengths, texture } = latents;
  const size = recipe.latentSize + recipe.conditions.length;
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0));
  const longest = lengths
    .map((length, i) => ({ length, start: starts[i] ?? 0 }))
    .sort((a, b) => b.length - a.length)
    .slice(0, RECORDINGS);
  return longest.map(({ length, start }) => {
    const end = start + Math.min(length, LATENTS_MAX);
    const path = means.slice(start * size, end * size);
    return { path, texture: textureAlong(path, { vectors: means, size, texture }) };
  });
}

async function played(decoder: GroupDecoder, { path, texture }: Part): Promise<Float32Array> {
  const live = openLiveDecoder(decoder, { seed: 1, plan: await fastPlan(defaultStft.frameLength) });
  const size = decoder.latentSize;
  const latents = path.length / size;
  const row = (t: number): Float32Array => path.subarray(t * size, (t + 1) * size);
  const hop = decoder.framesPerLatent * defaultStft.hopLength;
  const out = new Float32Array(latents * hop);
  let at = 0;
  for (let t = 0; t < latents; t += 1) {
    const ahead = Math.min(latents - t, decoder.reach + 1);
    const samples = await live.next({
      rows: Array.from({ length: ahead }, (_, i) => row(t + i)),
      texture: texture.subarray(t * TEXTURE_BANDS, (t + 1) * TEXTURE_BANDS),
      reference: 1,
    });
    out.set(samples, at);
    at += samples.length;
  }
  return out.subarray(0, at);
}

async function drafted(
  codec: Codec,
  model: Model,
  { path, texture, seed }: Part & { readonly seed: number },
): Promise<Float32Array> {
  const frameCount = (path.length / codec.latentSize) * codec.framesPerLatent;
  const levels = await codec.decode(model, path, frameCount);
  return soundOfLevels(levels, {
    length: (levels.length / BIN_COUNT - 1) * defaultStft.hopLength,
    quality: "draft",
    random: seededRandom(seed),
    framesPerLatent: codec.framesPerLatent,
    texture,
  });
}

function melL1(draft: Float32Array, other: Float32Array): number {
  const length = Math.min(draft.length, other.length);
  const distances = pairDistances({
    reference: draft.slice(0, length),
    reconstruction: other.slice(0, length),
    sampleRateHz: MODEL_RATE_HZ,
  });
  return distances?.melL1Db ?? 0;
}

/** Frames every 64 samples, short enough to show a seam. */
const FLUX_SHAPE = { frameLength: 256, hopLength: 64 } as const;

/**
 * The strongest line of the spectral flux at the rates of frames and of latent vectors, in dB over
 * the median of the rates around it.
 */
function blockLineDb(samples: Float32Array): number {
  const { data, frameCount, binCount } = magnitudes(samples, FLUX_SHAPE);
  const flux = Float64Array.from({ length: frameCount - 1 }, (_, frame) => {
    let sum = 0;
    for (let i = frame * binCount; i < (frame + 1) * binCount; i += 1) {
      sum += Math.max(
        0,
        Math.log(1e-6 + (data[i + binCount] ?? 0)) - Math.log(1e-6 + (data[i] ?? 0)),
      );
    }
    return sum;
  });
  const rateHz = MODEL_RATE_HZ / FLUX_SHAPE.hopLength;
  const frameHz = MODEL_RATE_HZ / defaultStft.hopLength;
  const lines = [frameHz, frameHz / 4].map((hertz) => {
    const around = [-3, -2.5, -2, -1.5, 1.5, 2, 2.5, 3].map((off) =>
      powerAt(flux, (hertz + off) / rateHz),
    );
    return 10 * Math.log10(powerAt(flux, hertz / rateHz) / (median(around) + 1e-12));
  });
  return Math.max(...lines);
}

/** Power of the part of `values` that turns `perStep` times a step, Hann-windowed. */
function powerAt(values: Float64Array, perStep: number): number {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [re, im] = [0, 0];
  for (const [i, value] of values.entries()) {
    const weight = 1 - Math.cos((2 * Math.PI * (i + 0.5)) / values.length);
    re += weight * (value - centre) * Math.cos(2 * Math.PI * perStep * i);
    im += weight * (value - centre) * Math.sin(2 * Math.PI * perStep * i);
  }
  return re * re + im * im;
}

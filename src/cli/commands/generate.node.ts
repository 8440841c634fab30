/** `etude generate`: new sounds into files. */

import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../../errors.ts";
import { makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { nodeClock } from "../../host.node.ts";
import { formatProgress } from "../../show/numbers.ts";
import { type WavEncoding, writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { durationSeconds, type Sound } from "../../sound/audio/sound.ts";
import { openCodec } from "../../sound/latent/codec.ts";
import { type GenerateOptions, generate } from "../../sound/latent/generate.ts";
import type { Model } from "../../sound/model/model-file.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import { openModel } from "../../sound/train/open-model.node.ts";
import { runOfModel } from "../../sound/train/run-of-model.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { fileSafe } from "../file-safe.ts";
import { defaultOutside, requireOutside } from "../outside-corpus.node.ts";
import { engineOf, shownPath } from "../training.node.ts";

const encodings: { readonly [B in "16" | "24" | "32f"]: WavEncoding } = {
  "16": "int16",
  "24": "int24",
  "32f": "float32",
};

const SEEDS = 2 ** 32;

/** `--density 5` is twice as many onsets a second. */
const POSITIONS_PER_OCTAVE = 5;

export async function run(
  context: CommandContext,
  values: CommandValues<"generate">,
): Promise<ExitCode> {
  const { workingFolder, clock, signal } = context;
  const { device, threads } = engineOf(context, values.threads);
  const runtime = await openRuntime({ kind: device, threads });
  const modelPath = resolve(workingFolder, values.model);
  const model = await openModel(modelPath, { runtime, signal });
  requireLatents(model, values.model);
  const folder = await soundFolder(context, values.outputDir, modelPath);
  const sampleRate = Number(values.sampleRate);
  const written = await generateFiles(model, {
    runtime,
    folder,
    count: values.count,
    seed: values.seed ?? clock.wallMs() % SEEDS,
    encoding: encodings[values.bitDepth],
    sampleRate,
    ...(values.duration !== undefined && { length: Math.round(values.duration * sampleRate) }),
    ...(values.mode !== undefined && { mode: values.mode }),
    evolution: values.evolution,
    density: 2 ** (values.density / POSITIONS_PER_OCTAVE),
    quality: values.quality,
    onProgress: (filesDone) => tellProgress(context, filesDone, values.count),
    onFile: ({ path }) => {
      clearProgress(context);
      if (!context.json) context.stdout.write(`${shownPath(context, path)}\n`);
    },
  });
  if (context.json) context.stdout.write(`${JSON.stringify(written, null, 2)}\n`);
  return 0;
}

const CLEAR_LINE = "\r\u001b[K";

/** One line that is written over, where somebody sees it. */
function tellProgress({ stderr }: CommandContext, filesDone: number, count: number): void {
  if (!stderr.isTerminal) return;
  const which = count === 1 ? "" : ` ${Math.min(count, Math.floor(filesDone) + 1)} of ${count}`;
  stderr.write(`${CLEAR_LINE}making sound${which}: ${formatProgress(filesDone, count)}`);
}

function clearProgress({ stderr }: CommandContext): void {
  if (stderr.isTerminal) stderr.write(CLEAR_LINE);
}

/** Never in the recordings that the model learned from, as far as it is known where they are. */
async function soundFolder(
  context: CommandContext,
  outputDir: string | undefined,
  modelPath: string,
): Promise<string> {
  const { workingFolder, settings } = context;
  const corpusFolder = (await runOfModel(modelPath))?.corpusFolder;
  const given = resolve(workingFolder, outputDir ?? settings.paths.generated);
  if (corpusFolder === undefined) return given;
  if (outputDir === undefined) return defaultOutside(given, corpusFolder, context);
  await requireOutside(given, corpusFolder, "sounds");
  return given;
}

/** Checkpoints of the best model come without: they are looked up when a run ends. */
function requireLatents({ latents }: Model, path: string): void {
  if (latents.lengths.length > 0) return;
  throw new UserError({
    code: "model-unfinished",
    message: `Cannot generate with "${path}": it does not know yet where its recordings lie in the latent space`,
    hint: "Give the folder of its run instead.",
    exitCode: 2,
  });
}

export interface GeneratedFile {
  readonly path: string;
  readonly seed: number;
  readonly format: "wav";
  readonly sampleRate: number;
  readonly durationSeconds: number;
  /** Time that it took to make and write, in milliseconds. */
  readonly tookMs: number;
}

export interface GenerateFilesOptions extends Omit<GenerateOptions, "onProgress"> {
  readonly runtime: Awaited<ReturnType<typeof openRuntime>>;
  readonly folder: string;
  /** Sounds to write, with seeds that count upward. */
  readonly count: number;
  readonly encoding: WavEncoding;
  onFile?(file: GeneratedFile): void;
  /** @param filesDone With the share of the one that is being made. */
  onProgress?(filesDone: number): void;
}

/** Writes `count` new sounds; never over a file that is there. */
export async function generateFiles(
  model: Model,
  options: GenerateFilesOptions,
): Promise<GeneratedFile[]> {
  const { folder, count, sampleRate, encoding } = options;
  await makePrivateFolder(folder).catch((cause: unknown) => {
    throw notWritten(folder, cause);
  });
  const codec = await openCodec(options.runtime, model.recipe, model.layout);
  const taken = new Set(await readdir(folder));
  const written: GeneratedFile[] = [];
  for (let i = 0; i < count; i += 1) {
    const startedMs = nodeClock.nowMs();
    const seed = (options.seed + i) % SEEDS;
    const sound = await generate(codec, model, {
      ...options,
      seed,
      onProgress: (share) => options.onProgress?.(i + share),
    });
    requireSound(sound, model);
    const name = freeName(`${fileSafe(model.description.name)}-${seed}`, taken);
    const path = join(folder, name);
    await replaceFile(path, writeWav(sound, { encoding, madeHere: true }));
    const file: GeneratedFile = {
      path,
      seed,
      format: "wav",
      sampleRate,
      durationSeconds: durationSeconds(sound),
      tookMs: Math.round(nodeClock.nowMs() - startedMs),
    };
    options.onFile?.(file);
    written.push(file);
  }
  await codec.release();
  return written;
}

/** Weights beyond all measure give no numbers, and those would be written as silence. */
function requireSound({ channels }: Sound, { description }: Model): void {
  const areNumbers = channels.every((samples) => samples.every(Number.isFinite));
  if (areNumbers && channels.some((samples) => samples.some((value) => value !== 0))) return;
  throw new UserError({
    code: "model-mute",
    message: `Cannot generate with the model "${description.name}": what it makes is not a sound`,
    hint: "Its training has gone astray, or its file was changed: use another model.",
  });
}

/** NAME.wav, or NAME-take2.wav, ... if that is taken. */
function freeName(name: string, taken: Set<string>): string {
  let candidate = `${name}.wav`;
  for (let take = 2; taken.has(candidate); take += 1) candidate = `${name}-take${take}.wav`;
  taken.add(candidate);
  return candidate;
}

/** Rebuilds recordings by a model and by baselines, and measures the results. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../host.ts";
import { summariseClarity } from "../audio/clarity/clarity.ts";
import { createDecoderPool, type DecoderPool } from "../audio/codecs/decoder-pool.node.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import type { CorpusDescription } from "../model/description.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { RunRecord } from "../train/job.ts";
import { openModel } from "../train/open-model.node.ts";
import { runOfModel } from "../train/run-of-model.node.ts";
import { identitiesOf } from "../train/sides.ts";
import { fitLinearCode } from "./baseline.ts";
import {
  copyMethod,
  type Evaluation,
  gainsOver,
  type Method,
  methodResults,
  modelMethods,
  type Note,
  pcaMethod,
  ruler,
  trainingEffect,
} from "./evaluate.ts";
import { chooseFiles, type FileChoice } from "./evaluate-files.ts";
import {
  type GeneratedSound,
  generatedSounds,
  type Novelty,
  noveltyOf,
} from "./evaluate-novelty.ts";
import { type Reading, readForEvaluation } from "./evaluate-reading.node.ts";
import { measureFiles } from "./measure-files.node.ts";
import { requireOutside } from "./outside-corpus.node.ts";

/** Whole gestures that are compared with recordings. */
const GENERATED_COUNT = 30;

/** What a model is measured on. */
export interface EvaluateOptions {
  /** Recordings to rebuild. */
  readonly folder: string;
  /** "held-out": only what the model never learned from. @default "held-out" */
  readonly split?: Evaluation["split"];
  /** Where the training recordings may be that are not in `folder`. @default as the run says */
  readonly trainedOn?: string;
  /** Where rebuilt sounds are kept. @default nowhere */
  readonly keep?: string;
}

/** How far an evaluation is. */
export interface EvaluationProgress {
  readonly stage: "reading" | "fitting" | "rebuilding" | "generating";
  /** Files or sounds, from 1; both 1 in a stage that has no parts. */
  readonly position: number;
  readonly count: number;
}

/** What a measurement works with. */
export interface EvaluateTools {
  readonly runtime: Runtime;
  readonly clock: Pick<Clock, "nowMs">;
  readonly signal: AbortSignal;
  onProgress?(progress: EvaluationProgress): void;
}

/**
 * How well a model rebuilds the recordings of a folder, beside the model before its training, a
 * linear code fitted to the same recordings, and a copy; and whether what it makes up is new.
 *
 * @param modelPath Absolute path of a model file, or of the folder of a run.
 * @throws UserError "inside-corpus" where `keep` lies among recordings, "evaluate-no-held-out",
 *   "evaluate-unknown", "evaluate-nothing" (all exit code 2), and those of reading models and
 *   corpora; the signal's reason when it aborts.
 * @example
 * const tools = { runtime: await openRuntime(), clock: nodeClock, signal };
 * const { methods } = await evaluateModel("/runs/one", { folder: "/recordings" }, tools);
 */
export async function evaluateModel(
  modelPath: string,
  options: EvaluateOptions,
  tools: EvaluateTools,
): Promise<Evaluation> {
  const { runtime, clock, signal } = tools;
  const startedMs = clock.nowMs();
  const model = await openModel(modelPath, { runtime, signal });
  const record = await runOfModel(modelPath);
  const trainingFolder = options.trainedOn ?? record?.corpusFolder;
  await requireKeptOutside(options, record?.corpusFolder);
  const pool = createDecoderPool({ workerCount: runtime.threads });
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const corpus = corpusOf(model, record);
  try {
    const job = { ...options, ...tools, modelPath, model, corpus, trainingFolder, codec, pool };
    return { ...(await evaluate(job)), elapsedMs: clock.nowMs() - startedMs };
  } finally {
    await codec.release();
    await pool.close();
  }
}

interface Job extends EvaluateOptions, EvaluateTools {
  readonly modelPath: string;
  readonly model: Model;
  /** What the model learned from. */
  readonly corpus: CorpusDescription;
  readonly trainingFolder: string | undefined;
  readonly codec: Codec;
  readonly pool: DecoderPool;
}

async function requireKeptOutside(
  { folder, keep }: EvaluateOptions,
  trainedOn: string | undefined,
): Promise<void> {
  if (keep === undefined) return;
  for (const corpus of [folder, trainedOn]) {
    if (corpus !== undefined) await requireOutside(keep, corpus, "rebuilt sounds");
  }
}

/** What a model file of an earlier étude lacks, its run has. */
function corpusOf({ description }: Model, record: RunRecord | undefined): CorpusDescription {
  const { corpus } = description;
  const isTold = corpus.train.length > 0 || record === undefined;
  return isTold ? corpus : { ...corpus, ...identitiesOf(record) };
}

async function evaluate(job: Job): Promise<Omit<Evaluation, "elapsedMs">> {
  const { model, modelPath, corpus, folder, split = "held-out", keep, codec, onProgress } = job;
  const { name, recipe, program, step, epoch } = model.description;
  const reading = await readForEvaluation({
    ...job,
    framesPerLatent: codec.framesPerLatent,
    onFile: (position, count) => onProgress?.({ stage: "reading", position, count }),
  });
  const choice = chooseFiles(reading.files, corpus, split);
  const pca = await pcaOf(job, reading);
  const methods = [...modelMethods(codec, model), ...pca.methods, copyMethod];
  const measured = await measureFiles(
    methods,
    {
      ...{ folder, paths: choice.measured, stretches: choice.stretches },
      ...(keep !== undefined && { keep }),
    },
    {
      ...job,
      onFile: (position, count) => onProgress?.({ stage: "rebuilding", position, count }),
    },
  );
  const results = methodResults(methods, measured.rows);
  const gainOver = gainsOver(results);
  const generated = await generateSome(job);
  return {
    model: { name, recipe, program, step, epoch, path: modelPath },
    folder,
    split,
    durationSeconds: measured.rows.reduce((sum, row) => sum + row.durationSeconds, 0),
    ruler,
    methods: results,
    gainOver,
    training: trainingEffect(gainOver.untrained),
    novelty: generated && noveltyBeside(generated, reading, choice),
    clarity: {
      recordings: summariseClarity(measured.clarity.recordings),
      rebuilt: summariseClarity(measured.clarity.rebuilt),
      generated: generated && summariseClarity(generated.flatMap(({ clarity }) => clarity ?? [])),
    },
    rows: measured.rows,
    notes: [...choice.notes, ...elsewhereNotes(reading), ...pca.notes, ...measured.notes],
    kept: keep ?? null,
  };
}

function elsewhereNotes({ elsewhere }: Reading): Note[] {
  if (elsewhere === undefined) return [];
  const text = `PCA and novelty took the training recordings from "${elsewhere}"`;
  return [{ code: "training-elsewhere", text }];
}

async function pcaOf(
  { runtime, codec, corpus, onProgress }: Job,
  { training: { fileCount, groups } }: Reading,
): Promise<{ readonly methods: readonly Method[]; readonly notes: readonly Note[] }> {
  const wanted = corpus.train.length;
  if (fileCount === 0) {
    const text =
      "PCA and novelty are left out: they need the model's training recordings; --trained-on says where those are";
    return { methods: [], notes: [{ code: "pca-impossible", text }] };
  }
  onProgress?.({ stage: "fitting", position: 1, count: 1 });
  await nextTurn();
  const { latentSize, framesPerLatent: groupFrames } = codec;
  const code = await fitLinearCode(runtime, groups, { groupFrames, latentSize });
  const text = `PCA was fitted on ${fileCount} of the ${wanted} files that the model learned from: the others are not here`;
  return {
    methods: [pcaMethod(code)],
    notes: fileCount < wanted ? [{ code: "pca-partial", text }] : [],
  };
}

/** @returns null for models without recordings. */
async function generateSome({
  model,
  codec,
  signal,
  onProgress,
}: Job): Promise<readonly GeneratedSound[] | null> {
  if (model.latents.lengths.length === 0) return null;
  const sounds: GeneratedSound[] = [];
  for await (const sound of generatedSounds(codec, model, { count: GENERATED_COUNT, seed: 1 })) {
    sounds.push(sound);
    onProgress?.({ stage: "generating", position: sounds.length, count: GENERATED_COUNT });
    await nextTurn();
    signal.throwIfAborted();
  }
  return sounds;
}

function noveltyBeside(
  sounds: readonly GeneratedSound[],
  { training, descriptors }: Reading,
  { heldOut: heldOutPaths }: FileChoice,
): Novelty | null {
  // What training held out is of the same kind as what it learned from; a stranger's may not be.
  const others = heldOutPaths.flatMap((path) => descriptors.get(path) ?? []);
  const heldOut = training.heldOut.length > 0 ? training.heldOut : others;
  const generated = sounds.flatMap((sound) => sound.descriptors);
  return noveltyOf({ train: training.learned, heldOut, generated });
}

/** `etude evaluate`: rebuilds recordings by a model and by what needs none, and measures. */

import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CorpusFile, corpusReport, requireSounds } from "../../audio/corpus.ts";
import { createDecoderPool, type DecoderPool } from "../../audio/decoder-pool.node.ts";
import { listFiles } from "../../audio/list-files.node.ts";
import { readCorpus } from "../../audio/scan.node.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { writeWav } from "../../audio/wav-write.ts";
import { UserError } from "../../errors.ts";
import { makeFolder, notWritten } from "../../files.node.ts";
import { fitLinearCode, type GroupSampler, groupSampler } from "../../latent/baseline.ts";
import { type Codec, openCodec } from "../../latent/codec.ts";
import {
  copyMethod,
  type Evaluation,
  type FileRow,
  gainsOver,
  type Method,
  type MethodName,
  methodResults,
  modelMethods,
  type Note,
  openJudge,
  pcaMethod,
  ruler,
} from "../../latent/evaluate.ts";
import { chooseFiles, type FileChoice, flatNames } from "../../latent/evaluate-files.ts";
import {
  describeSegments,
  generatedDescriptors,
  type Novelty,
  noveltyOf,
} from "../../latent/evaluate-novelty.ts";
import type { Model } from "../../model/model-file.ts";
import { framesOfSound } from "../../model/sound-frames.ts";
import { seededRandom } from "../../random.ts";
import { openModel } from "../../run/train/open-model.node.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { evaluationLines } from "../../show/evaluation-text.ts";
import { openRuntime } from "../../tensor/ort.node.ts";
import type { Runtime } from "../../tensor/runtime.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { corpusFolderOf } from "../corpus-folder.node.ts";
import { engineOf } from "../training.node.ts";

const CLEAR_LINE = "\r\u001b[K";

/** Of longer files only the beginning is measured: their spectra would fill the memory. */
const MEASURED_SECONDS_MAX = 60;

const GENERATED_COUNT = 30;

interface Job {
  readonly context: CommandContext;
  readonly folder: string;
  readonly split: Evaluation["split"];
  /** Where rebuilt sounds are kept. */
  readonly keep: string | undefined;
  readonly model: Model;
  readonly modelPath: string;
  readonly runtime: Runtime;
  readonly codec: Codec;
  readonly pool: DecoderPool;
}

export async function run(
  context: CommandContext,
  values: CommandValues<"evaluate">,
): Promise<ExitCode> {
  const { stdout, workingFolder, clock, signal } = context;
  const startedMs = clock.nowMs();
  const { folder } = await corpusFolderOf(context, values.folder);
  const { device, threads } = engineOf(context, values.threads);
  const runtime = await openRuntime({ kind: device, threads });
  const modelPath = resolve(workingFolder, values.model);
  const model = await openModel(modelPath, { runtime, signal });
  const pool = createDecoderPool({ workerCount: threads });
  try {
    const evaluation = await evaluate({
      context,
      folder,
      split: values.split,
      keep: values.keep && resolve(workingFolder, values.keep),
      model,
      modelPath,
      runtime,
      codec: await openCodec(runtime, model.recipe, model.layout),
      pool,
    });
    const result: Evaluation = { ...evaluation, elapsedMs: clock.nowMs() - startedMs };
    const unicode = wantsUnicode(process.env, process.platform);
    const text = context.json
      ? JSON.stringify(result, null, 2)
      : evaluationLines(result, { width: stdout.columns, unicode }).join("\n");
    stdout.write(`${text}\n`);
    return 0;
  } finally {
    tell(context, "");
    await pool.close();
  }
}

async function evaluate(job: Job): Promise<Omit<Evaluation, "elapsedMs">> {
  const { model, modelPath, folder, split, codec } = job;
  const { name, recipe, program, step, epoch, corpus } = model.description;
  const reading = await readFolder(job);
  const choice = chooseFiles(reading.usedPaths, corpus, split);
  const pca = await pcaOf(job, reading.groups, choice);
  const methods = [...modelMethods(codec, model), ...pca.methods, copyMethod];
  const measured = await measure(job, methods, choice);
  const results = methodResults(methods, measured.rows);
  const elsewhere: Note[] =
    choice.train.length > 0 && resolve(corpus.folder) !== folder
      ? [{ code: "other-folder", text: `the model was trained on "${corpus.folder}"` }]
      : [];
  return {
    model: { name, recipe, program, step, epoch, path: modelPath },
    folder,
    split,
    durationSeconds: measured.rows.reduce((sum, row) => sum + row.durationSeconds, 0),
    ruler,
    methods: results,
    gainOver: gainsOver(results),
    novelty: await noveltyBeside(job, reading.descriptors, choice),
    rows: measured.rows,
    notes: [...elsewhere, ...choice.notes, ...pca.notes, ...measured.notes],
    kept: job.keep ?? null,
  };
}

interface Reading {
  readonly usedPaths: readonly string[];
  /** Of the training files. */
  readonly groups: GroupSampler;
  /** Of each file's segments. */
  readonly descriptors: ReadonlyMap<string, readonly Float64Array[]>;
}

/** The first pass: what the training files give the baselines, and what kind of sounds there are. */
async function readFolder({ context, folder, model, codec, pool }: Job): Promise<Reading> {
  const learned = new Set(model.description.corpus.trainFiles);
  const files: CorpusFile[] = [];
  const descriptors = new Map<string, readonly Float64Array[]>();
  const groups = groupSampler({ groupFrames: codec.framesPerLatent, random: seededRandom(1) });
  const { signal } = context;
  for await (const { file, mono, index, fileCount } of readCorpus(folder, { pool, signal })) {
    tell(context, `reading ${index + 1} of ${fileCount}`);
    files.push(file);
    if (mono === undefined) continue;
    descriptors.set(file.path, describeSegments(mono));
    if (!learned.has(file.path)) continue;
    for (const piece of piecesOf(mono)) groups.add(framesOfSound(piece));
  }
  requireSounds(corpusReport(folder, files));
  return { usedPaths: [...descriptors.keys()], groups, descriptors };
}

function piecesOf(mono: Float32Array): Float32Array[] {
  const length = MEASURED_SECONDS_MAX * MODEL_RATE_HZ;
  return Array.from({ length: Math.ceil(mono.length / length) }, (_, i) =>
    mono.subarray(i * length, (i + 1) * length),
  );
}

async function pcaOf(
  { context, model, runtime, codec }: Job,
  groups: GroupSampler,
  { train }: FileChoice,
): Promise<{ readonly methods: readonly Method[]; readonly notes: readonly Note[] }> {
  const wanted = model.description.corpus.trainFiles.length;
  if (train.length === 0) {
    const text = "PCA is left out: it needs the model's training files, and they are not here";
    return { methods: [], notes: [{ code: "pca-impossible", text }] };
  }
  tell(context, "fitting PCA");
  await nextTurn();
  const { latentSize, framesPerLatent: groupFrames } = codec;
  const code = await fitLinearCode(runtime, groups, { groupFrames, latentSize });
  const text = `PCA was fitted on ${train.length} of the ${wanted} files that the model learned from: the others are not here`;
  return {
    methods: [pcaMethod(code)],
    notes: train.length < wanted ? [{ code: "pca-partial", text }] : [],
  };
}

/** The second pass: one file at a time through all methods. */
async function measure(
  { context, folder, keep, pool }: Job,
  methods: readonly Method[],
  { measured }: FileChoice,
): Promise<{ readonly rows: readonly FileRow[]; readonly notes: readonly Note[] }> {
  const { judge } = await openJudge(methods);
  const diskPaths = new Map((await listFiles(folder)).map((file) => [file.path, file.diskPath]));
  const names = flatNames(measured);
  const rows: FileRow[] = [];
  const cut: string[] = [];
  const silent: string[] = [];
  for (const [index, path] of measured.entries()) {
    tell(context, `rebuilding ${index + 1} of ${measured.length}`);
    const { outcome } = await pool.prepare(diskPaths.get(path) ?? path, MODEL_RATE_HZ);
    if (!outcome.ok) continue;
    const mono = outcome.mono.subarray(0, MEASURED_SECONDS_MAX * MODEL_RATE_HZ);
    const store = keep === undefined ? async () => {} : keeper(keep, names.get(path) ?? path);
    const distances = await judge(mono, async (name, rebuilt) => {
      await store(name, rebuilt);
      // Between methods, so that a signal is heard.
      await nextTurn();
      context.signal.throwIfAborted();
    });
    if (distances === undefined) {
      silent.push(path);
      continue;
    }
    if (mono.length < outcome.mono.length) cut.push(path);
    await store("reference", mono);
    rows.push({ path, durationSeconds: mono.length / MODEL_RATE_HZ, distances });
  }
  if (rows.length === 0) throw nothingMeasured(folder, measured.length);
  return { rows, notes: measureNotes(cut.length, silent.length) };
}

function measureNotes(cutCount: number, silentCount: number): Note[] {
  const of = (count: number): string => (count === 1 ? "1 file" : `${count} files`);
  const cut = `of ${of(cutCount)} only the first ${MEASURED_SECONDS_MAX} s were measured`;
  const silent = `${of(silentCount)} left out: silent where the channels are added up`;
  return [
    ...(cutCount > 0 ? [{ code: "cut", text: cut } as const] : []),
    ...(silentCount > 0 ? [{ code: "silent", text: silent } as const] : []),
  ];
}

function nothingMeasured(folder: string, count: number): UserError {
  return new UserError({
    code: "evaluate-nothing",
    message: `Cannot evaluate on "${folder}": found sound in none of ${count} files, need at least 1`,
    hint: "Give a folder whose recordings can be heard in mono.",
    exitCode: 2,
  });
}

/** Writes one file's sounds: DIR/model/NAME.wav, DIR/reference/NAME.wav and so on. */
function keeper(
  folder: string,
  name: string,
): (kind: MethodName | "reference", samples: Float32Array) => Promise<void> {
  return async (kind, samples) => {
    const path = join(folder, kind, `${name}.wav`);
    try {
      await makeFolder(join(folder, kind));
      const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
      await writeFile(path, writeWav(sound, { encoding: "float32" }));
    } catch (cause) {
      throw notWritten(path, cause);
    }
  };
}

async function noveltyBeside(
  { context, model, codec }: Job,
  descriptors: Reading["descriptors"],
  { train, heldOut }: FileChoice,
): Promise<Novelty | null> {
  const isMute = model.latents.lengths.length === 0;
  if (isMute || train.length === 0 || heldOut.length === 0) return null;
  const generated: Float64Array[] = [];
  const options = { count: GENERATED_COUNT, seed: 1 };
  for await (const descriptor of generatedDescriptors(codec, model, options)) {
    generated.push(descriptor);
    tell(context, `generating ${generated.length} of ${GENERATED_COUNT}`);
    await nextTurn();
    context.signal.throwIfAborted();
  }
  const of = (paths: readonly string[]): Float64Array[] =>
    paths.flatMap((path) => descriptors.get(path) ?? []);
  return noveltyOf({ train: of(train), heldOut: of(heldOut), generated });
}

/** Replaces the line of progress, where somebody sees it. */
function tell({ stderr }: CommandContext, text: string): void {
  if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}${text}`);
}

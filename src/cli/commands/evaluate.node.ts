/** `etude evaluate`: rebuilds recordings by a model and by what needs none, and measures. */

import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { UserError } from "../../errors.ts";
import { makeFolder, makePrivateFolder, notWritten } from "../../files.node.ts";
import { wantsUnicode } from "../../show/console/terminal.ts";
import { createDecoderPool, type DecoderPool } from "../../sound/audio/codecs/decoder-pool.node.ts";
import { writeWav } from "../../sound/audio/codecs/wav-write.ts";
import { listFiles } from "../../sound/audio/corpus/list-files.node.ts";
import { MODEL_RATE_HZ } from "../../sound/audio/spectrogram.ts";
import { type Codec, openCodec } from "../../sound/latent/codec.ts";
import type { CorpusDescription, Model } from "../../sound/model/model-file.ts";
import { openRuntime } from "../../sound/tensor/ort.node.ts";
import type { Runtime } from "../../sound/tensor/runtime.ts";
import type { RunRecord } from "../../sound/train/job.ts";
import { openModel } from "../../sound/train/open-model.node.ts";
import { identitiesOf, runOfModel } from "../../sound/train/run-of-model.node.ts";
import { fitLinearCode } from "../../sound/work/baseline.ts";
import { corpusFolderOf } from "../../sound/work/corpus-folder.node.ts";
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
  trainingEffect,
} from "../../sound/work/evaluate.ts";
import { chooseFiles, type FileChoice, flatNames } from "../../sound/work/evaluate-files.ts";
import {
  generatedDescriptors,
  type Novelty,
  noveltyOf,
} from "../../sound/work/evaluate-novelty.ts";
import { type Reading, readForEvaluation } from "../../sound/work/evaluate-reading.node.ts";
import { requireOutside } from "../../sound/work/outside-corpus.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { evaluationLines } from "../text/evaluation-text.ts";
import { engineOf } from "../training.node.ts";

const CLEAR_LINE = "\r\u001b[K";

/** Of longer files only the beginning is measured: their spectra would fill the memory. */
const MEASURED_SECONDS_MAX = 60;

const GENERATED_COUNT = 30;

interface Job {
  readonly context: CommandContext;
  readonly folder: string;
  /** Where the training recordings may be that are not in `folder`. */
  readonly trainingFolder: string | undefined;
  readonly split: Evaluation["split"];
  /** Where rebuilt sounds are kept. */
  readonly keep: string | undefined;
  readonly model: Model;
  readonly corpus: CorpusDescription;
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
  const record = await runOfModel(modelPath);
  const keep = values.keep && resolve(workingFolder, values.keep);
  for (const corpus of [folder, record?.corpusFolder]) {
    if (keep && corpus !== undefined) await requireOutside(keep, corpus, "rebuilt sounds");
  }
  const pool = createDecoderPool({ workerCount: threads });
  try {
    const evaluation = await evaluate({
      context,
      folder,
      split: values.split,
      trainingFolder: values.trainedOn
        ? (await corpusFolderOf(context, values.trainedOn)).folder
        : record?.corpusFolder,
      keep,
      model,
      corpus: corpusOf(model, record),
      modelPath,
      runtime,
      codec: await openCodec(runtime, model.recipe, model.layout),
      pool,
    });
    const result: Evaluation = { ...evaluation, elapsedMs: clock.nowMs() - startedMs };
    const unicode = wantsUnicode(process.env, process.platform);
    const text = context.json
      ? JSON.stringify(result, null, 2)
      : peopleText(evaluationLines(result, { width: stdout.columns, unicode }).join("\n"), stdout);
    stdout.write(`${text}\n`);
    return 0;
  } finally {
    tell(context, "");
    await pool.close();
  }
}

/** What a model file of an earlier étude does not tell, its run does. */
function corpusOf({ description }: Model, record: RunRecord | undefined): CorpusDescription {
  const { corpus } = description;
  const isTold = corpus.train.length > 0 || record === undefined;
  return isTold ? corpus : { ...corpus, ...identitiesOf(record) };
}

async function evaluate(job: Job): Promise<Omit<Evaluation, "elapsedMs">> {
  const { context, model, modelPath, corpus, folder, split, codec } = job;
  const { name, recipe, program, step, epoch } = model.description;
  const reading = await readForEvaluation({
    ...job,
    framesPerLatent: codec.framesPerLatent,
    signal: context.signal,
    onFile: (done, total) => tell(context, `reading ${done} of ${total}`),
  });
  const choice = chooseFiles(reading.files, corpus, split);
  const pca = await pcaOf(job, reading);
  const methods = [...modelMethods(codec, model), ...pca.methods, copyMethod];
  const measured = await measure(job, methods, choice);
  const results = methodResults(methods, measured.rows);
  const gainOver = gainsOver(results);
  return {
    model: { name, recipe, program, step, epoch, path: modelPath },
    folder,
    split,
    durationSeconds: measured.rows.reduce((sum, row) => sum + row.durationSeconds, 0),
    ruler,
    methods: results,
    gainOver,
    training: trainingEffect(gainOver.untrained),
    novelty: await noveltyBeside(job, reading, choice),
    rows: measured.rows,
    notes: [...choice.notes, ...elsewhereNotes(reading), ...pca.notes, ...measured.notes],
    kept: job.keep ?? null,
  };
}

function elsewhereNotes({ elsewhere }: Reading): Note[] {
  if (elsewhere === undefined) return [];
  const text = `PCA and novelty took the training recordings from "${elsewhere}"`;
  return [{ code: "training-elsewhere", text }];
}

async function pcaOf(
  { context, runtime, codec, corpus }: Job,
  { training: { fileCount, groups } }: Reading,
): Promise<{ readonly methods: readonly Method[]; readonly notes: readonly Note[] }> {
  const wanted = corpus.train.length;
  if (fileCount === 0) {
    const text =
      "PCA and novelty are left out: they need the model's training recordings; --trained-on says where those are";
    return { methods: [], notes: [{ code: "pca-impossible", text }] };
  }
  tell(context, "fitting PCA");
  await nextTurn();
  const { latentSize, framesPerLatent: groupFrames } = codec;
  const code = await fitLinearCode(runtime, groups, { groupFrames, latentSize });
  const text = `PCA was fitted on ${fileCount} of the ${wanted} files that the model learned from: the others are not here`;
  return {
    methods: [pcaMethod(code)],
    notes: fileCount < wanted ? [{ code: "pca-partial", text }] : [],
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
      await makePrivateFolder(folder);
      await makeFolder(join(folder, kind));
      const sound = { sampleRate: MODEL_RATE_HZ, channels: [samples] };
      await writeFile(path, writeWav(sound, { encoding: "float32", madeHere: true }));
    } catch (cause) {
      throw notWritten(path, cause);
    }
  };
}

async function noveltyBeside(
  { context, model, codec }: Job,
  { training, descriptors }: Reading,
  { heldOut: heldOutPaths }: FileChoice,
): Promise<Novelty | null> {
  const isMute = model.latents.lengths.length === 0;
  // What training held out is of the same kind as what it learned from; a stranger's may not be.
  const others = heldOutPaths.flatMap((path) => descriptors.get(path) ?? []);
  const heldOut = training.heldOut.length > 0 ? training.heldOut : others;
  if (isMute || training.learned.length === 0 || heldOut.length === 0) return null;
  const generated: Float64Array[] = [];
  const options = { count: GENERATED_COUNT, seed: 1 };
  for await (const descriptor of generatedDescriptors(codec, model, options)) {
    generated.push(descriptor);
    tell(context, `generating ${generated.length} of ${GENERATED_COUNT}`);
    await nextTurn();
    context.signal.throwIfAborted();
  }
  return noveltyOf({ train: training.learned, heldOut, generated });
}

/** Replaces the line of progress, where somebody sees it. */
function tell({ stderr }: CommandContext, text: string): void {
  if (stderr.isTerminal) stderr.write(`${CLEAR_LINE}${text}`);
}

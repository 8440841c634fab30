/**
 * A whole training run, from a folder of recordings to a model file, as news.
 *
 * Meant for a worker thread: the native runtime blocks the thread it runs on.
 */

import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { type News, PROTOCOL_VERSION, type RunEnded } from "../../events/events.ts";
import { replaceFile } from "../../files.node.ts";
import type { Clock } from "../../host.ts";
import type { Json } from "../../json.ts";
import { seededRandom } from "../../random.ts";
import { isMissed } from "../audio/corpus/corpus.ts";
import { openCodec } from "../latent/codec.ts";
import { recipeOf } from "../model/kinds.ts";
import { openLearner } from "../model/learner.ts";
import { writeModel } from "../model/model-file.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { readBest, withBest } from "./best-model.node.ts";
import { requireFit } from "./checkpoint.ts";
import { loadNewestCheckpoint } from "./checkpoint-store.node.ts";
import {
  type CorpusFrames,
  type FileFrames,
  readCorpusFrames,
  readOpenings,
} from "./corpus-frames.node.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import { withinMemory } from "./memory.ts";
import { finishedModel } from "./model-keeper.node.ts";
import { fitAndKeepFoundation, keptFoundation, recipeDescription } from "./recipe-choice.node.ts";
import { pathsOf, recordOf, sameFiles, splitOf } from "./record.ts";
import { type ResumePoint, resumePointOf } from "./resume-point.node.ts";
import { readRunRecord, runPaths, writeRunRecord } from "./run-folder.node.ts";
import { completeSettings } from "./settings.ts";
import { removeFiles, spareFiles } from "./spare-files.node.ts";
import { splitFiles } from "./split.ts";
import { train } from "./train.ts";
import { modelFrame, type Workshop, workshopTools } from "./workshop.node.ts";

export interface SessionTools {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called after each piece of work, so that the thread can hear of a stop. */
  breathe(): Promise<void>;
}

/**
 * @throws What made the run fail, after a `run-ended` that says so; without one if it failed
 *   before `run-started`.
 */
export async function* trainSession(job: TrainJob, tools: SessionTools): AsyncGenerator<News> {
  const startedMs = tools.clock.nowMs();
  const running = session(job, { ...tools, startedMs });
  let reached: { readonly step: number; readonly kept: boolean } | undefined;
  let ended: RunEnded;
  let failure: unknown;
  try {
    let next = await running.next();
    for (; !next.done; next = await running.next()) {
      const news = next.value;
      if (news.type === "run-started") reached = { step: news.resumedAtStep, kept: job.resume };
      if (news.type === "step-done") reached = { step: news.step, kept: reached?.kept === true };
      if (news.type === "checkpoint-saved") reached = { step: news.step, kept: true };
      yield news;
    }
    ended = next.value;
  } catch (error) {
    if (reached === undefined) throw error;
    failure = error;
    const { step, kept } = reached;
    const about = { type: "run-ended", step, elapsedMs: tools.clock.nowMs() - startedMs } as const;
    // An error that the user can fix, such as a full disk, is not a consequence of the stop.
    ended =
      tools.signal.aborted && !(error instanceof UserError)
        ? { ...about, outcome: "cancelled", ...(!kept && { reason: NOTHING_TO_KEEP }) }
        : { ...about, outcome: "failed", reason: messageOf(error) };
  }
  yield ended;
  if (ended.outcome === "failed" && failure !== undefined) throw failure;
}

const NOTHING_TO_KEEP = "stopped before the first step, so nothing was saved";

type StartedTools = SessionTools & { readonly startedMs: number };

async function* session(job: TrainJob, tools: StartedTools): AsyncGenerator<News, RunEnded> {
  const { signal } = tools;
  const resumed = job.resume ? await resumePointOf(job) : undefined;
  const engine = {
    device: job.device ?? resumed?.record.device ?? "auto",
    threads: job.threads ?? resumed?.record.threads ?? 2,
  };
  const runtime = await openRuntime({ kind: engine.device, threads: engine.threads });
  yield startNews(job, { runtime, resumed, wallMs: tools.clock.wallMs() });

  yield { type: "phase-started", phase: "reading", text: "reading your recordings" };
  const first = resumed && pathsOf(resumed.record);
  const found = yield* readCorpusFrames(job.corpusFolder, { signal, ...(first && { first }) });
  yield* corpusNotices(found);
  const { record, notices } = resumed ?? newRecord(job, found, { ...engine, clock: tools.clock });
  yield* notices;
  const corpus = resumed === undefined ? found : await sameCorpus(job, resumed, found);
  const split = splitOf(record);
  yield corpusNews(job, corpus, split);
  if (split.train.length + split.validation.length > corpus.files.length) {
    const text = "the only file is also the validation file, so overfitting can hardly be detected";
    yield { type: "notice", level: "warning", code: "nothing-held-out", text };
  }

  yield {
    type: "phase-started",
    phase: "preparing",
    text: "finding what the sounds have in common",
  };
  const runtimes = {
    // A started step is finished: a partial one could not be resumed.
    steps: watched(runtime, tools.breathe),
    rest: watched(runtime, async () => {
      await tools.breathe();
      signal.throwIfAborted();
    }),
  };
  const workshop = await openWorkshop(runtimes, { job, corpus, record, resumed });
  signal.throwIfAborted();
  const paths = runPaths(job.runFolder);
  const checkpoint =
    resumed?.checkpoint &&
    (yield* withBest(resumed.checkpoint, paths, modelFrame(workshop, tools.clock)));
  yield { type: "phase-started", phase: "training", text: "learning" };
  const loop = workshopTools(workshop, { ...tools, resumed: checkpoint });
  const ended = yield* train(loop.trainee, loop.plan, loop.tools);
  if (ended.outcome !== "finished") return ended;

  yield { type: "phase-started", phase: "saving", text: "saving the model" };
  yield* saveModel(workshop, tools.clock);
  return {
    ...ended,
    elapsedMs: tools.clock.nowMs() - tools.startedMs + (checkpoint?.progress.elapsedMs ?? 0),
  };
}

/**
 * The corpus of a resumed run, each file under its name in the run. If the recordings have moved to
 * another folder, the record is updated.
 */
async function sameCorpus(
  { corpusFolder, runFolder }: TrainJob,
  { record }: ResumePoint,
  corpus: CorpusFrames,
): Promise<CorpusFrames> {
  const files = sameFiles(record, corpus.files, corpusFolder);
  if (corpusFolder !== record.corpusFolder) {
    await writeRunRecord(runFolder, { ...(await readRunRecord(runFolder)), corpusFolder });
  }
  return { ...corpus, files };
}

/** Writes the model file of a finished run and deletes files that are no longer needed. */
async function* saveModel(
  workshop: Workshop,
  clock: Pick<SessionTools["clock"], "wallMs">,
): AsyncGenerator<News> {
  const { job, codec, trainFiles, learner } = workshop;
  const paths = runPaths(job.runFolder);
  const { checkpoint } = await loadNewestCheckpoint(paths.checkpoints);
  const { progress } = yield* withBest(checkpoint, paths, modelFrame(workshop, clock));
  const best = progress.best === null ? undefined : await readBest(paths);
  if (best === undefined) throw withoutModel(job, progress.epoch);
  // Its programs hold the memory of a step, which the final encoding of the corpus can use.
  await learner.release();
  const frames = trainFiles.map((file) => file.frames);
  const bytes = await writeModel(await finishedModel(codec, frames, best));
  await replaceFile(paths.model, bytes);
  const path = join(job.runFolderShown, "model.etude");
  yield { type: "model-saved", path, bytes: bytes.length, step: best.description.step };
  await removeFiles(await spareFiles(job.runFolder));
}

function withoutModel({ corpusFolder }: TrainJob, epochs: number): UserError {
  return new UserError({
    code: "nothing-learned",
    message: `Cannot make a model of "${corpusFolder}": found no epoch of ${epochs} with a loss that is a finite number, need one`,
    hint: "Look at the recordings with `etude corpus`: what never changes teaches nothing.",
  });
}

function newRecord(
  job: TrainJob,
  corpus: CorpusFrames,
  { clock, ...engine }: Pick<RunRecord, "device" | "threads"> & Pick<StartedTools, "clock">,
): Pick<ResumePoint, "record" | "notices"> {
  const wanted = completeSettings(corpus.files.length, job.overrides);
  const { settings, notices } = withinMemory(wanted, {
    heldBytes: process.memoryUsage.rss(),
    limitBytes: job.memoryLimitBytes ?? Number.POSITIVE_INFINITY,
  });
  const split = splitFiles(
    corpus.files.map(({ path }) => path),
    settings.validationFraction,
    settings.seed,
  );
  const record = recordOf(
    job,
    { files: corpus.files, split },
    { settings, ...engine, createdWallMs: clock.wallMs() },
  );
  return { record, notices };
}

/** All parts of the run, new or restored from the checkpoint. */
async function openWorkshop(
  runtimes: { readonly steps: Runtime; readonly rest: Runtime },
  parts: {
    readonly job: TrainJob;
    readonly corpus: CorpusFrames;
    readonly record: RunRecord;
    readonly resumed: ResumePoint | undefined;
  },
): Promise<Workshop> {
  const { job, corpus, record, resumed } = parts;
  const { settings } = record;
  const byPath = new Map(corpus.files.map((file) => [file.path, file]));
  const filesOf = (paths: readonly string[]): FileFrames[] =>
    paths.flatMap((path) => byPath.get(path) ?? []);
  const split = splitOf(record);
  const trainFiles = filesOf(split.train);
  const { foundation: path } = runPaths(job.runFolder);
  const frames = trainFiles.map((file) => file.frames);
  const foundation =
    resumed === undefined
      ? await fitAndKeepFoundation(runtimes.rest, frames, { settings, path })
      : await keptFoundation(runtimes.rest, frames, { settings, path });
  const recipe = recipeOf(recipeDescription(settings), foundation);
  const state = resumed?.checkpoint?.learner;
  const learner = await openLearner(runtimes.steps, recipe, {
    batch: settings.batchSize,
    freeBits: settings.freeBits,
    random: seededRandom(settings.seed),
    ...(state && { state }),
  });
  if (resumed?.checkpoint !== undefined) {
    const { layout } = learner;
    requireFit(resumed.checkpoint, { layout, recipe, fileCount: trainFiles.length });
  }
  const codec = await openCodec(runtimes.rest, recipe, learner.layout);
  const sealed = resumed === undefined ? await writeRunRecord(job.runFolder, record) : record;
  return {
    job,
    record: sealed,
    recipe,
    learner,
    codec,
    foundation,
    trainFiles,
    validationFiles: filesOf(split.validation),
    originals: await originalsOf(job.corpusFolder, filesOf(split.validation)),
    totalSeconds: corpus.report.durationSeconds.total,
  };
}

/** Number of held-out recordings for previews. */
const ORIGINALS_MAX = 12;

/** A few held-out files, evenly chosen, with their sound. */
async function originalsOf(
  folder: string,
  files: readonly FileFrames[],
): Promise<Workshop["originals"]> {
  const count = Math.min(ORIGINALS_MAX, files.length);
  const chosen = Array.from(
    { length: count },
    (_, i) => files[Math.floor((i * files.length) / count)] as FileFrames,
  );
  const openings = await readOpenings(
    folder,
    chosen.map(({ foundAt }) => foundAt),
  );
  return chosen.flatMap(({ path, foundAt, frames }) => {
    const mono = openings.get(foundAt);
    return mono === undefined ? [] : [{ path, frames, mono }];
  });
}

function startNews(
  job: TrainJob,
  about: {
    readonly runtime: Runtime;
    readonly resumed: ResumePoint | undefined;
    readonly wallMs: number;
  },
): News {
  const { runtime, resumed, wallMs } = about;
  const settings = resumed?.record.settings;
  return {
    type: "run-started",
    protocol: PROTOCOL_VERSION,
    source: "trained",
    title: resumed?.record.name ?? job.name,
    program: job.program,
    seed: settings?.seed ?? job.overrides.seed ?? 1,
    device: runtime.description,
    configuration: plainJson(settings ?? job.overrides),
    resumedAtStep: resumed?.checkpoint?.progress.step ?? 0,
    wallMs,
  };
}

function plainJson(value: object): { readonly [key: string]: Json } {
  return JSON.parse(JSON.stringify(value)) as { readonly [key: string]: Json };
}

function corpusNews(
  job: TrainJob,
  { report }: CorpusFrames,
  split: ReturnType<typeof splitOf>,
): News {
  return {
    type: "corpus-read",
    folder: job.corpusFolder,
    filesUsed: report.counts.used,
    filesLeftOut: report.counts.total - report.counts.used,
    totalSeconds: report.durationSeconds.total,
    trainFiles: split.train,
    validationFiles: split.validation,
  };
}

function* corpusNotices({ report }: CorpusFrames): Generator<News> {
  for (const { code, message, paths } of report.warnings) {
    yield { type: "notice", level: "warning", code, text: `${message}${namesOf(paths)}` };
  }
  const { madeHere } = report.counts;
  if (madeHere > 0) {
    const what = madeHere === 1 ? "1 sound" : `${madeHere} sounds`;
    const text = `${what} generated by étude: left out`;
    yield { type: "notice", level: "info", code: "file-made-here", text };
  }
  for (const file of report.files) {
    if (isMissed(file)) {
      const text = `"${file.path}" is left out: ${file.reason}`;
      yield { type: "notice", level: "warning", code: `file-${file.code}`, text };
    }
    if (file.fate === "duplicate") {
      const text = `"${file.path}" is left out: it is the same sound as "${file.duplicateOf}"`;
      yield { type: "notice", level: "info", code: "file-duplicate", text };
    }
  }
}

const NAMES_IN_NOTICE = 3;

/** ': "tape.wav", "rain.wav" and 4 more' */
function namesOf(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  const named = paths.slice(0, NAMES_IN_NOTICE).map((path) => `"${path}"`);
  const more = paths.length - named.length;
  return `: ${named.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** A runtime that calls `after` whenever a program was compiled or has run. */
function watched(runtime: Runtime, after: () => Promise<void>): Runtime {
  return {
    ...runtime,
    compile: async (model) => {
      const program = await runtime.compile(model);
      await after();
      return {
        run: async (inputs) => {
          const outputs = await program.run(inputs);
          await after();
          return outputs;
        },
        release: () => program.release(),
      };
    },
  };
}

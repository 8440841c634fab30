/**
 * A whole training run, from recordings to a model file, as news.
 *
 * Portable: the recordings, the place where the run is kept, the runtime and the clock come in
 * from outside. The native runtime blocks the thread it runs on: give it a worker.
 */

import { messageOf, UserError } from "../../errors.ts";
import { type News, PROTOCOL_VERSION, type RunEnded } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import type { Json } from "../../json.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { writeModel } from "../model/model-file.ts";
import type { DeviceWish, OpenRuntime, Runtime } from "../tensor/runtime.ts";
import { analysisAtEnd } from "./analysis-at-end.ts";
import { stepsPerPass } from "./batches.ts";
import { type ModelFrame, readBest, withBest } from "./best-model.ts";
import { breathing } from "./breathing.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { loadNewestCheckpoint } from "./checkpoints.ts";
import { corpusNotices, splitNews } from "./corpus-news.ts";
import type { CorpusFrames, CorpusSource } from "./corpus-source.ts";
import {
  chooseDevice,
  type DeviceChoice,
  type GpuTools,
  lostNews,
  otherDeviceNews,
} from "./device-choice.ts";
import { finishedModel } from "./finished-model.ts";
import { originNews, originOf } from "./going-on.ts";
import type { TrainJob } from "./job.ts";
import { expectedStepMs } from "./known-speed.ts";
import { newRecord, wantedSettings } from "./new-record.ts";
import { progressAtStart } from "./progress.ts";
import { recipeDescription } from "./recipe-choice.ts";
import { pathsOf, sameFiles } from "./record.ts";
import { readRecord, writeRecord } from "./record-file.ts";
import { type ResumePoint, resumePointOf } from "./resume-point.ts";
import { modelFrame, openRunParts, type RunParts, type RunRuntimes } from "./run-parts.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";
import { savingTools } from "./saving.ts";
import type { TrainSettings } from "./settings.ts";
import { spareFiles } from "./spare-files.ts";
import { train } from "./train.ts";
import { trainingData } from "./training-data.ts";
import { watched } from "./watched-runtime.ts";

export interface SessionTools {
  readonly corpus: CorpusSource;
  /** Where the run is kept. Nothing else may write there during the run. */
  readonly store: RunStore;
  readonly openRuntime: OpenRuntime;
  /** @default there is none */
  readonly gpu?: GpuTools;
  readonly clock: Clock;
  /** Its abort ends the run after the step at work, with a checkpoint. */
  readonly signal: AbortSignal;
  /** Bytes that the program holds. */
  memoryBytes(): number;
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
  const { signal, store } = tools;
  const resumed = job.resume ? await resumePointOf(job, store) : undefined;
  const engine = {
    device: job.device ?? resumed?.record.device ?? "auto",
    threads: job.threads ?? resumed?.record.threads ?? 2,
  };
  const origin = resumed === undefined ? await originOf(job) : undefined;
  const kind = engine.device === "gpu" ? "auto" : engine.device;
  const runtime = await tools.openRuntime({ kind, threads: engine.threads });
  yield startNews(job, { runtime, resumed, wallMs: tools.clock.wallMs() });

  yield { type: "phase-started", phase: "reading", text: "reading your recordings" };
  const first = resumed && pathsOf(resumed.record);
  const reading = tools.corpus.read({ signal, ...(first && { first }) });
  const found = yield* breathing(reading, tools);
  yield* corpusNotices(found);
  const wanted = resumed ?? wantedSettings(job, found, { origin, tools });
  const { settings } = "record" in wanted ? wanted.record : wanted;
  const wish = wishOf(engine.device, resumed);
  const chosen = yield* chosenDevice(job, { wish, settings, runtime, tools });
  const { expectedMs } = chosen;
  const { clock } = tools;
  const { record, notices } =
    "record" in wanted
      ? wanted
      : newRecord(job, found, { ...engine, origin, clock, expectedMs, fitting: wanted });
  yield* notices;
  yield* otherDeviceNews(resumed?.checkpoint?.device, chosen.description);
  const corpus = resumed === undefined ? found : await sameCorpus(job, found, { resumed, store });
  yield* splitNews(job, corpus, record);
  yield* originNews(record);

  yield {
    type: "phase-started",
    phase: "preparing",
    text: "finding what the sounds have in common",
  };
  const waiting: News[] = [];
  const runtimes = runtimesOf({ processor: runtime, gpu: chosen.gpu }, tools, waiting);
  const parts = await openRunParts(runtimes, { job, corpus, record, resumed, origin, tools });
  signal.throwIfAborted();
  const frame = modelFrame(parts, tools.clock);
  const checkpoint = resumed?.checkpoint && (yield* withBest(resumed.checkpoint, store, frame));
  yield { type: "phase-started", phase: "training", text: "learning" };
  const takeNews = (): News[] => waiting.splice(0);
  const ended = yield* trainParts(parts, { tools, frame, checkpoint, expectedMs, takeNews });
  if (ended.outcome !== "finished") return ended;

  yield { type: "phase-started", phase: "saving", text: "saving the model" };
  yield* saveModel(parts, { store, frame, tools });
  return {
    ...ended,
    elapsedMs: tools.clock.nowMs() - tools.startedMs + (checkpoint?.progress.elapsedMs ?? 0),
  };
}

/** An epoch is a pass over the files, or so many steps where a pass would be shorter. */
const STEPS_PER_EPOCH_MIN = 8;

/** From the beginning, or from where the checkpoint left it. */
function trainParts(
  parts: RunParts,
  from: {
    readonly tools: StartedTools;
    readonly frame: ModelFrame;
    readonly checkpoint: Checkpoint | undefined;
    readonly expectedMs: (settings: TrainSettings) => number | undefined;
    readonly takeNews: () => News[];
  },
): AsyncGenerator<News, RunEnded> {
  const { job, learner, recipe, record } = parts;
  const { settings } = record;
  const { batchSize } = settings;
  const { exampleFrames } = recipe;
  const { tools, frame, checkpoint, takeNews } = from;
  const { clock, signal, store } = tools;
  const trainFiles = parts.trainFiles.map(({ frames }) => frames);
  const validationFiles = parts.validationFiles.map(({ frames }) => frames);
  const knownFiles = parts.knownFiles.map(({ frames }) => frames);
  const pass = stepsPerPass(trainFiles, { exampleFrames, batchSize });
  const stepsPerEpoch = Math.max(STEPS_PER_EPOCH_MIN, pass);
  const data = trainingData({
    ...{ recipe, settings, trainFiles, validationFiles, knownFiles, stepsPerEpoch },
    ...(checkpoint && { state: checkpoint.data }),
  });
  const plan = {
    settings,
    stepsPerEpoch,
    audioSecondsPerStep: (batchSize * exampleFrames * defaultStft.hopLength) / MODEL_RATE_HZ,
    parameterCount: learner.layout.size,
    measuredBatches: Object.values(data.measured).reduce((sum, { length }) => sum + length, 0),
    startedMs: tools.startedMs - (checkpoint?.progress.elapsedMs ?? 0),
    hasOtherMinutes: job.resume && job.overrides.minutes !== undefined,
    expectedStepMs: from.expectedMs(settings),
  };
  return train({ learner, data, takeNews }, plan, {
    clock,
    signal,
    memoryBytes: () => tools.memoryBytes(),
    ...savingTools(parts, data, { store, frame, clock }),
    progress: checkpoint?.progress ?? progressAtStart(settings.epochs),
  });
}

/**
 * The corpus of a resumed run, each file under its name in the run. If the recordings have moved to
 * another folder, the record is updated.
 */
async function sameCorpus(
  { corpusFolder }: TrainJob,
  corpus: CorpusFrames,
  { resumed, store }: { readonly resumed: ResumePoint; readonly store: RunStore },
): Promise<CorpusFrames> {
  const { record } = resumed;
  const files = sameFiles(record, corpus.files, corpusFolder);
  if (corpusFolder !== record.corpusFolder) {
    await writeRecord(store, { ...(await readRecord(store)), corpusFolder });
  }
  return { ...corpus, files };
}

/** Writes the model file of a finished run and deletes files that are no longer needed. */
async function* saveModel(
  { job, codec, trainFiles, learner }: RunParts,
  {
    store,
    frame,
    tools,
  }: {
    readonly store: RunStore;
    readonly frame: ModelFrame;
    readonly tools: Pick<SessionTools, "signal" | "breathe">;
  },
): AsyncGenerator<News> {
  const { checkpoint } = await loadNewestCheckpoint(store);
  const { progress } = yield* withBest(checkpoint, store, frame);
  const best = progress.best === null ? undefined : await readBest(store);
  if (best === undefined) throw withoutModel(job, progress.epoch);
  // Its programs hold the memory of a step, which the final encoding of the corpus can use.
  await learner.release();
  const frames = trainFiles.map((file) => file.frames);
  const model = await finishedModel(codec, frames, best);
  let bytes = await writeModel(model);
  await store.write(RUN_FILES.model, bytes);
  // Before anything else can go wrong: they are most of what the run takes.
  for (const name of await spareFiles(store)) await store.remove(name);
  if (job.analyze === true) {
    const text = "measuring what its controls do";
    yield { type: "phase-started", phase: "saving", text };
    try {
      const analysis = await analysisAtEnd(codec, model, tools);
      const measured = analysis ? await writeModel({ ...model, analysis }) : bytes;
      if (analysis) await store.write(RUN_FILES.model, measured);
      bytes = measured;
    } catch (failure) {
      yield notMeasured(failure);
    }
  }
  const path = store.pathOf(RUN_FILES.model);
  yield { type: "model-saved", path, bytes: bytes.length, step: best.description.step };
}

/** The model is there without it, so the run has not failed. */
function notMeasured(failure: unknown): News {
  const text = `its controls were not measured: ${messageOf(failure)}; \`etude analyze\` can do it later`;
  return { type: "notice", level: "warning", code: "not-measured", text };
}

function withoutModel({ corpusFolder }: TrainJob, epochs: number): UserError {
  return new UserError({
    code: "nothing-learned",
    message: `Cannot make a model of "${corpusFolder}": found no epoch of ${epochs} with a loss that is a finite number, need one`,
    hint: "Look at the recordings with `etude corpus`: what never changes teaches nothing.",
  });
}

/** The device of the run, and how long its steps will take there. */
async function* chosenDevice(
  job: TrainJob,
  about: {
    readonly wish: DeviceWish;
    readonly settings: TrainSettings;
    readonly runtime: Runtime;
    readonly tools: SessionTools;
  },
): AsyncGenerator<
  News,
  Pick<DeviceChoice, "gpu"> & {
    readonly description: string;
    expectedMs(settings: TrainSettings): number | undefined;
  }
> {
  const { wish, settings, runtime, tools } = about;
  const { gpu, speeds } = yield* chooseDevice({
    ...{ wish, processor: runtime, gpu: tools.gpu, threads: runtime.threads },
    ...{ model: recipeDescription(settings), batchSize: settings.batchSize },
    ...{ speeds: job.speeds ?? [], memoryBytes: tools.memoryBytes() },
  });
  const { description } = gpu ?? runtime;
  return {
    ...(gpu && { gpu }),
    description,
    expectedMs: (of) => expectedStepMs(speeds, description, of),
  };
}

/** @param waiting Receives news about the GPU. */
function runtimesOf(
  { processor, gpu }: { readonly processor: Runtime; readonly gpu: Runtime | undefined },
  tools: SessionTools,
  waiting: News[],
): RunRuntimes {
  // A started step is finished: a partial one could not be resumed.
  const steps = watched(processor, () => tools.breathe());
  const rest = watched(processor, async () => {
    await tools.breathe();
    tools.signal.throwIfAborted();
  });
  if (gpu === undefined) return { steps, rest };
  const onLost = (failure: string, step: number): void => {
    const memoryBytes = tools.memoryBytes();
    waiting.push(...lostNews(processor, { failure, step, memoryBytes }));
  };
  return { steps, rest, gpu: { gpu: watched(gpu, () => tools.breathe()), onLost } };
}

/**
 * A run on "auto" goes on by what its checkpoint was made with, as long as that is there: what
 * repeats bit for bit is worth more than speed.
 */
function wishOf(device: DeviceWish, resumed: ResumePoint | undefined): DeviceWish {
  const before = resumed?.checkpoint?.device;
  if (device !== "auto" || before === undefined) return device;
  return before.includes(", webgpu, ") ? "gpu" : "native";
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

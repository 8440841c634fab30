/** What a run works with: its files on both sides, its model, and what that model is called. */

import type { Clock } from "../../host.ts";
import { seededRandom } from "../../random.ts";
import { type Codec, openCodec } from "../latent/codec.ts";
import type { CorpusDescription, ModelDescription } from "../model/description.ts";
import { recipeOf } from "../model/kinds.ts";
import { type Learner, openLearner } from "../model/learner.ts";
import type { Model } from "../model/model-file.ts";
import type { Recipe } from "../model/recipe.ts";
import type { LearnerState } from "../model/trained-state.ts";
import type { Runtime } from "../tensor/runtime.ts";
import type { ModelFrame } from "./best-model.ts";
import { requireFit } from "./checkpoint.ts";
import type { CorpusFrames, CorpusSource, FileFrames } from "./corpus-source.ts";
import { keptOrigin, stateFrom } from "./going-on.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import type { Original } from "./previews.ts";
import type { Progress } from "./progress.ts";
import {
  type FoundationPlace,
  fitAndKeepFoundation,
  keepFoundation,
  keptFoundation,
  recipeDescription,
} from "./recipe-choice.ts";
import { writeRecord } from "./record-file.ts";
import type { ResumePoint } from "./resume-point.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";
import { type HeldOutSound, identitiesOf, sidesOf } from "./sides.ts";
import { openSteadyLearner, type SteadyRuntimes } from "./steady-learner.ts";

export interface RunParts {
  readonly job: TrainJob;
  readonly record: RunRecord;
  readonly recipe: Recipe;
  readonly learner: Learner;
  readonly codec: Codec;
  readonly foundation: Model["foundation"];
  readonly trainFiles: readonly FileFrames[];
  readonly validationFiles: readonly HeldOutSound[];
  /** Those that the model knew before the run, of either side. */
  readonly knownFiles: readonly FileFrames[];
  /** Held-out recordings for previews. */
  readonly originals: readonly Original[];
  /** As the model file describes it. */
  readonly described: CorpusDescription;
}

/** What computes, and for what. */
export interface RunRuntimes {
  /** Steps and measurements where no GPU does them, or does them no longer. */
  readonly steps: Runtime;
  /** All else. */
  readonly rest: Runtime;
  readonly gpu?: Pick<SteadyRuntimes, "gpu" | "onLost">;
}

/** All parts of the run, new or restored from the checkpoint. */
export async function openRunParts(
  runtimes: RunRuntimes,
  given: {
    readonly job: TrainJob;
    readonly corpus: CorpusFrames;
    readonly record: RunRecord;
    readonly resumed: ResumePoint | undefined;
    /** The model that a new run starts from. */
    readonly origin: Model | undefined;
    readonly tools: { readonly corpus: CorpusSource; readonly store: RunStore };
  },
): Promise<RunParts> {
  const { job, corpus, record, resumed, origin, tools } = given;
  const { settings } = record;
  const { train: trainFiles, validation: validationFiles } = sidesOf(record, corpus.files);
  const { store } = tools;
  const frames = trainFiles.map((file) => file.frames);
  const place = { record, store };
  const foundationAnew = async (): Promise<Model["foundation"]> =>
    record.from === undefined
      ? fitAndKeepFoundation(runtimes.rest, frames, place)
      : keepFoundation((origin ?? (await keptOrigin(record, store))).foundation, place);
  const foundation = await (resumed === undefined
    ? foundationAnew()
    : keptFoundation(place, foundationAnew));
  const recipe = recipeOf(recipeDescription(settings), foundation);
  const state = resumed?.checkpoint?.learner ?? (await startingState(origin, place));
  const options = {
    batch: settings.batchSize,
    freeBits: settings.freeBits,
    random: seededRandom(settings.seed),
    ...(state && { state }),
  };
  const learner =
    runtimes.gpu === undefined
      ? await openLearner(runtimes.steps, recipe, options)
      : await openSteadyLearner({ ...runtimes.gpu, processor: runtimes.steps }, recipe, options);
  if (resumed?.checkpoint !== undefined) {
    const { layout } = learner;
    requireFit(resumed.checkpoint, { layout, recipe, fileCount: trainFiles.length });
  }
  const codec = await openCodec(runtimes.rest, recipe, learner.layout);
  // Before the record: a run that has one can be resumed.
  if (resumed === undefined && job.from) await store.write(RUN_FILES.origin, job.from.bytes);
  const sealed = resumed === undefined ? await writeRecord(store, record) : record;
  return {
    job,
    record: sealed,
    recipe,
    learner,
    codec,
    foundation,
    trainFiles,
    validationFiles,
    knownFiles: knownFiles(record, corpus.files),
    originals: await originalsOf(tools.corpus, validationFiles),
    described: describedCorpus(record, corpus),
  };
}

/** Of a run that starts from a model and has no checkpoint yet; undefined where it starts from nothing. */
async function startingState(
  origin: Model | undefined,
  { record, store }: FoundationPlace,
): Promise<LearnerState | undefined> {
  if (record.from === undefined) return undefined;
  return stateFrom(origin ?? (await keptOrigin(record, store)));
}

function knownFiles(record: RunRecord, files: readonly FileFrames[]): FileFrames[] {
  const known = new Set(record.files.flatMap((file) => (file.known === true ? file.path : [])));
  return files.filter(({ path }) => known.has(path));
}

/** Number of held-out recordings for previews. */
const ORIGINALS_MAX = 12;

/** A few held-out files, evenly chosen, with their sound. */
async function originalsOf(
  corpus: CorpusSource,
  files: readonly HeldOutSound[],
): Promise<RunParts["originals"]> {
  const count = Math.min(ORIGINALS_MAX, files.length);
  const chosen = Array.from(
    { length: count },
    (_, i) => files[Math.floor((i * files.length) / count)] as HeldOutSound,
  );
  const starts = new Map(chosen.map(({ foundAt, startSeconds }) => [foundAt, startSeconds]));
  const openings = await corpus.openings(starts);
  return chosen.flatMap(({ path, foundAt, frames }) => {
    const mono = openings.get(foundAt);
    return mono === undefined ? [] : [{ path, frames, mono }];
  });
}

/** What all models of this run share. */
export function modelFrame(parts: RunParts, clock: Pick<Clock, "wallMs">): ModelFrame {
  return {
    layout: parts.learner.layout,
    foundation: parts.foundation,
    describe: (progress) => describe(parts, progress, clock.wallMs()),
  };
}

function describe(parts: RunParts, progress: Progress, wallMs: number): ModelDescription {
  const { job, record, described } = parts;
  return {
    name: record.name,
    recipe: recipeDescription(record.settings),
    program: job.program,
    trainedWallMs: wallMs,
    step: progress.step,
    epoch: progress.epoch,
    validationReconstruction: progress.best?.value ?? null,
    corpus: described,
    settings: { ...record.settings },
  };
}

function describedCorpus(record: RunRecord, { files, report }: CorpusFrames): CorpusDescription {
  const soundHashes = new Map(files.map(({ path, soundHash }) => [path, soundHash]));
  const identities = identitiesOf(record, ({ path, sha256 }) => {
    const soundHash = soundHashes.get(path);
    return { contentHash: sha256, ...(soundHash !== undefined && { soundHash }) };
  });
  return { ...identities, totalSeconds: report.durationSeconds.total };
}

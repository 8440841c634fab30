/** Assembles the parts of a run for the training loop. */

import { join } from "node:path";
import { replaceFile } from "../../files.node.ts";
import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import type { Codec } from "../latent/codec.ts";
import type { ModelDescription, RecordingIdentity } from "../model/description.ts";
import type { Learner } from "../model/learner.ts";
import type { Model } from "../model/model-file.ts";
import type { Recipe } from "../model/recipe.ts";
import { stepsPerPass } from "./batches.ts";
import type { ModelFrame } from "./best-model.node.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { saveCheckpoint } from "./checkpoint-store.node.ts";
import type { FileFrames } from "./corpus-frames.node.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import { modelKeeper } from "./model-keeper.node.ts";
import { type PreviewParts, previews } from "./previews.ts";
import { type Progress, progressAtStart } from "./progress.ts";
import { recipeDescription } from "./recipe-choice.node.ts";
import { runPaths } from "./run-folder.node.ts";
import type { SessionTools } from "./session.node.ts";
import type { TrainTools } from "./train.ts";
import type { TrainPlan } from "./train-plan.ts";
import { createTrainee, type Trainee } from "./trainee.ts";

export interface Workshop {
  readonly job: TrainJob;
  readonly record: RunRecord;
  readonly recipe: Recipe;
  readonly learner: Learner;
  readonly codec: Codec;
  readonly foundation: Model["foundation"];
  readonly trainFiles: readonly FileFrames[];
  readonly validationFiles: readonly FileFrames[];
  /** Held-out recordings for previews. */
  readonly originals: PreviewParts["originals"];
  readonly totalSeconds: number;
}

export interface Loop {
  readonly trainee: Trainee;
  readonly plan: TrainPlan;
  readonly tools: TrainTools & { readonly progress: Progress };
}

/** An epoch is a pass over the files, or so many steps where a pass would be shorter. */
const STEPS_PER_EPOCH_MIN = 8;

export function workshopTools(
  workshop: Workshop,
  options: SessionTools & { readonly startedMs: number; readonly resumed: Checkpoint | undefined },
): Loop {
  const { learner, recipe, record } = workshop;
  const { settings } = record;
  const { clock, signal, startedMs, resumed } = options;
  const trainFiles = workshop.trainFiles.map(({ frames }) => frames);
  const { exampleFrames } = recipe;
  const pass = stepsPerPass(trainFiles, { exampleFrames, batchSize: settings.batchSize });
  const stepsPerEpoch = Math.max(STEPS_PER_EPOCH_MIN, pass);
  const trainee = createTrainee({
    recipe,
    learner,
    settings,
    trainFiles,
    validationFiles: workshop.validationFiles.map(({ frames }) => frames),
    stepsPerEpoch,
    nowMs: () => clock.nowMs(),
    ...(resumed && { dataState: resumed.data }),
  });
  return {
    trainee,
    plan: {
      settings,
      stepsPerEpoch,
      audioSecondsPerStep:
        (settings.batchSize * exampleFrames * defaultStft.hopLength) / MODEL_RATE_HZ,
      parameterCount: learner.layout.size,
      measuredBatches: trainee.measuredBatches,
      startedMs: startedMs - (resumed?.progress.elapsedMs ?? 0),
    },
    tools: {
      clock,
      signal,
      progress: resumed?.progress ?? progressAtStart(settings.epochs),
      ...savingTools(workshop, trainee, clock),
      preview: (progress) => previewsOf(workshop, progress),
      memoryBytes: () => process.memoryUsage.rss(),
    },
  };
}

function savingTools(
  workshop: Workshop,
  trainee: Trainee,
  clock: SessionTools["clock"],
): Pick<TrainTools, "save" | "keepBest"> {
  const { job, learner } = workshop;
  const { checkpoints, best } = runPaths(job.runFolder);
  const keeper = modelKeeper(learner, modelFrame(workshop, clock), best);
  return {
    keepBest: (progress) => keeper.keep(progress),
    save: async (progress, reason) => {
      const startedMs = clock.nowMs();
      await keeper.write();
      const { learnerState, dataState } = trainee;
      const { sha256 } = workshop.record;
      const checkpoint = {
        ...{ learner: learnerState, data: dataState, progress },
        ...(sha256 !== undefined && { record: sha256 }),
      };
      const { name, bytes } = await saveCheckpoint(checkpoints, checkpoint);
      return {
        type: "checkpoint-saved",
        step: progress.step,
        epoch: progress.epoch,
        path: join(job.runFolderShown, "checkpoints", name),
        bytes,
        durationMs: clock.nowMs() - startedMs,
        reason,
      };
    },
  };
}

function previewsOf(workshop: Workshop, progress: Progress): ReturnType<typeof previews> {
  const { job, learner, codec, trainFiles, originals, record } = workshop;
  const { average, statistics } = learner.state;
  return previews(
    {
      codec,
      trainFiles: trainFiles.map(({ frames }) => frames),
      originals,
      epochsPerPreview: record.settings.epochsPerPreview,
      seed: record.settings.seed,
      write: async (name, bytes) => {
        await replaceFile(join(runPaths(job.runFolder).previews, name), bytes);
        return join(job.runFolderShown, "previews", name);
      },
    },
    { weights: average, statistics },
    progress,
  );
}

/** What all models of this run share. */
export function modelFrame(
  workshop: Workshop,
  clock: Pick<SessionTools["clock"], "wallMs">,
): ModelFrame {
  return {
    layout: workshop.learner.layout,
    foundation: workshop.foundation,
    describe: (progress) => describe(workshop, progress, clock.wallMs()),
  };
}

function describe(workshop: Workshop, progress: Progress, wallMs: number): ModelDescription {
  const { job, record, totalSeconds } = workshop;
  return {
    name: record.name,
    recipe: recipeDescription(record.settings),
    program: job.program,
    trainedWallMs: wallMs,
    step: progress.step,
    epoch: progress.epoch,
    validationReconstruction: progress.best?.value ?? null,
    corpus: {
      train: workshop.trainFiles.map(identityOf),
      validation: workshop.validationFiles.map(identityOf),
      totalSeconds,
    },
    settings: { ...record.settings },
  };
}

function identityOf({ sha256, soundHash }: FileFrames): RecordingIdentity {
  return { contentHash: sha256, soundHash };
}

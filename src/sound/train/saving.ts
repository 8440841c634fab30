/** What the training loop writes as it goes: checkpoints, the best model, sounds to listen to. */

import type { News } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { bestModelKeeper, type ModelFrame } from "./best-model.ts";
import { saveCheckpoint } from "./checkpoints.ts";
import { previews } from "./previews.ts";
import type { Progress } from "./progress.ts";
import type { RunParts } from "./run-parts.ts";
import type { RunStore } from "./run-store.ts";
import type { TrainTools } from "./train.ts";
import type { TrainingData } from "./training-data.ts";

export interface SavingPlace {
  readonly store: RunStore;
  readonly frame: ModelFrame;
  readonly clock: Pick<Clock, "nowMs">;
}

export function savingTools(
  parts: RunParts,
  data: Pick<TrainingData, "state">,
  { store, frame, clock }: SavingPlace,
): Pick<TrainTools, "save" | "keepBest" | "preview"> {
  const { record, learner } = parts;
  const { sha256 } = record;
  const keeper = bestModelKeeper(learner, frame, store);
  return {
    keepBest: (progress) => keeper.keep(progress),
    save: async (progress, reason) => {
      const startedMs = clock.nowMs();
      await keeper.write();
      const { name, bytes } = await saveCheckpoint(store, {
        ...{ learner: await learner.state(), data: data.state, progress },
        device: learner.device,
        ...(sha256 !== undefined && { record: sha256 }),
      });
      return {
        type: "checkpoint-saved",
        step: progress.step,
        epoch: progress.epoch,
        path: store.pathOf(name),
        bytes,
        durationMs: clock.nowMs() - startedMs,
        reason,
      };
    },
    preview: (progress) => previewsOf(parts, store, progress),
  };
}

async function* previewsOf(
  { learner, codec, trainFiles, originals, record }: RunParts,
  store: RunStore,
  progress: Progress,
): AsyncGenerator<News> {
  const { average, statistics } = await learner.state();
  const { epochsPerPreview, seed } = record.settings;
  yield* previews(
    {
      codec,
      trainFiles: trainFiles.map(({ frames }) => frames),
      originals,
      epochsPerPreview,
      seed,
      write: async (file, bytes) => {
        const name = `previews/${file}`;
        await store.write(name, bytes);
        return store.pathOf(name);
      },
    },
    { weights: average, statistics },
    progress,
  );
}

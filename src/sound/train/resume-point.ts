/** The point from which a run resumes: its record and its newest usable checkpoint. */

import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { hasCheckpoints, loadNewestCheckpoint } from "./checkpoints.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import { type Progress, progressAtStart } from "./progress.ts";
import { requireSameRecord } from "./record.ts";
import { readRecord } from "./record-file.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";

export interface ResumePoint {
  readonly record: RunRecord;
  /** Absent if the run ended before its first checkpoint: it starts at step 0, with its record. */
  readonly checkpoint: Checkpoint | undefined;
  /** Warnings about what could not be used. */
  readonly notices: readonly News[];
}

/**
 * The run as it was started, with a new length if one is given.
 *
 * @throws UserError "nothing-to-resume" or "run-finished" (exit code 2), "checkpoint-missing", and
 *   those of `readRecord`.
 */
export async function resumePointOf(
  { overrides }: Pick<TrainJob, "overrides">,
  store: RunStore,
): Promise<ResumePoint> {
  const record = await readRecord(store);
  const { checkpoint, notices } = (await isUnbegun(store))
    ? { checkpoint: undefined, notices: [] }
    : await checkpointOf(record, store);
  const done = checkpoint?.progress ?? progressAtStart(record.settings.epochs);
  const { epochs, minutes } = overrides;
  if (epochs !== undefined && epochs <= done.epoch) {
    throw new UserError({
      code: "nothing-to-resume",
      message: `Cannot resume up to epoch ${epochs}: found ${done.epoch} done, need more`,
      hint: "Give a larger --epochs, or none to continue as planned.",
      exitCode: 2,
    });
  }
  if (epochs === undefined && minutes === undefined) {
    await requireUnfinished(store, done);
    return { record, checkpoint, notices };
  }
  const settings = {
    ...record.settings,
    epochs: epochs ?? record.settings.epochs,
    epochsAtMost: epochs ?? null,
    minutes: minutes ?? null,
  };
  const progress = { ...done, epochsTotal: settings.epochs };
  return {
    record: { ...record, settings },
    checkpoint: checkpoint && { ...checkpoint, progress },
    notices,
  };
}

async function checkpointOf(
  record: RunRecord,
  store: RunStore,
): Promise<Pick<ResumePoint, "checkpoint" | "notices">> {
  const { checkpoint, notices } = await loadNewestCheckpoint(store);
  return { checkpoint, notices: [...notices, ...requireSameRecord(record, checkpoint)] };
}

/** Whether it ended before its first checkpoint, rather than lost its checkpoints later. */
async function isUnbegun(store: RunStore): Promise<boolean> {
  if (await hasCheckpoints(store)) return false;
  const { best, model } = RUN_FILES;
  const later = await Promise.all([best, model].map((name) => store.bytesOf(name)));
  return later.every((found) => found === undefined);
}

/** A run that was stopped while its model was being saved is not finished. */
async function requireUnfinished(store: RunStore, { epoch, epochsTotal }: Progress): Promise<void> {
  const found = await store.bytesOf(RUN_FILES.model);
  if (epoch < epochsTotal || found === undefined) return;
  throw new UserError({
    code: "run-finished",
    message: `Cannot resume: found all ${epochsTotal} epochs done and the model saved`,
    hint: "Give --epochs or --minutes to train longer.",
    exitCode: 2,
  });
}

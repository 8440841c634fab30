/** The point from which a run resumes: its record and its newest usable checkpoint. */

import { stat } from "node:fs/promises";
import { UserError } from "../../errors.ts";
import type { News } from "../../events/events.ts";
import { makeFolder, notWritten } from "../../files.node.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { hasCheckpoints, loadNewestCheckpoint } from "./checkpoint-store.node.ts";
import type { RunRecord, TrainJob } from "./job.ts";
import { type Progress, progressAtStart } from "./progress.ts";
import { requireSameRecord } from "./record.ts";
import { type RunPaths, readRunRecord, runPaths } from "./run-folder.node.ts";

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
 *   those of `readRunRecord`.
 */
export async function resumePointOf({ runFolder, overrides }: TrainJob): Promise<ResumePoint> {
  const paths = runPaths(runFolder);
  const record = await readRunRecord(runFolder);
  // The user may have deleted them to free space.
  for (const place of [paths.checkpoints, paths.previews]) {
    await makeFolder(place).catch((cause: unknown) => {
      throw notWritten(place, cause);
    });
  }
  const { checkpoint, notices } = (await isUnbegun(paths))
    ? { checkpoint: undefined, notices: [] }
    : await checkpointOf(record, paths);
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
    await requireUnfinished(paths, done);
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
  { checkpoints }: RunPaths,
): Promise<Pick<ResumePoint, "checkpoint" | "notices">> {
  const { checkpoint, notices } = await loadNewestCheckpoint(checkpoints);
  return { checkpoint, notices: [...notices, ...requireSameRecord(record, checkpoint)] };
}

/** Whether it ended before its first checkpoint, rather than lost its checkpoints later. */
async function isUnbegun({ checkpoints, best, model }: RunPaths): Promise<boolean> {
  if (await hasCheckpoints(checkpoints)) return false;
  const later = await Promise.all([best, model].map((path) => stat(path).catch(() => undefined)));
  return later.every((found) => found === undefined);
}

/** A run that was stopped while its model was being saved is not finished. */
async function requireUnfinished(
  { model }: RunPaths,
  { epoch, epochsTotal }: Progress,
): Promise<void> {
  const found = await stat(model).catch(() => undefined);
  if (epoch < epochsTotal || found === undefined) return;
  throw new UserError({
    code: "run-finished",
    message: `Cannot resume: found all ${epochsTotal} epochs done and the model saved`,
    hint: "Give --epochs or --minutes to train longer.",
    exitCode: 2,
  });
}

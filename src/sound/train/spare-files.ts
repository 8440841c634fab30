/** Finds files that a run no longer needs: of its checkpoints, the newest intact one is enough. */

import { readModel } from "../model/model-file.ts";
import { checkpointNames, loadNewestCheckpoint } from "./checkpoints.ts";
import { RUN_FILES, type RunStore } from "./run-store.ts";

/**
 * All checkpoints except the newest intact one, the model that the run started from and, once the best model is in the finished one, its
 * separate file. A run generates and resumes equally well without them.
 *
 * @returns Their names in the store.
 * @throws UserError "checkpoint-missing" if no checkpoint is intact: then all are kept.
 */
export async function spareFiles(store: RunStore): Promise<string[]> {
  const { name: newest, checkpoint } = await loadNewestCheckpoint(store);
  const spare = (await checkpointNames(store)).filter((name) => name !== newest);
  if ((await store.bytesOf(RUN_FILES.origin)) !== undefined) spare.push(RUN_FILES.origin);
  const isSaved = await isInModel(store, checkpoint.progress.best?.step);
  if (isSaved && (await store.bytesOf(RUN_FILES.best)) !== undefined) spare.push(RUN_FILES.best);
  return spare;
}

/** Whether the finished model is intact and not older than the best one, as in a resumed run. */
async function isInModel(store: RunStore, bestStep: number | undefined): Promise<boolean> {
  try {
    const bytes = await store.read(RUN_FILES.model);
    if (bytes === undefined || bestStep === undefined) return false;
    const { description } = await readModel(bytes, store.pathOf(RUN_FILES.model));
    return description.step >= bestStep;
  } catch {
    return false;
  }
}

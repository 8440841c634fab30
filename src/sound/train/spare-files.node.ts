/** Finds files that a run no longer needs: of its checkpoints, the newest intact one is enough. */

import { readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { readModel } from "../model/model-file.ts";
import { checkpointNames, loadNewestCheckpoint } from "./checkpoint-store.node.ts";
import { type RunPaths, runPaths } from "./run-folder.node.ts";

export interface SpareFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * All checkpoints except the newest intact one and, once the best model is in the finished one, its
 * separate file. A run generates and resumes equally well without them.
 *
 * @throws UserError "checkpoint-missing" if no checkpoint is intact: then all are kept.
 */
export async function spareFiles(folder: string): Promise<SpareFile[]> {
  const paths = runPaths(folder);
  const { name: newest, checkpoint } = await loadNewestCheckpoint(paths.checkpoints);
  const others = (await checkpointNames(paths.checkpoints)).filter((name) => name !== newest);
  const spare = others.map((name) => join(paths.checkpoints, name));
  if (await isInModel(paths, checkpoint.progress.best?.step)) spare.push(paths.best);
  const sizes = await Promise.all(
    spare.map(async (path) => ({ path, found: await stat(path).catch(() => undefined) })),
  );
  return sizes.flatMap(({ path, found }) => (found ? [{ path, bytes: found.size }] : []));
}

export async function removeFiles(files: readonly SpareFile[]): Promise<void> {
  for (const { path } of files) await rm(path, { force: true });
}

/** Whether the finished model is intact and not older than the best one, as in a resumed run. */
async function isInModel({ model }: RunPaths, bestStep: number | undefined): Promise<boolean> {
  try {
    const { description } = await readModel(await readFile(model), model);
    return bestStep !== undefined && description.step >= bestStep;
  } catch {
    return false;
  }
}

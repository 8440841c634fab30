/** Finds the run that a model came from, if the model is still in its folder. */

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { RunRecord } from "./job.ts";
import { readRunRecord } from "./run-folder.node.ts";

/**
 * @param path A model file, or the folder of a run.
 * @returns undefined if there is no readable record: the model works without.
 */
export async function runOfModel(path: string): Promise<RunRecord | undefined> {
  const found = await stat(path).catch(() => undefined);
  const folder = found?.isDirectory() === true ? path : dirname(path);
  return readRunRecord(folder).catch(() => undefined);
}

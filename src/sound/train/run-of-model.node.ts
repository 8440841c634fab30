/** The run that a model came from, where the model still lies in its folder. */

import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { RecordingIdentity } from "../model/model-file.ts";
import type { RunRecord } from "./job.ts";
import { readRunRecord } from "./run-folder.node.ts";

/**
 * @param path A model file, or the folder of a run.
 * @returns undefined where there is no record that can be read: the model is as good without.
 */
export async function runOfModel(path: string): Promise<RunRecord | undefined> {
  const found = await stat(path).catch(() => undefined);
  const folder = found?.isDirectory() === true ? path : dirname(path);
  return readRunRecord(folder).catch(() => undefined);
}

/** What a run's record tells of its recordings. */
export function identitiesOf({ files }: RunRecord): {
  readonly train: readonly RecordingIdentity[];
  readonly validation: readonly RecordingIdentity[];
} {
  const of = (other: string): RecordingIdentity[] =>
    files.filter(({ side }) => side !== other).map(({ sha256 }) => ({ contentHash: sha256 }));
  return { train: of("validation"), validation: of("train") };
}

/** The names of a model's recordings, if its run still exists. */

import { runOfModel } from "../train/run-of-model.node.ts";
import type { FoundModel } from "./find-model.node.ts";

/** @returns Paths in the folder of recordings, by their SHA-256. */
export async function recordingNames({
  path,
  manifest,
}: FoundModel): Promise<ReadonlyMap<string, string>> {
  const record = await runOfModel(manifest?.run?.folder ?? path);
  return new Map(record?.files.map(({ sha256, path: name }) => [sha256, name]));
}

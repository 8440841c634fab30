/** Collects the result of a worker into the folder of its run, and verifies it. */

import { UserError } from "../errors.ts";
import { readModel } from "../sound/model/model-file.ts";
import { modelIdentity } from "../sound/model/model-identity.ts";
import { folderStore } from "../sound/train/folder-store.node.ts";
import { RUN_FILES } from "../sound/train/run-store.ts";
import type { Lease } from "./lease.ts";
import { fetchFiles, type RunShelf } from "./run-files.node.ts";

/**
 * @param runFolder Where it is to lie; what a try before has left there is written over.
 * @returns What is wrong with it; undefined where nothing is.
 */
export async function collected(
  runFolder: string,
  { files = [], result }: Lease,
  shelf: RunShelf,
): Promise<string | undefined> {
  if (result === undefined) return "it came to no result";
  try {
    await fetchFiles(runFolder, files, shelf);
    const bytes = await folderStore(runFolder).read(RUN_FILES.model);
    if (bytes === undefined) return "it came to no model";
    const found = await modelIdentity(await readModel(bytes, runFolder));
    return found === result.model ? undefined : "its model is not the one that its result names";
  } catch (failure) {
    // That nothing can be written here is no fault of the worker.
    if (!(failure instanceof UserError) || OURS.has(failure.code)) throw failure;
    return failure.message;
  }
}

const OURS: ReadonlySet<string> = new Set(["disk-full", "quota-exceeded", "file-not-written"]);

/** A corpus as a list of files by content: what it is, wherever it lies. */

import { UserError } from "../errors.ts";
import { orderedJson } from "../json.ts";
import { sha256Of } from "../sha256.ts";
import { type ListedFile, listFiles } from "../sound/audio/corpus/list-files.node.ts";
import type { CorpusFile, CorpusList } from "./corpus-list.ts";
import { sha256OfFile } from "./file-hash.node.ts";
import type { CorpusIdentity } from "./plan.ts";

export interface FoundCorpus {
  readonly identity: CorpusIdentity;
  readonly list: CorpusList;
  /** What to open, in the order of the list. */
  readonly diskPaths: readonly Uint8Array[];
}

/**
 * Reads all files of a folder once. Files that cannot be opened do not count: a run leaves them out.
 *
 * @throws UserError of `listFiles`, and "corpus-not-found" where there is no file at all.
 */
export async function findCorpus(folder: string): Promise<FoundCorpus> {
  const listed = (await listFiles(folder)).filter(({ failure }) => failure === undefined);
  if (listed.length === 0) throw empty(folder);
  const files: CorpusFile[] = [];
  for (const { path, diskPath } of listed) files.push({ path, ...(await sha256OfFile(diskPath)) });
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const list: CorpusList = { format: "etude-corpus", version: 1, files };
  const sha256 = await sha256Of(new TextEncoder().encode(orderedJson(list)));
  return {
    identity: { sha256, files: files.length, bytes },
    list,
    diskPaths: listed.map(({ diskPath }: ListedFile) => diskPath),
  };
}

/** @throws UserError "corpus-changed" where the recordings are not those of the plan. */
export function requireSameCorpus(
  { corpusFolder, corpus }: { readonly corpusFolder: string; readonly corpus: CorpusIdentity },
  found: CorpusIdentity,
): void {
  if (found.sha256 === corpus.sha256) return;
  throw new UserError({
    code: "corpus-changed",
    message: `Cannot go on with the sweep: the recordings in "${corpusFolder}" have changed since it began: found ${found.files} files, ${found.bytes} bytes, need ${corpus.files} files, ${corpus.bytes} bytes as they were`,
    hint: "Restore the folder, or start a new sweep.",
  });
}

function empty(folder: string): UserError {
  return new UserError({
    code: "no-sounds",
    message: `Cannot sweep over "${folder}": found no file, need recordings`,
    hint: "Give the folder that holds the recordings.",
    exitCode: 2,
  });
}

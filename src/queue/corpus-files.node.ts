/** Identifies a corpus by the content of its files, wherever it lies; sends and fetches it. */

import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkedJson } from "../checked.ts";
import { UserError } from "../errors.ts";
import { makeFolder } from "../files.node.ts";
import { orderedJson } from "../json.ts";
import { sha256Of } from "../sha256.ts";
import { type ListedFile, listFiles } from "../sound/audio/corpus/list-files.node.ts";
import { type CorpusFile, type CorpusList, corpusListShape, isInnerPath } from "./corpus-list.ts";
import { sha256OfFile } from "./file-hash.node.ts";
import type { CorpusIdentity } from "./plan.ts";
import { CORPORA, type Objects } from "./queue.ts";

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

/** So many files are on their way at once. */
const TRANSFERS = 4;

/**
 * Hands the recordings to a queue, but for those that it has already.
 *
 * @param workFolder Where a file may be written for a moment.
 * @throws UserError "corpus-not-sendable" for a name that could not be a name elsewhere.
 */
export async function sendCorpus(
  { identity, list, diskPaths }: FoundCorpus,
  objects: Pick<Objects, "has" | "put">,
  workFolder: string,
): Promise<void> {
  const unfit = list.files.find(({ path }) => !isInnerPath(path));
  if (unfit !== undefined) throw notSendable(unfit.path);
  await inTurns(list.files, ({ sha256 }, i) =>
    objects.put(CORPORA, sha256, Buffer.from(diskPaths[i] ?? []).toString()),
  );
  // The list comes last: where it is, all of it is.
  await makeFolder(workFolder);
  const path = join(workFolder, "corpus.json");
  try {
    await writeFile(path, orderedJson(list));
    await objects.put(CORPORA, identity.sha256, path);
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Brings the recordings of a job to this machine, into CACHE/HASH, unless they are there and whole.
 *
 * @throws UserError "object-missing", "object-damaged" or "corpus-not-sendable".
 */
export async function fetchCorpus(
  sha256: string,
  objects: Pick<Objects, "get">,
  { cache, session }: { readonly cache: string; readonly session: string },
): Promise<string> {
  const folder = join(cache, sha256);
  const isThere = (await stat(folder).catch(() => undefined)) !== undefined;
  if (isThere && (await findCorpus(folder)).identity.sha256 === sha256) return folder;
  const aside = join(cache, `.${sha256}.${session}`);
  await makeFolder(cache);
  try {
    await objects.get(CORPORA, sha256, `${aside}.json`);
    const { value: list } = checkedJson(corpusListShape, await readFile(`${aside}.json`, "utf8"));
    if (list === undefined) throw notSendable(sha256);
    await inTurns(list.files, async ({ path, sha256: hash }) => {
      const place = join(aside, ...path.split("/"));
      await makeFolder(dirname(place));
      await objects.get(CORPORA, hash, place);
    });
    if (isThere) await rm(folder, { recursive: true, force: true });
    // Another worker of this machine may have been faster.
    await rename(aside, folder).catch(async (cause: unknown) => {
      if ((await stat(folder).catch(() => undefined)) === undefined) throw cause;
    });
  } finally {
    await rm(`${aside}.json`, { force: true });
    await rm(aside, { recursive: true, force: true });
  }
  return folder;
}

async function inTurns<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      await work(items[index] as T, index);
    }
  };
  await Promise.all(Array.from({ length: TRANSFERS }, lane));
}

function notSendable(path: string): UserError {
  return new UserError({
    code: "corpus-not-sendable",
    message: `Cannot send the recordings: "${path}" cannot be the name of a file on every system`,
    hint: "Rename it: no control characters, backslashes or colons, no folder that begins with a dot.",
  });
}

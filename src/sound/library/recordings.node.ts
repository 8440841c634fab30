/**
 * Recordings that were handed over as bytes and not as a place: kept with the datasets, in a folder
 * for each that is one of its sources. The folder's name is hidden, so that no dataset can have it.
 */

import { randomUUID } from "node:crypto";
import { lstat, readdir, realpath, rename, rm } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { UserError } from "../../errors.ts";
import { makeFolder, makePrivateFolder } from "../../files.node.ts";
import { addToDataset, requireDatasetName } from "./datasets.node.ts";

/** Deepest folder that is kept of where a recording came from. */
const DEPTH_MAX = 12;

/**
 * The folder of what was handed over for a dataset; need not exist.
 *
 * @throws UserError "dataset-name" (exit code 2).
 */
export function recordingsFolder(library: string, name: string): string {
  requireDatasetName(name);
  return join(library, ".recordings", name);
}

/**
 * Takes one recording into a dataset, which is made where there is none.
 *
 * @param path Where it lay in what the person brought, with "/": "drums/kick.wav". Each part becomes
 *   a plain name, so none leads out of the folder.
 * @param write Writes the bytes into a new file.
 * @returns The path below the folder of recordings.
 * @throws UserError "recording-name" (exit code 2), those of `addToDataset`, and those of writing.
 */
export async function takeRecording(
  library: string,
  { dataset, path }: { readonly dataset: string; readonly path: string },
  write: (file: string) => Promise<unknown>,
): Promise<string> {
  const folder = recordingsFolder(library, dataset);
  const parts = plainParts(path);
  const place = join(folder, ...parts.slice(0, -1));
  await makePrivateFolder(join(library, ".recordings"));
  await makeFolder(place);
  // It may be a link.
  if (!isInside(await realpath(place), await realpath(folder))) throw badName(path);
  await addToDataset(library, dataset, [folder]);
  const partial = join(folder, `.${randomUUID()}.part`);
  try {
    await write(partial);
    const name = await freeName(place, parts.at(-1) ?? "");
    await rename(partial, join(place, name));
    return [...parts.slice(0, -1), name].join("/");
  } finally {
    await rm(partial, { force: true });
  }
}

/**
 * Takes a recording out again: it lies in a hidden folder beside the others until it is put back, or
 * the dataset goes.
 *
 * @param file Absolute path of a file among the recordings of the dataset.
 * @returns What puts it back.
 * @throws UserError "recording-not-ours" (exit code 2): other people's files are never touched.
 */
export async function putAside(
  library: string,
  dataset: string,
  file: string,
): Promise<() => Promise<void>> {
  const folder = recordingsFolder(library, dataset);
  if (!(await isRecordingOf(library, dataset, file))) {
    throw new UserError({
      code: "recording-not-ours",
      message: `Cannot remove "${file}": it lies in your own folder, and étude deletes nothing there`,
      hint: "Move it elsewhere yourself, or remove the folder from the corpus.",
      exitCode: 2,
    });
  }
  const aside = join(folder, ".removed");
  await makeFolder(aside);
  const kept = join(aside, randomUUID());
  await rename(file, kept);
  return async () => {
    await makeFolder(dirname(file));
    await rename(kept, file);
  };
}

/** Whether a file was handed over for this dataset, and is not a link to another place. */
export async function isRecordingOf(
  library: string,
  dataset: string,
  file: string,
): Promise<boolean> {
  try {
    const folder = await realpath(recordingsFolder(library, dataset));
    return (await lstat(file)).isFile() && isInside(await realpath(file), folder);
  } catch {
    return false;
  }
}

/** Deletes what was handed over for a dataset; nothing else. */
export async function discardRecordings(library: string, dataset: string): Promise<void> {
  await rm(recordingsFolder(library, dataset), { recursive: true, force: true });
}

function plainParts(path: string): string[] {
  const parts = path.split(/[/\\]+/).filter((part) => part !== "" && part !== ".");
  if (parts.length === 0 || parts.length > DEPTH_MAX || parts.includes("..")) throw badName(path);
  return parts.map((part) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must go
    const plain = part.replace(/[:*?"<>|\u0000-\u001f]+/g, "-").replace(/^\.+/, "-");
    if (Buffer.byteLength(plain) > 200) throw badName(path);
    return plain;
  });
}

async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  const dot = name.lastIndexOf(".");
  const [stem, ending] = dot <= 0 ? [name, ""] : [name.slice(0, dot), name.slice(dot)];
  let candidate = name;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${stem} ${count}${ending}`;
  return candidate;
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

function badName(path: string): UserError {
  return new UserError({
    code: "recording-name",
    message: `Cannot take "${path.slice(0, 100)}": need a file name, in at most ${DEPTH_MAX - 1} folders`,
    hint: "Rename it, or drop it from a folder that is less deep.",
    exitCode: 2,
  });
}

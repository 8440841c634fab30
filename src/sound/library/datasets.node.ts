/**
 * Named datasets: folders and files of recordings under one name.
 *
 * Each is a JSON manifest in the library, NAME.json, that lists where the recordings are; they are
 * never copied, moved or deleted. A dataset of one folder is that folder. For any other, a folder
 * NAME beside the manifest holds links to its parts, so that it can be read like any folder. Fields
 * of the manifest that are not known here survive.
 */

import { lstat, readdir, readFile, realpath, rm, rmdir, stat, symlink } from "node:fs/promises";
import { basename, join, parse as parsePath } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno, makeFolder, notWritten, replaceFile } from "../../files.node.ts";
import { withLock } from "./lock.node.ts";
import { isTable, type Table } from "./settings.ts";

export interface Dataset {
  readonly name: string;
  /** In the order they were added. */
  readonly sources: readonly DatasetSource[];
  /** The folder that stands for the dataset. */
  readonly folder: string;
}

export interface DatasetSource {
  readonly kind: "folder" | "file";
  /** Absolute. */
  readonly path: string;
}

const FORMAT = "etude-dataset";
const VERSION = 1;

/**
 * Makes a dataset, or adds to the one of that name. What it has already is not added twice.
 *
 * @param paths Absolute paths of folders and files.
 * @throws UserError "dataset-name", "dataset-source-missing" (exit code 2), those of
 *   `readDataset`, and those of writing.
 */
export async function addToDataset(
  library: string,
  name: string,
  paths: readonly string[],
): Promise<Dataset> {
  requireDatasetName(name);
  const added = await Promise.all(paths.map(sourceAt));
  return withLock(join(library, "lock"), async () => {
    const manifest = (await readManifest(library, name)) ?? {};
    const sources = [...sourcesOf(manifest)];
    for (const source of added) {
      if (!sources.some(({ path }) => path === source.path)) sources.push(source);
    }
    const changed = { ...manifest, format: FORMAT, version: VERSION, name, sources };
    const dataset = datasetOf(library, name, changed);
    await replaceFile(manifestPath(library, name), `${JSON.stringify(changed, null, 2)}\n`);
    await link(dataset);
    return dataset;
  });
}

/** @throws UserError "dataset-not-found" (exit code 2), "dataset-damaged", "dataset-newer". */
export async function readDataset(library: string, name: string): Promise<Dataset> {
  requireDatasetName(name);
  const manifest = await readManifest(library, name);
  if (manifest === undefined) throw await notFound(library, name);
  return datasetOf(library, name, manifest);
}

/** By name. A manifest that cannot be read is handed to `onDamaged` and left where it is. */
export async function listDatasets(
  library: string,
  onDamaged: (error: UserError) => void,
): Promise<Dataset[]> {
  const datasets: Dataset[] = [];
  for (const name of await namesIn(library)) {
    try {
      datasets.push(await readDataset(library, name));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onDamaged(error);
    }
  }
  return datasets;
}

/** Removes the name. The recordings and the runs trained on them stay. */
export async function removeDataset(library: string, name: string): Promise<Dataset> {
  return withLock(join(library, "lock"), async () => {
    const dataset = await readDataset(library, name);
    await rm(manifestPath(library, name));
    await removeLinks(join(library, name));
    return dataset;
  });
}

/** The sources that are no longer where they were. */
export async function missingSources({ sources }: Dataset): Promise<DatasetSource[]> {
  const found = await Promise.all(sources.map(({ path }) => stat(path).catch(() => undefined)));
  return sources.filter((_, i) => found[i] === undefined);
}

function datasetOf(library: string, name: string, manifest: Table): Dataset {
  const sources = sourcesOf(manifest);
  const [only] = sources;
  const isFolder = sources.length === 1 && only?.kind === "folder";
  return { name, sources, folder: isFolder ? only.path : join(library, name) };
}

function manifestPath(library: string, name: string): string {
  return join(library, `${name}.json`);
}

/** @returns undefined where there is none. */
async function readManifest(library: string, name: string): Promise<Table | undefined> {
  const path = manifestPath(library, name);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause) && cause.code === "ENOENT") return undefined;
    throw damaged(path, messageOf(cause));
  }
  const manifest = parsedManifest(text);
  if (manifest === undefined) throw damaged(path, "it does not describe a dataset");
  if (Number(manifest["version"]) > VERSION) {
    throw new UserError({
      code: "dataset-newer",
      message: `Cannot read "${path}": it has version ${manifest["version"]}, this program knows up to ${VERSION}`,
      hint: "Update etude.",
    });
  }
  return manifest;
}

function parsedManifest(text: string): Table | undefined {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isTable(manifest) || manifest["format"] !== FORMAT) return undefined;
  const sources = manifest["sources"];
  return Array.isArray(sources) && sources.every(isSource) ? manifest : undefined;
}

function isSource(value: unknown): value is DatasetSource {
  if (!isTable(value)) return false;
  const { kind, path } = value;
  return (kind === "folder" || kind === "file") && typeof path === "string";
}

function sourcesOf(manifest: Table): readonly DatasetSource[] {
  return (manifest["sources"] ?? []) as readonly DatasetSource[];
}

async function sourceAt(path: string): Promise<DatasetSource> {
  try {
    const real = await realpath(path);
    const status = await stat(real);
    if (status.isDirectory()) return { kind: "folder", path: real };
    if (status.isFile()) return { kind: "file", path: real };
  } catch (cause) {
    if (!isErrno(cause)) throw cause;
    throw missing(path, cause.code === "ENOENT" ? "it does not exist" : messageOf(cause));
  }
  throw missing(path, "it is neither a folder nor a file");
}

/** Brings the links up to date with the sources. */
async function link({ folder, sources }: Dataset): Promise<void> {
  const [only] = sources;
  if (only?.path === folder) return;
  try {
    await makeFolder(folder);
    const taken = new Set<string>();
    for (const { kind, path } of sources) {
      const name = freeName(path, taken);
      // A junction needs no special rights on Windows; elsewhere the type is ignored.
      await symlink(path, join(folder, name), kind === "folder" ? "junction" : "file").catch(
        (cause: unknown) => {
          if (!isErrno(cause) || cause.code !== "EEXIST") throw cause;
        },
      );
    }
  } catch (cause) {
    throw notWritten(folder, cause);
  }
}

/** The source's own name, without dots at its start, which would hide it; "rain 2.wav" if taken. */
function freeName(path: string, taken: Set<string>): string {
  const { name, ext } = parsePath(basename(path).replace(/^\.+/, "") || "source");
  let candidate = `${name}${ext}`;
  for (let count = 2; taken.has(candidate); count += 1) candidate = `${name} ${count}${ext}`;
  taken.add(candidate);
  return candidate;
}

/** Removes links and nothing else: files of the user stay. */
async function removeLinks(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    if ((await lstat(path)).isSymbolicLink()) await rm(path);
  }
  // Not empty: it holds files of the user.
  await rmdir(folder).catch(() => undefined);
}

async function namesIn(library: string): Promise<string[]> {
  const entries = await readdir(library).catch(() => []);
  return entries
    .filter((entry) => entry.endsWith(".json"))
    .map((entry) => entry.slice(0, -".json".length))
    .filter(isName)
    .toSorted();
}

/** A name is a file name everywhere, and needs no quotes in a shell. */
function isName(name: string): boolean {
  return /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(name);
}

/** @throws UserError "dataset-name" (exit code 2). */
export function requireDatasetName(name: string): void {
  if (isName(name)) return;
  throw new UserError({
    code: "dataset-name",
    message: `Cannot call a dataset "${name}": need 1 to 64 letters, digits, ".", "_" or "-", a letter or digit first`,
    hint: "Choose another name.",
    exitCode: 2,
  });
}

async function notFound(library: string, name: string): Promise<UserError> {
  const names = await namesIn(library);
  return new UserError({
    code: "dataset-not-found",
    message: `Cannot find a dataset called "${name}": ${names.length === 0 ? "there is none yet" : `there are ${names.join(", ")}`}`,
    hint: `Make it with "etude dataset add ${name} FOLDER".`,
    exitCode: 2,
  });
}

function missing(path: string, reason: string): UserError {
  return new UserError({
    code: "dataset-source-missing",
    message: `Cannot add "${path}": ${reason}`,
    hint: "Give folders or files that exist.",
    exitCode: 2,
  });
}

function damaged(path: string, reason: string): UserError {
  return new UserError({
    code: "dataset-damaged",
    message: `Cannot read "${path}": ${reason}`,
    hint: "Delete that file and add the dataset again; the recordings are not touched.",
  });
}

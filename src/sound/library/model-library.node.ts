/**
 * The library of models in a folder: for each model a folder ID with manifest.json, model.etude and,
 * where its run is known, run.json.
 *
 * There is nothing else to keep in step: a list is what the manifests say. A model appears whole, by
 * a rename, and goes to the folder trash by a rename; all changes hold the library's lock.
 */

import { readdirSync, readFileSync } from "node:fs";
import { copyFile, link, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { threadId } from "node:worker_threads";
import { checkedJson } from "../../checked.ts";
import { messageOf, UserError } from "../../errors.ts";
import { isErrno, makePrivateFolder, notWritten, replaceFile } from "../../files.node.ts";
import { withLock } from "./lock.node.ts";
import { idOf, MANIFEST_VERSION, type ModelManifest, manifestShape } from "./model-manifest.ts";

export interface ModelPaths {
  readonly folder: string;
  readonly manifest: string;
  readonly model: string;
  /** A copy of the record of its run: its recordings by name. */
  readonly record: string;
  readonly presets: string;
}

/** @param library Absolute path, like everywhere here. */
export function modelPaths(library: string, id: string): ModelPaths {
  const folder = join(library, id);
  return {
    folder,
    manifest: join(folder, "manifest.json"),
    model: join(folder, "model.etude"),
    record: join(folder, "run.json"),
    presets: join(folder, "presets"),
  };
}

export function trashFolder(library: string): string {
  return join(library, "trash");
}

/** Serialises a change with those of other processes. */
export function changing<T>(library: string, work: () => Promise<T>): Promise<T> {
  return withLock(join(library, "lock"), work);
}

/**
 * All models of a library, in no order; none where there is no such folder.
 *
 * Read at once, since a thousand manifests take longer to wait for one by one.
 *
 * @param onDamaged Receives each manifest that cannot be used.
 */
export function readModels(
  library: string,
  onDamaged: (problem: UserError) => void = () => {},
): ModelManifest[] {
  const models: ModelManifest[] = [];
  for (const id of modelIds(library)) {
    try {
      models.push(readManifest(library, id));
    } catch (failure) {
      if (!(failure instanceof UserError)) throw failure;
      onDamaged(failure);
    }
  }
  return models;
}

/** The folders that are called like models. */
export function modelIds(library: string): string[] {
  try {
    return readdirSync(library).filter((name) => /^[0-9a-f]{12}$/.test(name));
  } catch {
    return [];
  }
}

/** @throws UserError "manifest-missing" or "manifest-damaged". */
export function readManifest(library: string, id: string): ModelManifest {
  const { manifest: path } = modelPaths(library, id);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const isAbsent = isErrno(cause) && cause.code === "ENOENT";
    const problem = isAbsent ? "there is no such file" : messageOf(cause);
    throw unusable(isAbsent ? "manifest-missing" : "manifest-damaged", path, problem);
  }
  const { value, problem } = checkedJson(manifestShape, text);
  if (problem?.startsWith("version: ")) {
    throw new UserError({
      code: "manifest-newer",
      message: `Cannot read the manifest "${path}": ${problem}`,
      hint: "Update etude.",
    });
  }
  if (value === undefined) throw unusable("manifest-damaged", path, problem);
  if (value.id !== id) throw unusable("manifest-damaged", path, `it is of the model ${value.id}`);
  return value;
}

function unusable(code: string, path: string, problem: string): UserError {
  return new UserError({
    code,
    message: `Cannot read the manifest "${path}": ${problem}`,
    hint: "Run `etude model repair`.",
  });
}

export interface NewModel {
  readonly manifest: Omit<ModelManifest, "format" | "version" | "id">;
  readonly modelFile: string;
  readonly recordFile?: string;
}

export interface AddedModel {
  readonly manifest: ModelManifest;
  /** False where the library had it already: then nothing was changed. */
  readonly isNew: boolean;
}

/**
 * Adds a model. The file is linked where the file system can, since nothing writes into a finished
 * model, and copied elsewhere. A name that is taken becomes NAME-2, NAME-3, ...
 */
export async function addModel(library: string, added: NewModel): Promise<AddedModel> {
  const id = idOf(added.manifest.sha256);
  await makeLibrary(library);
  // Made aside, so that a crash leaves no half model and the lock is held for a moment only.
  const aside = join(library, `.adding-${id}-${process.pid}-${threadId}`);
  await rm(aside, { recursive: true, force: true });
  try {
    await makePrivateFolder(aside);
    await linkOrCopy(added.modelFile, join(aside, "model.etude"));
    if (added.recordFile !== undefined) await copyFile(added.recordFile, join(aside, "run.json"));
    return await changing(library, async () => {
      const known = readModels(library);
      const same = known.find((model) => model.id === id);
      if (same !== undefined) return { manifest: same, isNew: false };
      const manifest: ModelManifest = {
        format: "etude-library-model",
        version: MANIFEST_VERSION,
        id,
        ...added.manifest,
        name: freeModelName(known, added.manifest.name),
      };
      await replaceFile(join(aside, "manifest.json"), manifestText(manifest));
      // What is called so and holds no model has no manifest either: it is of no use.
      await moveAway(library, id);
      await rename(aside, modelPaths(library, id).folder);
      return { manifest, isNew: true };
    });
  } catch (cause) {
    throw cause instanceof UserError ? cause : notWritten(library, cause);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function makeLibrary(library: string): Promise<void> {
  await makePrivateFolder(library).catch((cause: unknown) => {
    throw notWritten(library, cause);
  });
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

/** NAME, or NAME-2, NAME-3, ... where it is taken, in any case. */
export function freeModelName(
  models: readonly Pick<ModelManifest, "name">[],
  name: string,
): string {
  const taken = new Set(models.map((model) => model.name.toLowerCase()));
  let candidate = name;
  for (let n = 2; taken.has(candidate.toLowerCase()); n += 1) candidate = `${name}-${n}`;
  return candidate;
}

/**
 * Changes what a manifest says.
 *
 * @param change Is given the newest state; what it does not name stays as it is.
 */
export async function changeModel(
  library: string,
  id: string,
  change: (model: ModelManifest, others: readonly ModelManifest[]) => Partial<ModelManifest>,
): Promise<ModelManifest> {
  return changing(library, async () => {
    const model = readManifest(library, id);
    const others = readModels(library).filter((other) => other.id !== id);
    const changed = { ...model, ...change(model, others) };
    await replaceFile(modelPaths(library, id).manifest, manifestText(changed));
    return changed;
  });
}

export function manifestText(manifest: ModelManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Moves a model to the trash, with all that belongs to it. */
export async function trashModel(library: string, id: string): Promise<void> {
  await changing(library, () => moveAway(library, id));
}

/** One of that id that is in the trash already is replaced. */
async function moveAway(library: string, id: string): Promise<void> {
  const { folder } = modelPaths(library, id);
  if ((await stat(folder).catch(() => undefined)) === undefined) return;
  const trash = trashFolder(library);
  await makePrivateFolder(trash);
  await rm(join(trash, id), { recursive: true, force: true });
  await rename(folder, join(trash, id));
}

/** @returns It as it is again, perhaps under another name, because that one was taken since. */
export async function restoreModel(library: string, id: string): Promise<ModelManifest> {
  return changing(library, async () => {
    const trash = trashFolder(library);
    const manifest = readManifest(trash, id);
    if ((await stat(modelPaths(library, id).folder).catch(() => undefined)) !== undefined) {
      throw new UserError({
        code: "model-there",
        message: `Cannot bring "${manifest.name}" back: the same model is in the library again`,
        hint: "Delete one of them with `etude model empty-trash` or `etude model delete`.",
      });
    }
    const restored = { ...manifest, name: freeModelName(readModels(library), manifest.name) };
    await replaceFile(modelPaths(trash, id).manifest, manifestText(restored));
    await rename(modelPaths(trash, id).folder, modelPaths(library, id).folder);
    return restored;
  });
}

/** Deletes for good. @returns Bytes that were freed. */
export async function emptyTrash(library: string): Promise<{ models: number; bytes: number }> {
  return changing(library, async () => {
    const trash = trashFolder(library);
    let bytes = 0;
    const ids = modelIds(trash);
    for (const id of ids) {
      bytes += await folderBytes(join(trash, id));
      await rm(join(trash, id), { recursive: true, force: true });
    }
    return { models: ids.length, bytes };
  });
}

/** Of all files in it. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => stat(join(parentPath, name)).catch(() => undefined));
  return (await Promise.all(sizes)).reduce((sum, found) => sum + (found?.size ?? 0), 0);
}

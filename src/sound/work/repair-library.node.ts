/** Finds faults of a library of models, and repairs those that can be repaired. */

import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import {
  changing,
  freeModelName,
  manifestText,
  modelIds,
  modelPaths,
  readManifest,
  readModels,
  trashModel,
} from "../library/model-library.node.ts";
import { idOf, MANIFEST_VERSION } from "../library/model-manifest.ts";
import { type Model, readModel } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import { keepModel, modelFacts } from "./keep-model.node.ts";

export interface LibraryProblem {
  readonly path: string;
  /** A phrase without a full stop. */
  readonly problem: string;
  /** What was done, or with `dryRun` would be. */
  readonly remedy: string;
}

interface Repair extends LibraryProblem {
  mend(): Promise<unknown>;
}

/** A process that died while it added a model left this behind; a living one needs less long. */
const ASIDE_MS_MAX = 600_000;

/**
 * Nothing is deleted but what a crash left half made: models that cannot be used go to the trash.
 *
 * @param options.dryRun Only looks.
 */
export async function repairLibrary(
  library: string,
  { dryRun, nowWallMs }: { readonly dryRun: boolean; readonly nowWallMs: number },
): Promise<LibraryProblem[]> {
  const problems: LibraryProblem[] = [];
  for await (const { mend, ...problem } of repairs(library, nowWallMs)) {
    if (!dryRun) await mend();
    problems.push(problem);
  }
  return problems;
}

async function* repairs(library: string, nowWallMs: number): AsyncGenerator<Repair> {
  for (const id of modelIds(library)) {
    const repair = await repairOf(library, id, nowWallMs);
    if (repair !== undefined) yield repair;
  }
  for (const name of await readdir(library).catch(() => [])) {
    const path = join(library, name);
    if (name.startsWith(".adding-")) {
      const status = await stat(path).catch(() => undefined);
      if (status === undefined || nowWallMs - status.mtimeMs < ASIDE_MS_MAX) continue;
      yield {
        path,
        problem: "left half made by a crash",
        remedy: "deleted",
        mend: () => rm(path, { recursive: true, force: true }),
      };
    }
    if (name.endsWith(".etude")) {
      yield {
        path,
        problem: "a model file that is not in the library",
        remedy: "taken into the library",
        mend: async () => {
          await keepModel(path, { library, nowWallMs });
          await rm(path, { force: true });
        },
      };
    }
  }
}

async function repairOf(
  library: string,
  id: string,
  nowWallMs: number,
): Promise<Repair | undefined> {
  const paths = modelPaths(library, id);
  const toTrash = { remedy: "moved to the trash", mend: () => trashModel(library, id) };
  let model: Model;
  let bytes: Buffer;
  try {
    bytes = await readFile(paths.model);
    model = await readModel(bytes, paths.model);
  } catch (failure) {
    return { path: paths.folder, problem: messageOf(failure), ...toTrash };
  }
  const sha256 = await modelIdentity(model);
  if (idOf(sha256) !== id) {
    const problem = `its model file is another one, ${idOf(sha256)}`;
    return { path: paths.folder, problem, ...toTrash };
  }
  try {
    readManifest(library, id);
    return undefined;
  } catch (failure) {
    if (failure instanceof UserError && failure.code === "manifest-newer") {
      return {
        path: paths.manifest,
        problem: failure.message,
        remedy: "left alone",
        mend: async () => {},
      };
    }
    const mend = (): Promise<void> =>
      changing(library, async () => {
        const manifest = {
          format: "etude-library-model",
          version: MANIFEST_VERSION,
          id,
          sha256,
          name: freeModelName(readModels(library), model.description.name),
          description: "",
          tags: [],
          addedWallMs: nowWallMs,
          facts: modelFacts(model, bytes.length),
        } as const;
        // Perhaps a person can still read it.
        await rename(paths.manifest, `${paths.manifest}.damaged`).catch(() => undefined);
        await replaceFile(paths.manifest, manifestText(manifest));
      });
    const remedy = "written anew from the model file";
    return { path: paths.manifest, problem: messageOf(failure), remedy, mend };
  }
}

/** Resolves what names a model: a name or id of the library, a run folder, or a file. */

import { stat } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { findManifest } from "../library/find-model.ts";
import { modelPaths, readModels } from "../library/model-library.node.ts";
import type { ModelManifest } from "../library/model-manifest.ts";
import type { Settings } from "../library/settings.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { openModel } from "../train/open-model.node.ts";
import { RUN_FILES } from "../train/run-store.ts";

/** Where models are looked up. */
export interface ModelPlaces {
  readonly settings: { readonly paths: Pick<Settings["paths"], "models"> };
  /** Absolute path that relative ones start from. */
  readonly workingFolder: string;
}

export interface FoundModel {
  /** Absolute path of a model file or of a run folder. */
  readonly path: string;
  /** Where it is one of the library's. */
  readonly manifest?: ModelManifest;
}

/**
 * A file, or a folder that holds a run, wins over a model of that name; what looks like a path is
 * nothing else.
 *
 * @throws UserError "model-not-found" or "model-ambiguous", which lists the ids (exit code 2).
 */
export async function findModel(places: ModelPlaces, given: string): Promise<FoundModel> {
  const path = resolve(places.workingFolder, given);
  if (await isModelAt(path)) return { path };
  if (looksLikePath(given)) return { path };
  const library = places.settings.paths.models;
  const manifest = findManifest(readModels(library), given);
  return { path: modelPaths(library, manifest.id).model, manifest };
}

/** Opens what was named, called what it is called in the library. */
export async function openFoundModel(
  { path, manifest }: FoundModel,
  tools: { readonly runtime: Runtime; readonly signal: AbortSignal },
): Promise<Model> {
  const model = await openModel(path, tools);
  if (manifest === undefined) return model;
  return { ...model, description: { ...model.description, name: manifest.name } };
}

async function isModelAt(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isDirectory()) return true;
  const inside = [RUN_FILES.record, RUN_FILES.model].map((name) =>
    stat(join(path, name)).catch(() => undefined),
  );
  return (await Promise.all(inside)).some((one) => one !== undefined);
}

function looksLikePath(given: string): boolean {
  return given.includes("/") || given.includes(sep) || given.endsWith(".etude") || given === ".";
}

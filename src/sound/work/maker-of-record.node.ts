/** Opens what made a sound: its model, or all the models of its blend. */

import { UserError } from "../../errors.ts";
import type { Sound } from "../audio/sound.ts";
import { openCodec } from "../latent/codec.ts";
import { modelPaths, readModels } from "../library/model-library.node.ts";
import type { Model } from "../model/model-file.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { type Closeness, closenessOf } from "./ancestors.ts";
import { type BlendMaker, closenessOfBlend, makeBlend } from "./blend.ts";
import type { BlendedModel } from "./blend-files.node.ts";
import { type FoundModel, findModel, type ModelPlaces, openFoundModel } from "./find-model.node.ts";
import { makeSound } from "./make-sound.ts";
import type { ModelReference, SoundRecord } from "./sound-record.ts";
import type { BlendRequest, SoundRequest } from "./sound-request.ts";

/** What the places of models are asked for. */
export interface OpenMakerTools {
  readonly places: ModelPlaces;
  /** Another model than the one it was made with: a name, an id, a run folder or a file. */
  readonly model?: string;
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
}

export interface OpenMaker {
  /** The one whose name the sound bears, and, of a blend, whose controls it has. */
  readonly model: Model;
  make(request: SoundRequest, onProgress?: (share: number) => void): Promise<Sound>;
  closenessOf(sound: Sound): Promise<Closeness>;
  release(): Promise<void>;
}

/**
 * @throws UserError "sound-model-gone" where a model is not in the library, "blend-model" for another
 *   model than those of a blend (exit code 2), and those of opening models.
 */
export async function openMaker(record: SoundRecord, tools: OpenMakerTools): Promise<OpenMaker> {
  const { blend } = record.request;
  return blend === undefined ? openSingle(record, tools) : openBlend(blend, tools);
}

/** @throws UserError "sound-model-gone" where it is not there (exit code 2). */
export function modelInLibrary(
  { name, sha256 }: ModelReference,
  { settings }: ModelPlaces,
): FoundModel {
  const library = settings.paths.models;
  const manifest = readModels(library).find((one) => one.sha256 === sha256);
  if (manifest !== undefined) return { path: modelPaths(library, manifest.id).model, manifest };
  throw new UserError({
    code: "sound-model-gone",
    message: `Cannot make the sound again: its model "${name}" (${sha256.slice(0, 12)}) is not in the library`,
    hint: "Take it in with `etude model import`, or name it with --model.",
    exitCode: 2,
  });
}

/**
 * The models of a blend, out of the library.
 *
 * @throws UserError "sound-model-gone" where one is not there (exit code 2), and those of opening.
 */
export async function blendedModels(
  { parts }: BlendRequest,
  { places, runtime, signal }: Omit<OpenMakerTools, "model">,
): Promise<BlendedModel[]> {
  const found = parts.map(({ model }) => modelInLibrary(model, places));
  const models: BlendedModel[] = [];
  for (const [i, one] of found.entries()) {
    const model = await openFoundModel(one, { runtime, signal });
    models.push({ model, weight: parts[i]!.weight });
  }
  return models;
}

// --- internal ---

async function openSingle(
  record: SoundRecord,
  { places, model: given, runtime, signal }: OpenMakerTools,
): Promise<OpenMaker> {
  const found =
    given === undefined ? modelInLibrary(record.model, places) : await findModel(places, given);
  const model = await openFoundModel(found, { runtime, signal });
  const codec = await openCodec(runtime, model.recipe, model.layout);
  const maker = { codec, model };
  return {
    model,
    make: (request, onProgress) => makeSound(maker, request, onProgress),
    closenessOf: (sound) => closenessOf(sound, maker),
    release: () => codec.release(),
  };
}

async function openBlend(blend: BlendRequest, tools: OpenMakerTools): Promise<OpenMaker> {
  const { mode, parts } = blend;
  if (tools.model !== undefined) {
    throw new UserError({
      code: "blend-model",
      message: `Cannot make the sound with the model "${tools.model}": it is a blend of ${parts.length}`,
      hint: "Leave --model out; take models that are not in the library into it with `etude model import`.",
      exitCode: 2,
    });
  }
  const models = await blendedModels(blend, tools);
  const makers: BlendMaker[] = [];
  for (const { model, weight } of models) {
    const codec = await openCodec(tools.runtime, model.recipe, model.layout);
    makers.push({ codec, model, weight });
  }
  return {
    model: makers[0]!.model,
    make: (request, onProgress) => makeBlend({ makers, mode }, request, onProgress),
    closenessOf: (sound) => closenessOfBlend(makers, sound),
    release: async () => {
      for (const { codec } of makers) await codec.release();
    },
  };
}

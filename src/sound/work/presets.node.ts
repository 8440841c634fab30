/** Presets of a model of the library: saved from sounds, loaded for new ones, handed on as a file. */

import { readFile } from "node:fs/promises";
import { checkedJson } from "../../checked.ts";
import { messageOf, UserError } from "../../errors.ts";
import { replaceFile } from "../../files.node.ts";
import { modelPaths } from "../library/model-library.node.ts";
import type { ModelManifest } from "../library/model-manifest.ts";
import {
  PRESET_VERSION,
  type Preset,
  type PresetFile,
  presetFileShape,
} from "../library/preset.ts";
import {
  changePresets,
  findPreset,
  type PresetPlace,
  readPresets,
  savePreset,
} from "../library/presets.node.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { readModel } from "../model/model-file.ts";
import {
  morphed,
  type PresetRequest,
  requestOfPreset,
  requirePresetFit,
  scalesOf,
} from "./preset-request.ts";
import type { SoundRecord } from "./sound-record.ts";
import type { SoundRequest } from "./sound-request.ts";

export interface SavePresetOptions {
  readonly name: string;
  /** @default "" */
  readonly description?: string;
  /** Leaves the seed open: each sound has another. @default false */
  readonly anySeed?: boolean;
  /** Also where there is a preset of that name. @default false */
  readonly replace?: boolean;
  readonly nowWallMs: number;
}

/**
 * Saves what a sound was made with.
 *
 * @throws UserError "sound-model-other" where the model did not make it, "preset-name",
 *   "preset-taken" (exit code 2).
 */
export async function presetFromSound(
  library: string,
  { manifest, record }: { readonly manifest: ModelManifest; readonly record: SoundRecord },
  options: SavePresetOptions,
): Promise<Preset> {
  if (record.model.sha256 !== manifest.sha256) {
    throw new UserError({
      code: "sound-model-other",
      message: `Cannot save the sound as a preset of "${manifest.name}": "${record.model.name}" made it`,
      hint: "Presets belong to the model that made the sound.",
      exitCode: 2,
    });
  }
  const { format, encoding } = record.file;
  const file = { format, ...(encoding !== undefined && { encoding }) };
  return presetFromRequest(library, { manifest, request: record.request, file }, options);
}

/**
 * Saves what a sound would be made with.
 *
 * @throws UserError "preset-name", "preset-taken" (exit code 2).
 */
export async function presetFromRequest(
  library: string,
  of: { readonly manifest: ModelManifest; readonly request: SoundRequest } & Pick<Preset, "file">,
  options: SavePresetOptions,
): Promise<Preset> {
  const { name, description = "", anySeed = false, replace = false, nowWallMs } = options;
  const { manifest, file } = of;
  const { seed, ...open } = of.request;
  const request = anySeed ? open : { ...open, seed };
  const preset = {
    name,
    description,
    model: { name: manifest.name, sha256: manifest.sha256 },
    scales: scalesOf(request, await analysisOf(library, manifest.id)),
    request: { ...request },
    ...(file && { file }),
  };
  return savePreset({ library, modelId: manifest.id }, preset, { replace, nowWallMs });
}

async function analysisOf(library: string, id: string): Promise<ModelAnalysis | undefined> {
  const path = modelPaths(library, id).model;
  return (await readModel(await readFile(path), path)).analysis;
}

/**
 * What a preset asks of a sound.
 *
 * @throws UserError "preset-not-found", "preset-ambiguous", "preset-unfit" (exit code 2).
 */
export async function loadPreset(
  place: PresetPlace,
  given: string,
  analysis: ModelAnalysis | undefined,
): Promise<{ readonly preset: Preset; readonly request: PresetRequest }> {
  const preset = findPreset(await readPresets(place), given);
  requirePresetFit(preset, analysis);
  return { preset, request: requestOfPreset(preset) };
}

/**
 * What lies between two presets.
 *
 * @param given "A:B:0.3": three tenths of the way from A to B.
 * @throws UserError "morph-unclear" (exit code 2), and those of `loadPreset`.
 */
export async function loadMorph(
  place: PresetPlace,
  given: string,
  analysis: ModelAnalysis | undefined,
): Promise<{ readonly name: string; readonly request: PresetRequest }> {
  const [a, b, text, ...more] = given.split(":");
  const share = Number(text);
  const isClear = a && b && text && more.length === 0 && share >= 0 && share <= 1;
  if (!isClear) {
    throw new UserError({
      code: "morph-unclear",
      message: `Cannot morph by "${given}": need two presets and a share from 0 to 1, like A:B:0.3`,
      hint: "0 is the first preset, 1 the second.",
      exitCode: 2,
    });
  }
  const from = await loadPreset(place, a, analysis);
  const to = await loadPreset(place, b, analysis);
  const name = `${from.preset.name}:${to.preset.name}:${share}`;
  return { name, request: morphed(from.request, to.request, share) };
}

/** Writes presets into one small file. @param names All where there are none. */
export async function exportPresets(
  place: PresetPlace,
  path: string,
  names: readonly string[],
): Promise<readonly Preset[]> {
  const all = await readPresets(place);
  const presets = names.length === 0 ? all : names.map((name) => findPreset(all, name));
  const file: PresetFile = { format: "etude-presets", version: PRESET_VERSION, presets };
  await replaceFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return presets;
}

/**
 * Takes presets over from a file; of equal names the new one becomes NAME-2.
 *
 * @param options.adapt Also those of another model, as far as this one offers their controls.
 * @throws UserError "presets-not-read", "preset-other-model", "preset-unfit" (exit code 2): then none
 *   is taken.
 */
export async function importPresets(
  library: string,
  manifest: ModelManifest,
  { path, adapt }: { readonly path: string; readonly adapt: boolean },
): Promise<readonly Preset[]> {
  const { presets } = await presetsIn(path);
  const analysis = await analysisOf(library, manifest.id);
  const adapted = presets.map((preset): Preset => {
    requestOfPreset(preset);
    const isOwn = preset.model.sha256 === manifest.sha256;
    if (!isOwn && !adapt) throw otherModel(preset, manifest);
    const scales = isOwn ? preset.scales : scalesOf(preset.request, analysis);
    const mine = { ...preset, scales };
    if (!isOwn) requirePresetFit(mine, analysis);
    return { ...mine, model: { name: manifest.name, sha256: manifest.sha256 } };
  });
  return changePresets({ library, modelId: manifest.id }, (known) => {
    const taken = new Set(known.map(({ name }) => name.toLowerCase()));
    const ids = new Set(known.map(({ id }) => id));
    const write = adapted
      .filter(({ id }) => !ids.has(id))
      .map((preset) => ({ ...preset, name: freeName(preset.name, taken) }));
    return { write, result: write };
  });
}

function freeName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let n = 2; taken.has(candidate.toLowerCase()); n += 1) candidate = `${name}-${n}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}

async function presetsIn(path: string): Promise<PresetFile> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw notRead(path, messageOf(cause));
  });
  const { value, problem } = checkedJson(presetFileShape, text);
  if (value === undefined) throw notRead(path, problem);
  return value;
}

function notRead(path: string, problem: string): UserError {
  return new UserError({
    code: "presets-not-read",
    message: `Cannot read presets from "${path}": ${problem}`,
    hint: "Give a file that `etude preset export` wrote.",
    exitCode: 2,
  });
}

function otherModel({ name, model }: Preset, manifest: ModelManifest): UserError {
  return new UserError({
    code: "preset-other-model",
    message: `Cannot take the preset "${name}" over: it is of the model "${model.name}" (${model.sha256.slice(0, 12)}), need ${manifest.id}`,
    hint: "Add --adapt to use it with this model all the same; it will sound different.",
    exitCode: 2,
  });
}

/**
 * The presets of a model: a file each, in the folder of the model, so that they go where it goes.
 *
 * Folders are part of a name: "pads/glass" lies in "pads", which is there as long as something is.
 */

import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkedJson } from "../../checked.ts";
import { UserError } from "../../errors.ts";
import { makeFolder, replaceFile } from "../../files.node.ts";
import { sha256Of } from "../../sha256.ts";
import { nearestWord } from "../../suggest.ts";
import { changing, modelPaths } from "./model-library.node.ts";
import { PRESET_VERSION, type Preset, presetShape } from "./preset.ts";

export interface PresetPlace {
  /** Folder of the library. */
  readonly library: string;
  /** Of the model. */
  readonly modelId: string;
}

/** By name, folder after folder. */
export async function readPresets(
  { library, modelId }: PresetPlace,
  onDamaged: (problem: UserError) => void = () => {},
): Promise<Preset[]> {
  const folder = modelPaths(library, modelId).presets;
  const names = await readdir(folder).catch(() => []);
  const presets: Preset[] = [];
  for (const name of names.filter((one) => /^[0-9a-f]{12}\.json$/.test(one))) {
    const path = join(folder, name);
    const { value, problem } = checkedJson(presetShape, await readFile(path, "utf8"));
    if (value !== undefined) presets.push(value);
    else onDamaged(damaged(path, problem));
  }
  return presets.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

/**
 * The exact name, in any case, or the name without its folders where only one is called so.
 *
 * @throws UserError "preset-not-found" or "preset-ambiguous" (exit code 2).
 */
export function findPreset(presets: readonly Preset[], given: string): Preset {
  const lower = given.toLowerCase();
  const exact = presets.filter(({ name }) => name.toLowerCase() === lower);
  const meant = exact.length > 0 ? exact : presets.filter(({ name }) => lastPart(name) === lower);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only;
  const names = presets.map(({ name }) => name);
  const near = nearestWord(given, names);
  throw new UserError({
    code: only === undefined ? "preset-not-found" : "preset-ambiguous",
    message:
      only === undefined
        ? `Cannot find a preset "${given}": ${names.length === 0 ? "the model has none" : `there are ${names.join(", ")}`}`
        : `Cannot tell which preset "${given}" is: found ${meant.map(({ name }) => name).join(", ")}`,
    hint:
      only !== undefined
        ? "Give its folder as well."
        : near === undefined
          ? "Save one with `etude preset save SOUND NAME`."
          : `Did you mean "${near}"?`,
    exitCode: 2,
  });
}

function lastPart(name: string): string {
  return (name.split("/").at(-1) ?? name).toLowerCase();
}

export type NewPreset = Pick<Preset, "name" | "description" | "model" | "scales" | "request"> &
  Partial<Pick<Preset, "file">>;

/**
 * @param options.replace Also where there is one of that name; its id, its day and whatever a newer
 *   program keeps in it stay.
 * @throws UserError "preset-name", "preset-taken" (exit code 2), and those of writing.
 */
export async function savePreset(
  place: PresetPlace,
  preset: NewPreset,
  { replace, nowWallMs }: { readonly replace: boolean; readonly nowWallMs: number },
): Promise<Preset> {
  requirePresetName(preset.name);
  const identity = new TextEncoder().encode(
    JSON.stringify([preset.name, nowWallMs, preset.request]),
  );
  const fresh = { id: (await sha256Of(identity)).slice(0, 12), createdWallMs: nowWallMs };
  return changePresets(place, (presets) => {
    const same = presets.find(({ name }) => name.toLowerCase() === preset.name.toLowerCase());
    if (same !== undefined && !replace) throw taken(same.name);
    const saved: Preset = {
      ...{ format: "etude-preset", version: PRESET_VERSION },
      ...fresh,
      ...same,
      ...preset,
      changedWallMs: nowWallMs,
    };
    return { write: [saved], result: saved };
  });
}

/**
 * Renames a preset, or with "/" at the end of both names a folder with all that is in it.
 *
 * @throws UserError "preset-name", "preset-taken", "preset-not-found" (exit code 2).
 */
export async function renamePresets(
  place: PresetPlace,
  given: string,
  name: string,
): Promise<readonly Preset[]> {
  const isFolder = given.endsWith("/");
  const folder = name.replace(/\/+$/, "");
  if (name !== "/" || !isFolder) requirePresetName(folder);
  return changePresets(place, (presets) => {
    const meant = isFolder ? presets.filter((one) => one.name.startsWith(given)) : [];
    if (isFolder && meant.length === 0) findPreset([], given);
    const renamed = isFolder
      ? meant.map((one) => ({
          ...one,
          name: [folder, one.name.slice(given.length)].filter(Boolean).join("/"),
        }))
      : [{ ...findPreset(presets, given), name }];
    const ids = new Set(renamed.map(({ id }) => id));
    const left = new Set(
      presets.filter(({ id }) => !ids.has(id)).map((one) => one.name.toLowerCase()),
    );
    const clash = renamed.find((one) => left.has(one.name.toLowerCase()));
    if (clash !== undefined) throw taken(clash.name);
    return { write: renamed, result: renamed };
  });
}

export async function describePreset(
  place: PresetPlace,
  given: string,
  description: string,
): Promise<Preset> {
  return changePresets(place, (presets) => {
    const changed = { ...findPreset(presets, given), description };
    return { write: [changed], result: changed };
  });
}

/** @throws UserError "preset-not-found" (exit code 2): then none is deleted. */
export async function deletePresets(
  place: PresetPlace,
  given: readonly string[],
): Promise<readonly Preset[]> {
  return changePresets(place, (presets) => {
    const gone = given.map((one) => findPreset(presets, one));
    return { write: [], remove: gone, result: gone };
  });
}

interface PresetChange<T> {
  readonly write: readonly Preset[];
  readonly remove?: readonly Preset[];
  readonly result: T;
}

/** @param change Is given the newest state. */
export async function changePresets<T>(
  place: PresetPlace,
  change: (presets: readonly Preset[]) => PresetChange<T>,
): Promise<T> {
  return changing(place.library, async () => {
    const { write, remove = [], result } = change(await readPresets(place));
    const folder = modelPaths(place.library, place.modelId).presets;
    await makeFolder(folder);
    for (const preset of write) {
      await replaceFile(join(folder, `${preset.id}.json`), `${JSON.stringify(preset, null, 2)}\n`);
    }
    for (const { id } of remove) await rm(join(folder, `${id}.json`), { force: true });
    return result;
  });
}

const NAME_LENGTH_MAX = 120;

/** @throws UserError "preset-name" (exit code 2). */
function requirePresetName(name: string): void {
  const isPart = (part: string): boolean =>
    part.trim() === part && part !== "" && !/[:\\\p{Cc}]/u.test(part);
  if (name.length <= NAME_LENGTH_MAX && name.split("/").every(isPart)) return;
  throw new UserError({
    code: "preset-name",
    message: `Cannot call a preset ${JSON.stringify(name)}: need 1 to ${NAME_LENGTH_MAX} characters without ":", "\\" and line breaks, "/" only between folders`,
    hint: "Choose another name.",
    exitCode: 2,
  });
}

function taken(name: string): UserError {
  return new UserError({
    code: "preset-taken",
    message: `Cannot save the preset "${name}": there is one of that name`,
    hint: "Choose another name, or add --replace.",
    exitCode: 2,
  });
}

function damaged(path: string, problem: string): UserError {
  return new UserError({
    code: "preset-damaged",
    message: `Cannot read the preset "${path}": ${problem}`,
    hint: "Correct the file, or delete it.",
  });
}

/** `etude preset`: places in a model that a person wants to come back to. */

import { resolve } from "node:path";
import { plainText } from "../../show/draw/width.ts";
import { formatQuantity } from "../../show/numbers.ts";
import { findManifest } from "../../sound/library/find-model.ts";
import { readModels } from "../../sound/library/model-library.node.ts";
import type { ModelManifest } from "../../sound/library/model-manifest.ts";
import type { Preset } from "../../sound/library/preset.ts";
import {
  deletePresets,
  describePreset,
  findPreset,
  type PresetPlace,
  readPresets,
  renamePresets,
} from "../../sound/library/presets.node.ts";
import type { CommandContext, CommandValues, ExitCode } from "../context.ts";
import { peopleText } from "../people-text.ts";
import { columns } from "../text/models-text.ts";

export async function list(
  context: CommandContext,
  { model, folder }: CommandValues<"preset list">,
): Promise<ExitCode> {
  const { stdout, stderr, json } = context;
  const all = readModels(context.settings.paths.models);
  const models = model === undefined ? all : [findManifest(all, model)];
  const rows: string[][] = [];
  const listed: { readonly model: string; readonly presets: readonly Preset[] }[] = [];
  const under = folder === undefined ? "" : `${folder.replace(/\/+$/, "")}/`;
  for (const { id, name } of models) {
    const presets = (
      await readPresets({ library: context.settings.paths.models, modelId: id }, (problem) =>
        stderr.write(`warning: ${problem.message}\n  ${problem.hint}\n`),
      )
    ).filter((preset) => preset.name.startsWith(under));
    listed.push({ model: name, presets });
    for (const preset of presets) {
      const cells = [plainText(preset.name), plainText(preset.description)];
      rows.push(model === undefined ? [plainText(name), ...cells] : cells);
    }
  }
  if (json) stdout.write(`${JSON.stringify({ models: listed }, null, 2)}\n`);
  else for (const line of columns(rows)) stdout.write(`${line}\n`);
  if (!json && rows.length === 0) {
    stderr.write("There is no preset. Save one with: etude preset save SOUND NAME\n");
  }
  return 0;
}

export async function show(
  context: CommandContext,
  { model, preset }: CommandValues<"preset show">,
): Promise<ExitCode> {
  const place = placeOf(context, modelOf(context, model));
  tellPreset(context, findPreset(await readPresets(place), preset));
  return 0;
}

export async function save(
  context: CommandContext,
  { sound, preset: name, description, anySeed, replace }: CommandValues<"preset save">,
): Promise<ExitCode> {
  const { namedSound } = await import("../../sound/work/named-sound.node.ts");
  const { presetFromSound } = await import("../../sound/work/presets.node.ts");
  const record = await namedSound(context, sound);
  const library = context.settings.paths.models;
  const manifest = findManifest(readModels(library), record.model.sha256.slice(0, 12));
  const saved = await presetFromSound(
    library,
    { manifest, record },
    {
      ...{ name, anySeed, replace, nowWallMs: context.clock.wallMs() },
      ...(description !== undefined && { description }),
    },
  );
  tellPreset(context, saved);
  return 0;
}

export async function rename(
  context: CommandContext,
  { model, preset, name }: CommandValues<"preset rename">,
): Promise<ExitCode> {
  const renamed = await renamePresets(placeOf(context, modelOf(context, model)), preset, name);
  tellNames(context, "renamed", renamed);
  return 0;
}

export async function describe(
  context: CommandContext,
  { model, preset, words }: CommandValues<"preset describe">,
): Promise<ExitCode> {
  const place = placeOf(context, modelOf(context, model));
  tellPreset(context, await describePreset(place, preset, words.join(" ")));
  return 0;
}

/** `preset delete`; the name is a word of the language. */
export async function remove(
  context: CommandContext,
  { model, presets }: CommandValues<"preset delete">,
): Promise<ExitCode> {
  const gone = await deletePresets(placeOf(context, modelOf(context, model)), presets);
  if (context.json) context.stdout.write(`${JSON.stringify({ deleted: gone }, null, 2)}\n`);
  else context.stderr.write(`Deleted ${formatQuantity(gone.length, "preset")}.\n`);
  return 0;
}

/** `preset export`; the name is a word of the language. */
export async function write(
  context: CommandContext,
  { model, file, presets }: CommandValues<"preset export">,
): Promise<ExitCode> {
  const { exportPresets } = await import("../../sound/work/presets.node.ts");
  const place = placeOf(context, modelOf(context, model));
  const path = resolve(context.workingFolder, file);
  tellNames(context, "exported", await exportPresets(place, path, presets));
  return 0;
}

/** `preset import`; the name is a word of the language. */
export async function take(
  context: CommandContext,
  { model, file, adapt }: CommandValues<"preset import">,
): Promise<ExitCode> {
  const { importPresets } = await import("../../sound/work/presets.node.ts");
  const manifest = modelOf(context, model);
  const path = resolve(context.workingFolder, file);
  const library = context.settings.paths.models;
  tellNames(context, "imported", await importPresets(library, manifest, { path, adapt }));
  return 0;
}

function modelOf({ settings }: CommandContext, given: string): ModelManifest {
  return findManifest(readModels(settings.paths.models), given);
}

function placeOf({ settings }: CommandContext, { id }: ModelManifest): PresetPlace {
  return { library: settings.paths.models, modelId: id };
}

function tellPreset({ stdout, json }: CommandContext, preset: Preset): void {
  if (json) {
    stdout.write(`${JSON.stringify(preset, null, 2)}\n`);
    return;
  }
  const { version: _, ...request } = preset.request;
  const facts = { model: preset.model.name, ...request, ...preset.file };
  const rows = Object.entries(facts).map(([name, value]) => [
    name,
    plainText(typeof value === "string" ? value : JSON.stringify(value)),
  ]);
  const known = [
    ["name", plainText(preset.name)],
    ["about", plainText(preset.description)],
  ];
  const lines = columns([...known.filter(([, text]) => text !== ""), ...rows]);
  stdout.write(peopleText(`${lines.join("\n")}\n`, stdout));
}

function tellNames(
  { stdout, json }: CommandContext,
  what: string,
  presets: readonly Preset[],
): void {
  if (json) stdout.write(`${JSON.stringify({ [what]: presets }, null, 2)}\n`);
  else for (const { name } of presets) stdout.write(`${plainText(name)}\n`);
}

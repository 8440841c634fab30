/** `etude generate` with a preset: what is given on the command line wins over what was saved. */

import { UserError } from "../errors.ts";
import { type AudioFileFormat, fileFormats } from "../sound/audio/codecs/file-format.ts";
import { modelIds } from "../sound/library/model-library.node.ts";
import { idOf } from "../sound/library/model-manifest.ts";
import type { Model } from "../sound/model/model-file.ts";
import { modelIdentity } from "../sound/model/model-identity.ts";
import type { FoundModel } from "../sound/work/find-model.node.ts";
import type { PresetRequest } from "../sound/work/preset-request.ts";
import { loadMorph, loadPreset } from "../sound/work/presets.node.ts";
import type { SoundRequest } from "../sound/work/sound-request.ts";
import type { SoundFileOptions } from "../sound/work/write-made.node.ts";
import type { CommandContext } from "./context.ts";

export interface AskedSound {
  readonly request: SoundRequest;
  readonly file: SoundFileOptions;
  /** Of the preset, or "A:B:0.3". */
  readonly preset?: string;
}

/** Options that a field of a request comes from, where they are called otherwise. */
const OPTIONS_OF: Readonly<Record<string, readonly string[]>> = {
  length: ["duration"],
  controls: ["control", "slider", "set"],
  loop: ["loop", "bars", "bpm"],
  space: ["width", "depth", "twoSeeds", "binaural", "ambisonic", "move"],
};

/**
 * @param asked What the command line says, defaults included.
 * @throws UserError those of loading presets, "preset-needs-library" (exit code 2).
 */
export async function withPreset(
  { settings, given }: CommandContext,
  { found, model, names }: PresetChoice,
  asked: AskedSound,
): Promise<AskedSound> {
  const { preset: name, morph } = names;
  if (name === undefined && morph === undefined) return asked;
  const library = settings.paths.models;
  const modelId = found.manifest?.id ?? idOf(await modelIdentity(model));
  if (!modelIds(library).includes(modelId)) throw needsLibrary();
  const place = { library, modelId };
  if (morph !== undefined) {
    const between = await loadMorph(place, morph, model.analysis);
    return {
      ...asked,
      request: merged(given, asked.request, between.request),
      preset: between.name,
    };
  }
  const { preset, request } = await loadPreset(place, name ?? "", model.analysis);
  return {
    request: merged(given, asked.request, request),
    file: fileOf(given, asked.file, preset.file),
    preset: preset.name,
  };
}

export interface PresetChoice {
  readonly found: FoundModel;
  readonly model: Model;
  readonly names: { readonly preset: string | undefined; readonly morph: string | undefined };
}

function merged(
  given: ReadonlySet<string>,
  asked: SoundRequest,
  preset: PresetRequest,
): SoundRequest {
  const isGiven = (field: string): boolean =>
    (OPTIONS_OF[field] ?? [field]).some((option) => given.has(option));
  const own = Object.entries(asked).filter(([field]) => isGiven(field));
  const request: SoundRequest = {
    seed: asked.seed,
    ...preset,
    ...Object.fromEntries(own),
  };
  const controls = isGiven("controls")
    ? { ...controlsOf(preset), ...controlsOf(asked) }
    : undefined;
  return {
    ...request,
    ...lengthAt(request, preset, isGiven("length")),
    ...(controls && { controls }),
  };
}

function controlsOf(request: object): object {
  return Object((request as { controls?: object }).controls) as object;
}

/** A length in samples is another one at another rate. */
function lengthAt(
  { sampleRate, length }: SoundRequest,
  preset: PresetRequest,
  isGiven: boolean,
): Pick<SoundRequest, "length"> {
  if (length === undefined || isGiven || sampleRate === preset.sampleRate) return {};
  return { length: Math.max(1, Math.round((length * sampleRate) / preset.sampleRate)) };
}

function fileOf(
  given: ReadonlySet<string>,
  asked: SoundFileOptions,
  saved: { readonly format: string; readonly encoding?: string } | undefined,
): SoundFileOptions {
  const format = saved?.format as AudioFileFormat;
  if (saved === undefined || given.has("format") || !Object.hasOwn(fileFormats, format))
    return asked;
  const { encoding: _, ...rest } = asked;
  const encoding = given.has("bitDepth") ? asked.encoding : saved.encoding;
  return {
    ...rest,
    format,
    ...(encoding && { encoding: encoding as NonNullable<typeof asked.encoding> }),
  };
}

function needsLibrary(): UserError {
  return new UserError({
    code: "preset-needs-library",
    message: "Cannot use a preset: the model is not in the library, which keeps them",
    hint: "Take it in with `etude model import`, then give its name.",
    exitCode: 2,
  });
}

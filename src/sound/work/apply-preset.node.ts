/** Merges a preset into a request; fields that were given explicitly win. */

import { UserError } from "../../errors.ts";
import { type AudioFileFormat, fileFormats } from "../audio/codecs/file-format.ts";
import { modelIds } from "../library/model-library.node.ts";
import { idOf } from "../library/model-manifest.ts";
import type { Model } from "../model/model-file.ts";
import { modelIdentity } from "../model/model-identity.ts";
import type { FoundModel } from "./find-model.node.ts";
import type { PresetRequest } from "./preset-request.ts";
import { loadMorph, loadPreset } from "./presets.node.ts";
import type { SoundRequest } from "./sound-request.ts";
import type { SoundFileOptions } from "./write-made.node.ts";

export interface AskedSound {
  readonly request: SoundRequest;
  readonly file: SoundFileOptions;
  /** Of the preset, or "A:B:0.3". */
  readonly preset?: string;
}

export interface PresetChoice {
  /** Folder of the library. */
  readonly library: string;
  readonly found: FoundModel;
  readonly model: Model;
  readonly preset: string | undefined;
  /** "A:B:0.3"; wins over `preset`. */
  readonly morph?: string | undefined;
}

/** Which fields were asked for by themselves; the others have their defaults. */
export type IsGiven = (field: keyof SoundRequest | "format" | "encoding") => boolean;

/**
 * @returns What was asked where no preset is chosen.
 * @throws UserError those of loading presets, "preset-needs-library" (exit code 2).
 */
export async function applyPreset(
  { library, found, model, preset: name, morph }: PresetChoice,
  asked: AskedSound,
  isGiven: IsGiven,
): Promise<AskedSound> {
  if (name === undefined && morph === undefined) return asked;
  const modelId = found.manifest?.id ?? idOf(await modelIdentity(model));
  if (!modelIds(library).includes(modelId)) throw needsLibrary();
  const place = { library, modelId };
  if (morph !== undefined) {
    const between = await loadMorph(place, morph, model.analysis);
    const request = merged(asked.request, between.request, isGiven);
    return { ...asked, request, preset: between.name };
  }
  const { preset, request } = await loadPreset(place, name ?? "", model.analysis);
  return {
    request: merged(asked.request, request, isGiven),
    file: fileOf(asked.file, preset.file, isGiven),
    preset: preset.name,
  };
}

function merged(asked: SoundRequest, preset: PresetRequest, isGiven: IsGiven): SoundRequest {
  const own = Object.entries(asked).filter(([field]) => isGiven(field as keyof SoundRequest));
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
  asked: SoundFileOptions,
  saved: { readonly format: string; readonly encoding?: string } | undefined,
  isGiven: IsGiven,
): SoundFileOptions {
  const format = saved?.format as AudioFileFormat;
  if (saved === undefined || isGiven("format") || !Object.hasOwn(fileFormats, format)) return asked;
  const { encoding: _, ...rest } = asked;
  const encoding = isGiven("encoding") ? asked.encoding : saved.encoding;
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

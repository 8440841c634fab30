/** A preset: a place in a model that a person wants to come back to. Plain JSON. */

import * as v from "valibot";
import { fields, finite, type Shape, sha256, wholeNumber } from "../../checked.ts";

export interface Preset {
  readonly format: "etude-preset";
  readonly version: number;
  /** Names its file: 12 hexadecimal digits. */
  readonly id: string;
  /** With its folders: "pads/glass". No two presets of a model have the same. */
  readonly name: string;
  readonly description: string;
  readonly createdWallMs: number;
  readonly changedWallMs: number;
  /** That it was made for; `sha256` as in `modelIdentity`. */
  readonly model: { readonly name: string; readonly sha256: string };
  /** What one position of each control that it sets asked for. */
  readonly scales: { readonly [control: string]: ControlScale };
  /** What is asked of a sound; without a seed, each sound has another. Checked where sounds are made. */
  readonly request: { readonly [field: string]: unknown };
  /** How sounds are written. */
  readonly file?: { readonly format: string; readonly encoding?: string };
}

export interface ControlScale {
  readonly unit: string;
  readonly step: number;
  /** Of a character: which direction it was, in a few numbers; see `sketchOf`. */
  readonly direction?: readonly number[];
}

export const PRESET_VERSION = 1;

export const presetShape: Shape<Preset> = fields<Preset>({
  format: v.literal("etude-preset"),
  version: wholeNumber(1, PRESET_VERSION),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{12}$/)),
  name: v.pipe(v.string(), v.minLength(1)),
  description: v.string(),
  createdWallMs: finite,
  changedWallMs: finite,
  model: fields<Preset["model"]>({ name: v.string(), sha256 }),
  scales: v.record(
    v.string(),
    fields<ControlScale>({
      unit: v.string(),
      step: finite,
      direction: v.exactOptional(v.array(finite)),
    }),
  ) as Shape<Preset["scales"]>,
  request: v.record(v.string(), v.unknown()) as Shape<Preset["request"]>,
  file: v.exactOptional(
    fields<NonNullable<Preset["file"]>>({
      format: v.string(),
      encoding: v.exactOptional(v.string()),
    }),
  ),
});

/** A file of presets, to hand on. */
export interface PresetFile {
  readonly format: "etude-presets";
  readonly version: number;
  readonly presets: readonly Preset[];
}

export const presetFileShape: Shape<PresetFile> = fields<PresetFile>({
  format: v.literal("etude-presets"),
  version: wholeNumber(1, PRESET_VERSION),
  presets: v.array(presetShape),
});

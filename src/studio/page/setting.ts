/** What a person sets on the instrument, and the request that it makes of a model. */

import { SEEDS } from "../../random.ts";
import type { GenerateMode } from "../../sound/latent/generate.ts";
import { POSITION_MOST } from "../../sound/model/position-range.ts";
import type { PresetRequest } from "../../sound/work/preset-request.ts";
import type { SoundRequest } from "../../sound/work/sound-request.ts";
import type { DialView } from "../contract.ts";

export interface Setting {
  readonly seed: number;
  readonly mode: GenerateMode;
  /** Of everything but a gesture, which has its own. */
  readonly seconds: number;
  /** Positions by the name of the dial, -10 to 10. */
  readonly positions: Readonly<Record<string, number>>;
  /** MIDI note, of a model with pitch. @default its own */
  readonly note?: number;
  readonly shape: Shape;
}

/** What is asked of a sound besides what is turned: a loop, grains, space, what it starts from. */
export type Shape = Omit<
  SoundRequest,
  | ("version" | "seed" | "sampleRate" | "quality" | "mode" | "length")
  | ("evolution" | "density" | "controls" | "note")
>;

export const firstSetting: Setting = {
  seed: 1,
  mode: "gesture",
  seconds: 4,
  positions: {},
  shape: {},
};

/** A control of this model, or one that every model has. */
export type Dial = DialView;

const ALL_SAFE = { least: -POSITION_MOST, most: POSITION_MOST };

/** Whether a sound has a length of its own. */
export function isWhole(mode: Setting["mode"]): boolean {
  return mode === "gesture" || mode === "phrase";
}

/** Dials that every model has; the others were measured on the model itself. */
export function basicDials({ mode, shape }: Pick<Setting, "mode" | "shape">): Dial[] {
  const wander: Dial = {
    name: "evolution",
    label: "Wander",
    low: "stays",
    high: "goes far",
    safe: ALL_SAFE,
  };
  const density: Dial = {
    name: "density",
    label: "Density",
    low: "sparse",
    high: "crowded",
    safe: ALL_SAFE,
  };
  if (isWhole(mode)) return shape.from === undefined ? [] : [wander];
  return mode === "sequence" ? [wander, density] : [wander];
}

const SAMPLE_RATE = 48_000;
/** Two marks of the density dial double it. */
const MARKS_PER_OCTAVE = 5;

export function requestOf(
  { seed, mode, seconds, positions, note, shape }: Setting,
  quality: SoundRequest["quality"],
): SoundRequest {
  const { evolution = 0, density = 0, ...controls } = positions;
  const moved = Object.entries(controls).filter(([, position]) => position !== 0);
  return {
    ...shape,
    version: 1,
    seed,
    sampleRate: SAMPLE_RATE,
    quality,
    mode,
    ...(note !== undefined && { note }),
    ...(!isWhole(mode) && { length: Math.round(seconds * SAMPLE_RATE) }),
    ...((!isWhole(mode) || shape.from !== undefined) && {
      evolution: (evolution + POSITION_MOST) / (2 * POSITION_MOST),
    }),
    ...(mode === "sequence" && { density: 2 ** (density / MARKS_PER_OCTAVE) }),
    ...(moved.length > 0 && { controls: Object.fromEntries(moved) }),
  };
}

/** The setting that asks for the same; what a request leaves open stays as it is. @param usualMode Of the model. */
export function settingOf(
  request: PresetRequest,
  before: Setting,
  usualMode: Setting["mode"] = "gesture",
): Setting {
  const { version: _, sampleRate, quality: _quality, ...asked } = request;
  const { seed = before.seed, mode, length, evolution, density, controls, note, ...shape } = asked;
  return {
    seed,
    mode: mode ?? (length !== undefined ? "sequence" : note === undefined ? usualMode : "gesture"),
    seconds: length === undefined ? before.seconds : length / sampleRate,
    positions: {
      ...controls,
      ...(evolution !== undefined && { evolution: 2 * POSITION_MOST * evolution - POSITION_MOST }),
      ...(density !== undefined && { density: MARKS_PER_OCTAVE * Math.log2(density) }),
    },
    ...(note !== undefined && { note }),
    shape,
  };
}

/** Other sounds of the same kind. */
export function seedBeside(seed: number, steps: number): number {
  return (((seed + steps) % SEEDS) + SEEDS) % SEEDS;
}

/** Two settings that sound the same have the same key. */
export function keyOf(voice: string, setting: Setting): string {
  return `${voice} ${JSON.stringify(requestOf(setting, "draft"))}`;
}

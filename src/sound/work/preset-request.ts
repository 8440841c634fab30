/** From presets to what is asked of a sound: whether one fits a model, and what lies between two. */

import { UserError } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { fillNormal, seededRandom } from "../../random.ts";
import type { Preset } from "../library/preset.ts";
import type { ModelAnalysis } from "../model/analysis.ts";
import { readSoundRequest, type SoundRequest } from "./sound-request.ts";

/** The request of a preset; its seed may be left open. */
export type PresetRequest = Omit<SoundRequest, "seed"> & Partial<Pick<SoundRequest, "seed">>;

/** @throws UserError "request-newer" or "request-damaged" (exit code 2). */
export function requestOfPreset({ name, request }: Preset): PresetRequest {
  const isOpen = request["seed"] === undefined;
  const whole = isOpen ? { ...request, seed: 0 } : request;
  const { seed, ...rest } = readSoundRequest(whole, `the preset "${name}"`);
  return isOpen ? rest : { ...rest, seed };
}

/** Steps that differ by less mean the same. */
const STEP_TOLERANCE = 0.01;

/** What one position of each control that is set asks for. */
export function scalesOf(request: object, analysis: ModelAnalysis | undefined): Preset["scales"] {
  const set = controlsOf(request);
  const isSet = ({ name }: { readonly name: string }): boolean => (set[name] ?? 0) !== 0;
  const { controls = [], characters = [] } = analysis ?? {};
  return Object.fromEntries([
    ...controls.filter(isSet).map(({ name, unit, step }) => [name, { unit, step }] as const),
    ...characters
      .filter(isSet)
      .map(
        ({ name, unit, step, direction }) =>
          [name, { unit, step, direction: sketchOf(direction) }] as const,
      ),
  ]);
}

const SKETCH_SIZE = 16;
const SKETCH_SEED = 16;
/** Cosine of the sketches of what is still the same direction. */
const SAME_DIRECTION = 0.95;

/**
 * A direction in a few numbers: its products with fixed random directions, as a vector of length 1.
 * The angle between two sketches is about that of the directions, and 0 for the same one.
 */
function sketchOf(direction: readonly number[]): number[] {
  const random = seededRandom(SKETCH_SEED);
  const products = Array.from({ length: SKETCH_SIZE }, () => {
    const other = fillNormal(random, new Float32Array(direction.length));
    return direction.reduce((sum, value, i) => sum + value * other[i]!, 0);
  });
  const length = Math.hypot(...products) || 1;
  return products.map((value) => Math.round((1000 * value) / length) / 1000);
}

/** Presets of before have no sketch. */
function isSameDirection(
  before: readonly number[] | undefined,
  after: readonly number[] | undefined,
): boolean {
  if (before === undefined || after === undefined) return true;
  const product = after.reduce((sum, value, i) => sum + value * (before[i] ?? 0), 0);
  return product >= SAME_DIRECTION;
}

/** Positions by the name of the control; none where a request has none. */
function controlsOf(request: object): Readonly<Record<string, number>> {
  const { controls } = request as { controls?: Readonly<Record<string, number>> };
  return controls ?? {};
}

/**
 * Refuses what would sound otherwise than when it was saved.
 *
 * @throws UserError "preset-unfit" (exit code 2), with what to do.
 */
export function requirePresetFit(preset: Preset, analysis: ModelAnalysis | undefined): void {
  const now = scalesOf(preset.request, analysis);
  const set = Object.entries(controlsOf(preset.request)).filter(([, position]) => position !== 0);
  for (const [control] of set) {
    const [before, after] = [preset.scales[control], now[control]];
    if (after === undefined) {
      const all = [...(analysis?.controls ?? []), ...(analysis?.characters ?? [])];
      const offered = all.map(({ name }) => name).join(", ");
      throw unfit(preset, `it sets "${control}", and the model offers ${offered || "no controls"}`);
    }
    if (before === undefined) continue;
    if (!isSameDirection(before.direction, after.direction)) {
      throw unfit(preset, `"${control}" is another direction since the model was analysed again`);
    }
    const isSame =
      before.unit === after.unit &&
      Math.abs(after.step - before.step) <= STEP_TOLERANCE * Math.abs(before.step);
    if (isSame) continue;
    throw unfit(
      preset,
      `one position of "${control}" is ${after.step} ${after.unit} since the model was analysed again, it was ${before.step} ${before.unit}`,
    );
  }
}

function unfit({ name }: Preset, reason: string): UserError {
  return new UserError({
    code: "preset-unfit",
    message: `Cannot use the preset "${name}": ${reason}`,
    hint: "Set the controls anew with --control, and save the sound under that name with --replace.",
    exitCode: 2,
  });
}

/** Fields that must not lie between two, though they are numbers. */
const UNMIXED: ReadonlySet<string> = new Set([
  ...["version", "seed", "sampleRate"],
  ...["beatsPerBar", "beatUnit"],
]);

/** Fields that are whole numbers, half-way or not. */
const WHOLE: ReadonlySet<string> = new Set(["length", "bars", "note"]);

/** Fields that are factors: half-way between 1 and 4 is 2. */
const FACTORS: ReadonlySet<string> = new Set(["density"]);

/**
 * What lies between two requests: numbers in proportion, controls rounded to whole positions, and
 * all that cannot be mixed, such as mode and seed, from the nearer one.
 *
 * @param share 0 for `from`, 1 for `to`.
 */
export function morphed(from: PresetRequest, to: PresetRequest, share: number): PresetRequest {
  if (share === 0) return from;
  if (share === 1) return to;
  const mixed = mix([jsonOf(from), jsonOf(to)], share);
  const controls = { ...controlsOf(from), ...controlsOf(to) };
  const moved = Object.fromEntries(
    Object.keys(controls).map((name) => {
      const [a, b] = [controlsOf(from)[name] ?? 0, controlsOf(to)[name] ?? 0];
      return [name, Math.round(a + (b - a) * share)];
    }),
  );
  return {
    ...(mixed as unknown as PresetRequest),
    ...(Object.keys(controls).length > 0 && { controls: moved }),
  };
}

/** A request is plain JSON; its types have no index to say so. */
function jsonOf(request: PresetRequest): Json {
  return request as unknown as Json;
}

function mix(pair: readonly [Json?, Json?], share: number, name = ""): Json {
  const [from, to] = pair;
  const nearer = (share < 0.5 ? from : to) as Json;
  if (UNMIXED.has(name)) return nearer;
  if (typeof from === "number" && typeof to === "number") {
    if (FACTORS.has(name) && from > 0 && to > 0) return from ** (1 - share) * to ** share;
    const between = from + (to - from) * share;
    return WHOLE.has(name) ? Math.round(between) : between;
  }
  if (!isObject(from) || !isObject(to)) return nearer;
  // Kinds of a thing have fields of their own, which do not mix.
  if (from["kind"] !== to["kind"]) return nearer;
  const entries = Object.keys({ ...from, ...to }).flatMap((key): [string, Json][] => {
    const [a, b] = [from[key], to[key]];
    if (a !== undefined && b !== undefined) return [[key, mix([a, b], share, key)]];
    const kept = share < 0.5 ? a : b;
    return kept === undefined ? [] : [[key, kept]];
  });
  return Object.fromEntries(entries);
}

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

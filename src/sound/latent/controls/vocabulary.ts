/** The controls that a model may come to offer, each with the descriptor that it moves. */

import type { SoundDescription } from "../../audio/descriptors/describe.ts";
import type { PitchDescription } from "../../audio/descriptors/pitched.ts";
import type { ControlName } from "./apply.ts";
import { VIBRATO_FLOOR_CENTS } from "./path-moves.ts";

/** All that is measured of a sound; what only a pitch has is absent where there is none. */
export type Descriptors = SoundDescription & Partial<PitchDescription>;

export interface ControlWords {
  /** Of the control, and of the descriptor that it moves; in the order in which they are shown. */
  readonly name: ControlName & keyof Descriptors;
  readonly label: string;
  /** What lies at its two ends, for people. */
  readonly ends: readonly [string, string];
  readonly group: "pitch" | "timbre" | "time" | "movement" | "level";
  readonly unit: string;
  /** Only sounds with a pitch have it, and only models with pitch can move it. @default false */
  readonly needsPitch?: true;
  /** Compared in octaves: times, of which a half and a double are equally far. */
  readonly isRatio: boolean;
  /** Added to what is compared in octaves: less than this is not heard. @default 0.0001 */
  readonly floor?: number;
  /** What one can just hear, in the unit of comparison: no corpus is taken as more even than this. */
  readonly least: number;
  /** Limits of what one position asks for. */
  readonly step: { readonly least: number; readonly most: number };
}

export const vocabulary: readonly ControlWords[] = [
  {
    ...{ name: "pitch", label: "pitch", ends: ["low", "high"], group: "pitch" },
    needsPitch: true,
    ...{ unit: "semitones", isRatio: false, least: 1, step: { least: 1, most: 1 } },
  },
  {
    ...{ name: "vibrato", label: "vibrato", ends: ["straight", "vibrato"], group: "pitch" },
    needsPitch: true,
    ...{ unit: "octaves", isRatio: true, floor: VIBRATO_FLOOR_CENTS, least: 0.3 },
    step: { least: 0.25, most: 0.35 },
  },
  {
    ...{ name: "brightness", label: "brightness", ends: ["dark", "bright"], group: "timbre" },
    ...{ unit: "octaves", isRatio: false, least: 0.1, step: { least: 0.06, most: 0.25 } },
  },
  {
    ...{ name: "body", label: "body", ends: ["thin", "full"], group: "timbre" },
    ...{ unit: "dB", isRatio: false, least: 1.5, step: { least: 0.6, most: 2.5 } },
  },
  {
    ...{ name: "width", label: "width", ends: ["narrow", "wide"], group: "timbre" },
    ...{ unit: "octaves", isRatio: false, least: 0.08, step: { least: 0.03, most: 0.12 } },
  },
  {
    ...{ name: "noisiness", label: "noisiness", ends: ["clear", "noisy"], group: "timbre" },
    ...{ unit: "dB", isRatio: false, least: 1, step: { least: 0.6, most: 1.2 } },
  },
  {
    ...{ name: "hollow", label: "hollow", ends: ["full", "hollow"], group: "timbre" },
    needsPitch: true,
    ...{ unit: "dB", isRatio: false, least: 1.5, step: { least: 0.8, most: 1.6 } },
  },
  {
    ...{ name: "attack", label: "attack", ends: ["sharp", "soft"], group: "time" },
    ...{ unit: "octaves", isRatio: true, least: 0.4, step: { least: 0.25, most: 0.45 } },
  },
  {
    ...{ name: "decay", label: "decay", ends: ["short", "ringing"], group: "time" },
    ...{ unit: "octaves", isRatio: true, least: 0.3, step: { least: 0.1, most: 0.25 } },
  },
  {
    ...{ name: "length", label: "length", ends: ["short", "long"], group: "time" },
    ...{ unit: "octaves", isRatio: true, least: 0.3, step: { least: 0.1, most: 0.15 } },
  },
  {
    ...{ name: "loudness", label: "loudness", ends: ["soft", "loud"], group: "level" },
    ...{ unit: "dB", isRatio: false, least: 1, step: { least: 1.5, most: 1.5 } },
  },
  {
    ...{ name: "modulation", label: "tremolo", ends: ["still", "trembling"], group: "movement" },
    ...{ unit: "dB", isRatio: false, least: 0.5, step: { least: 0.5, most: 0.8 } },
  },
  {
    ...{ name: "roughness", label: "roughness", ends: ["smooth", "rough"], group: "movement" },
    ...{ unit: "dB", isRatio: false, least: 0.5, step: { least: 0.4, most: 0.8 } },
  },
];

/** A description in units of comparison, in the order of the vocabulary; NaN for what is not there. */
export function comparable(description: Descriptors): number[] {
  return vocabulary.map(({ name, isRatio, floor }) => {
    const value = description[name] ?? Number.NaN;
    return isRatio ? Math.log2(Math.max(1e-4, value + (floor ?? 0))) : value;
  });
}

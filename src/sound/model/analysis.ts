/**
 * What was measured of a model's controls on its own recordings. Kept in the model file; measuring
 * again changes nothing else.
 */

import * as v from "valibot";
import { count, fields, finite, numberWithin, type Shape, wholeNumber } from "../../checked.ts";
import { POSITION_MOST } from "./position-range.ts";

/** A control that was measured to do what it says, and how far. */
export interface ControlFacts {
  /** What options and presets call it: "brightness", "character-a". */
  readonly name: string;
  /** What people call it; theirs to change. */
  readonly label: string;
  /** Of the descriptor: "octaves", "dB". */
  readonly unit: string;
  /** What one position asks for, in that unit. */
  readonly step: number;
  /** 2nd, 50th and 98th percentile of the descriptor over the recordings' gestures. */
  readonly range: { readonly low: number; readonly middle: number; readonly high: number };
  /** Positions that lead from the middle to the ends of the range. */
  readonly safe: { readonly least: number; readonly most: number };
  readonly evidence: Evidence;
}

/** Medians over sounds, but for the lowest. */
export interface Evidence {
  /** Rank correlation of position and descriptor: of the middle sound, and of the worst. */
  readonly spearman: number;
  readonly spearmanLowest: number;
  /** What changes from the lowest to the highest measured position, in the descriptor's unit. */
  readonly effect: number;
  /** Largest change of another offered control, in deviations of each over the corpus. */
  readonly leakage: number;
  /** Which one that is; none where it is alone. */
  readonly leaksInto: string | null;
}

/** A control that does not work with this model. */
export interface DeclinedControl {
  readonly name: string;
  /** "moves length as well: 0.58" */
  readonly reason: string;
  readonly evidence: Evidence;
}

/** A direction in which the recordings vary and that no control explains. */
export interface CharacterFacts extends ControlFacts {
  /** Of a gesture's beginning, middle and end, shape [3][latentSize]; for one position. */
  readonly direction: readonly number[];
  /** Share of the variance that controls leave. */
  readonly varianceShare: number;
  /** |cos| to the same direction of resampled files, the median of the bootstrap. */
  readonly stability: number;
}

export interface ModelAnalysis {
  readonly version: 1;
  /** How it was measured. */
  readonly measured: {
    readonly sounds: number;
    readonly positions: readonly number[];
    readonly files: number;
    readonly phases: string;
  };
  readonly controls: readonly ControlFacts[];
  readonly declined: readonly DeclinedControl[];
  readonly characters: readonly CharacterFacts[];
  /** Names that people gave, by the name of the control: they outlive a new analysis. */
  readonly labels: { readonly [name: string]: string };
}

const LIMIT = 1e4;
const text: Shape<string> = v.pipe(v.string(), v.maxLength(200));
const value: Shape<number> = numberWithin(-LIMIT, LIMIT);
const position: Shape<number> = wholeNumber(-POSITION_MOST, POSITION_MOST);

const evidence: Shape<Evidence> = fields<Evidence>({
  spearman: numberWithin(-1, 1),
  spearmanLowest: numberWithin(-1, 1),
  effect: finite,
  leakage: finite,
  leaksInto: v.nullable(text),
});

const controlFields = {
  name: text,
  label: text,
  unit: text,
  step: value,
  range: fields<ControlFacts["range"]>({ low: value, middle: value, high: value }),
  safe: fields<ControlFacts["safe"]>({ least: position, most: position }),
  evidence,
};

const DIRECTION_MOST = 3 * 4096;

export const analysisShape: Shape<ModelAnalysis> = fields<ModelAnalysis>({
  version: v.literal(1),
  measured: fields<ModelAnalysis["measured"]>({
    sounds: count,
    positions: v.array(position),
    files: count,
    phases: text,
  }),
  controls: v.array(fields<ControlFacts>(controlFields)),
  declined: v.array(fields<DeclinedControl>({ name: text, reason: text, evidence })),
  characters: v.array(
    fields<CharacterFacts>({
      ...controlFields,
      direction: v.pipe(v.array(value), v.maxLength(DIRECTION_MOST)),
      varianceShare: numberWithin(0, 1),
      stability: numberWithin(0, 1),
    }),
  ),
  labels: v.record(v.string(), text),
});

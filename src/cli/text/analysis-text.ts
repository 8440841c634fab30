/** What a model's controls do, as text: a line with a small bar for each. */

import { padEnd, padStart, plainText, wrap } from "../../show/draw/width.ts";
import { asciiText, formatNumber, formatPercent, formatQuantity } from "../../show/numbers.ts";
import type { CharacterFacts, ControlFacts, ModelAnalysis } from "../../sound/model/analysis.ts";
import { POSITION_MOST } from "../../sound/model/position-range.ts";

export interface AnalysisTextOptions {
  /** Columns that a line may take. */
  readonly width: number;
  /** False for a terminal that knows only ASCII. */
  readonly unicode: boolean;
}

/** Lines without line breaks, none wider than the width (from 60 columns on). */
export function analysisLines(analysis: ModelAnalysis, options: AnalysisTextOptions): string[] {
  const width = Math.max(60, options.width);
  const { controls, declined, characters, measured } = analysis;
  const lines = [
    `${formatQuantity(controls.length, "control")}, ${formatQuantity(characters.length, "character")}`,
    "",
    `${padEnd("", NAME)}  ${padEnd("-10        0        10", BAR)}  ${padStart("effect", FIGURE)}  rank   leak`,
    ...[...controls, ...characters].map(controlLine),
    "",
    ...wrap(
      "bar: positions that stay within the recordings; the dots lie beyond them, and still give sound. effect: what changes from the lowest to the highest measured position. rank: Spearman's correlation, the median of the sounds. leak: how much of another control moves along, in deviations of the recordings.",
      width,
    ),
    "",
    ...characters.flatMap((one) => wrap(characterText(one), width)),
    ...declined.flatMap(({ name, reason }) => wrap(`not offered: ${name}, it ${reason}`, width)),
    "",
    ...wrap(
      `measured on ${measured.sounds} sounds at positions ${measured.positions.join(", ")}, with ${measured.phases} phases, from ${measured.files} recordings`,
      width,
    ),
  ];
  // Names and reasons come from a file, which is not trusted.
  const plain = lines.map(plainText);
  return options.unicode ? plain : plain.map(asciiText);
}

const NAME = 16;
const BAR = 2 * POSITION_MOST + 1;
const FIGURE = 14;

function controlLine(control: ControlFacts): string {
  const { label, safe, evidence, unit } = control;
  const name = padEnd(plainText(label).slice(0, NAME), NAME);
  const sign = evidence.effect < 0 ? "" : "+";
  const effect = padStart(`${sign}${formatNumber(evidence.effect)} ${plainText(unit)}`, FIGURE);
  return `${name}  ${bar(safe)}  ${effect}  ${evidence.spearman.toFixed(2)}   ${evidence.leakage.toFixed(2)}`;
}

/** A dot for each position of the warning zone, a line for each of the safe range. */
function bar({ least, most }: ControlFacts["safe"]): string {
  return Array.from({ length: BAR }, (_, i) => {
    const position = i - POSITION_MOST;
    if (position === 0) return "|";
    return position >= least && position <= most ? "=" : "·";
  }).join("");
}

function characterText({ label, name, varianceShare, stability }: CharacterFacts): string {
  const called = label === name ? "" : ` (${name})`;
  return `${plainText(label)}${called}: ${formatPercent(varianceShare)} of what the controls do not explain; found again in ${formatPercent(stability)} of its direction when files are drawn anew`;
}

/** Converts positions, which people set, to moves of a sound. */

import type { ModelAnalysis } from "../../model/analysis.ts";
import { POSITION_MOST } from "../../model/position-range.ts";
import { type ControlName, type Moves, noMoves } from "./apply.ts";

/** Whole numbers from -POSITION_MOST to POSITION_MOST by the name of the control. */
export interface Positions {
  readonly [control: string]: number;
}

/**
 * @returns undefined where nothing moves.
 * @throws RangeError for a control that the model does not offer, and a position that is none.
 */
export function movesOf(
  analysis: ModelAnalysis | undefined,
  positions: Positions,
): Moves | undefined {
  const asked: Partial<Record<ControlName, number>> = {};
  let character: Float32Array | undefined;
  for (const [name, position] of Object.entries(positions)) {
    if (!Number.isInteger(position) || Math.abs(position) > POSITION_MOST) {
      throw new RangeError(
        `Cannot set "${name}" to ${position}: need a whole number from -${POSITION_MOST} to ${POSITION_MOST}`,
      );
    }
    const turned = analysis?.characters.find((one) => one.name === name);
    if (turned !== undefined) {
      if (position !== 0) character = sum(character, turned.direction, position);
      continue;
    }
    const control = analysis?.controls.find((one) => one.name === name);
    if (control === undefined)
      throw new RangeError(`Cannot set "${name}": the model has no such control`);
    if (position !== 0 && isMove(name)) asked[name] = position * control.step;
  }
  if (Object.keys(asked).length === 0 && character === undefined) return undefined;
  return { ...noMoves, ...asked, ...(character && { character }) };
}

function sum(
  before: Float32Array | undefined,
  direction: readonly number[],
  position: number,
): Float32Array {
  return Float32Array.from(direction, (by, i) => (before?.[i] ?? 0) + position * by);
}

function isMove(name: string): name is ControlName {
  return Object.hasOwn(noMoves, name);
}

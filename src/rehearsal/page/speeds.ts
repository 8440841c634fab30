/** The speeds that a slider has: 1, 2 and 5 in every power of ten. */

import { formatNumber, formatShort } from "../../show/numbers.ts";

const MANTISSAS = [1, 2, 5] as const;

/** 0.01, the slowest that is allowed. */
export const POSITION_MIN = -6;
/** 1e9: a run of months in the blink of an eye. */
export const POSITION_MAX = 27;

/** The speed at a position; 0 is 1, and three positions are a factor of ten. */
export function speedAt(position: number): number {
  const power = Math.floor(position / MANTISSAS.length);
  const mantissa = MANTISSAS[position - power * MANTISSAS.length] ?? 1;
  return Number(`${mantissa}e${power}`);
}

/** The position nearest to a speed, by ratio. */
export function positionOf(speedFactor: number): number {
  const positions = Array.from(
    { length: POSITION_MAX - POSITION_MIN + 1 },
    (_, index) => POSITION_MIN + index,
  );
  const distance = (position: number): number =>
    Math.abs(Math.log(speedFactor / speedAt(position)));
  return positions.reduce((best, one) => (distance(one) < distance(best) ? one : best));
}

/** "×0.5", "×80 000", "×5M". */
export function speedText(speedFactor: number): string {
  if (speedFactor < 1e6) return `×${formatNumber(speedFactor)}`;
  return `×${formatShort(speedFactor).replace(/\.0+(?=[A-Z])/, "")}`;
}

/**
 * The spectrum that phases begin with, where they are found step by step: on a line (griffin-lim.ts)
 * and on a circle (circle/circle-sound.ts).
 */

import type { PackedPlan } from "./packed-fourier.ts";

/** A row of magnitudes: `data` from `row` on, one for each bin. */
export interface MagnitudeRow {
  readonly data: Float32Array;
  readonly row: number;
}

/** Magnitudes with phases into the plan's spectrum. @param phases Same shape as the magnitudes. */
export function putPhases(
  { packed }: PackedPlan,
  { data, row }: MagnitudeRow,
  phases: Float32Array,
): void {
  const half = packed.length / 2;
  packed[0] = data[row]! * Math.cos(phases[row]!);
  packed[1] = data[row + half]! * Math.cos(phases[row + half]!);
  for (let bin = 1; bin < half; bin += 1) {
    packed[2 * bin] = data[row + bin]! * Math.cos(phases[row + bin]!);
    packed[2 * bin + 1] = data[row + bin]! * Math.sin(phases[row + bin]!);
  }
}

/** A curve of several rows, filled to the ground, exact in width and height. */

import { commonScale, condensed, heightOf, type Scale } from "../../show/draw/curve.ts";

export interface ChartOptions {
  readonly width: number;
  /** Rows, at least 1. */
  readonly height: number;
  readonly unicode: boolean;
  readonly scale: Scale;
}

const EIGHTHS = " ▁▂▃▄▅▆▇█";
const ASCII_LEVELS = " ..::||##";

/** The whole series, however long: one column is the mean of its share. @returns Top row first. */
export function chartLines(values: readonly number[], options: ChartOptions): string[] {
  const { width, height, unicode, scale } = options;
  const levels = unicode ? EIGHTHS : ASCII_LEVELS;
  const spread = stretched(condensed(values, width), width);
  const columns = spread.map((value) => {
    const share = heightOf(value, scale);
    // The lowest value still stands on the ground.
    return share === undefined ? 0 : 1 + Math.round(share * (8 * height - 1));
  });
  return Array.from({ length: height }, (_, row) => {
    const ground = 8 * (height - 1 - row);
    return columns.map((top) => levels[Math.min(8, Math.max(0, top - ground))] ?? " ").join("");
  });
}

const HIGHEST_LEFT_OUT = 0.05;

/**
 * For a loss, which falls fast and then ever slower. Its first values stand at the upper edge, for
 * with them on the scale everything after them would be one flat line.
 */
export function fallingScale(values: readonly number[]): Scale {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const usual = sorted.slice(0, Math.ceil(sorted.length * (1 - HIGHEST_LEFT_OUT)));
  return commonScale([usual], { logarithmic: true });
}

/** Few values are drawn wide, so that a curve has its shape from the beginning. */
function stretched(values: readonly number[], width: number): number[] {
  if (values.length === 0) return [];
  return Array.from({ length: width }, (_, column) => {
    return values[Math.floor((column * values.length) / width)] ?? Number.NaN;
  });
}

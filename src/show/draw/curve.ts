/** Small curves of a series of numbers, made of characters, exact in width. */

const BLOCKS = "▁▂▃▄▅▆▇█";
const ASCII_LEVELS = "_.-~=+*#";

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Logarithmic where every value is above 0; shows progress of a loss that falls ever slower. */
  readonly logarithmic: boolean;
}

/** The scale on which several curves can be compared; values that are not finite do not count. */
export function commonScale(
  series: readonly (readonly number[])[],
  { logarithmic = false }: { readonly logarithmic?: boolean } = {},
): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const values of series) {
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return { low: 0, high: 1, logarithmic: false };
  return { low, high, logarithmic: logarithmic && low > 0 };
}

/**
 * One line of blocks, exactly `width` columns: one column a value from the left,
 * or the mean of several values a column where there are more values than columns.
 * Missing values (not finite) leave a gap. A flat series lies at the bottom.
 */
export function sparkline(
  values: readonly number[],
  options: {
    readonly width: number;
    readonly unicode: boolean;
    /** @default the values' own, linear */
    readonly scale?: Scale;
  },
): string {
  const { width, unicode, scale = commonScale([values]) } = options;
  const levels = unicode ? BLOCKS : ASCII_LEVELS;
  const line = condensed(values, width)
    .map((value) => {
      const height = heightOf(value, scale);
      return height === undefined ? " " : (levels[Math.round(height * (levels.length - 1))] ?? " ");
    })
    .join("");
  return line.padEnd(width);
}

/** At most `count` values: the means of equal shares of the series, missing values left out. */
export function condensed(values: readonly number[], count: number): number[] {
  if (values.length <= count) return [...values];
  return Array.from({ length: Math.max(0, count) }, (_, i) => {
    const start = Math.floor((i * values.length) / count);
    const end = Math.floor(((i + 1) * values.length) / count);
    const there = values.slice(start, end).filter(Number.isFinite);
    return there.reduce((sum, value) => sum + value, 0) / there.length;
  });
}

/** Where a value lies between the scale's low (0) and high (1); undefined if it is not finite. */
export function heightOf(value: number, { low, high, logarithmic }: Scale): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (high <= low) return 0;
  const share = logarithmic
    ? Math.log(Math.max(value, low) / low) / Math.log(high / low)
    : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

/** Ranks, percentiles and spreads of small samples. */

/** By straight lines between the sorted values; `share` from 0 to 1. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (place - Math.floor(place)) * (above - below);
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

export function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / Math.max(1, values.length);
  const power = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return Math.sqrt(power / Math.max(1, values.length));
}

/** Spearman's rank correlation, equal values sharing their ranks; 0 where one side is constant. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [ranks(x), ranks(y)];
  const middle = (x.length - 1) / 2;
  let [across, powerA, powerB] = [0, 0, 0];
  for (const [i, rank] of a.entries()) {
    const [u, v] = [rank - middle, b[i]! - middle];
    across += u * v;
    powerA += u * u;
    powerB += v * v;
  }
  return powerA > 0 && powerB > 0 ? across / Math.sqrt(powerA * powerB) : 0;
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const rank = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to += 1;
    for (let k = from; k <= to; k += 1) rank[order[k]!] = (from + to) / 2;
    from = to + 1;
  }
  return rank;
}

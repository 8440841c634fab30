/** Long curves with as many points as a screen can show, their spikes kept. */

export interface Points {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
}

/** Of each column the lowest and the highest point, in order; a curve with few points stays as it is. */
export function decimated(
  { x, y }: Points,
  columns: number,
): { readonly x: number[]; readonly y: (number | null)[] } {
  if (x.length <= 2 * columns) return { x: [...x], y: [...y] };
  const few: { x: number[]; y: (number | null)[] } = { x: [], y: [] };
  for (let column = 0; column < columns; column += 1) {
    const start = Math.floor((column * x.length) / columns);
    const end = Math.floor(((column + 1) * x.length) / columns);
    for (const i of extremesOf(y, start, end)) {
      few.x.push(x[i] ?? 0);
      few.y.push(y[i] ?? null);
    }
  }
  return few;
}

function extremesOf(y: Points["y"], start: number, end: number): number[] {
  let [lowest, highest] = [-1, -1];
  for (let i = start; i < end; i += 1) {
    const value = y[i] ?? null;
    if (value === null) continue;
    if (lowest < 0 || value < (y[lowest] ?? 0)) lowest = i;
    if (highest < 0 || value > (y[highest] ?? 0)) highest = i;
  }
  if (lowest < 0) return [];
  return lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)];
}

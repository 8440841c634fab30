/** Arithmetic on shapes: lists of lengths, outermost first. */

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * The shape that both broadcast to, by NumPy's rule: aligned at the end, a length of 1 stretches.
 *
 * @throws TypeError if two lengths differ and neither is 1.
 */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const left = a[a.length - rank + i] ?? 1;
    const right = b[b.length - rank + i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new TypeError(
        `Cannot broadcast [${a}] with [${b}]: lengths ${left} and ${right} differ`,
      );
    }
    return Math.max(left, right);
  });
}

/** Axes of `to` along which `from` was stretched, counted in `to`. */
export function broadcastAxes(from: readonly number[], to: readonly number[]): number[] {
  const missing = to.length - from.length;
  return to.flatMap((length, axis) =>
    axis < missing || (from[axis - missing] === 1 && length !== 1) ? [axis] : [],
  );
}

export function reducedShape(shape: readonly number[], axes: readonly number[]): number[] {
  return shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
}

export function requireSameRank(what: string, a: readonly number[], b: readonly number[]): void {
  if (a.length !== b.length) {
    throw new TypeError(
      `Cannot ${what} [${a}] with [${b}]: found ${a.length} and ${b.length} axes`,
    );
  }
}

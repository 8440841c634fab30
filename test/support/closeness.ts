/** How far numbers are from those of another implementation. */

/** Difference as a share of the expected number; NaN if one of them is missing. */
export function relativeDifference(
  found: number | undefined,
  expected: number | undefined,
): number {
  const [one = Number.NaN, other = Number.NaN] = [found, expected];
  return Math.abs(one - other) / Math.abs(other);
}

/** Largest difference as a share of the largest expected number; NaN if the lengths differ. */
export function largestDifference(
  found: ArrayLike<number> | undefined,
  expected: ArrayLike<number>,
): number {
  if (found?.length !== expected.length) return Number.NaN;
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i += 1) {
    const [one = Number.NaN, other = Number.NaN] = [found[i], expected[i]];
    // Math.max() keeps a NaN, so that one bad number spoils the whole.
    difference = Math.max(difference, Math.abs(one - other));
    largest = Math.max(largest, Math.abs(other));
  }
  return difference / largest;
}

/** Solves small systems of linear equations. */

/**
 * x of A x = b, by Gauss with the largest pivot.
 *
 * @param matrix Rows of A, which must not be singular; it stays as it is.
 */
export function solved(matrix: readonly Float64Array[], b: readonly number[]): Float64Array {
  const size = b.length;
  const rows = matrix.map((row, i) => Float64Array.of(...row, b[i]!));
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let i = column + 1; i < size; i += 1) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i;
    }
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const top = rows[column]!;
    for (let i = 0; i < size; i += 1) {
      if (i === column) continue;
      const row = rows[i]!;
      const factor = row[column]! / top[column]!;
      for (let k = column; k <= size; k += 1) row[k] = row[k]! - factor * top[k]!;
    }
  }
  return Float64Array.from(rows, (row, i) => row[size]! / row[i]!);
}

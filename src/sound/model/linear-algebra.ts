/** Small dense linear algebra in float64: a few hundred rows at most. */

/**
 * Columns made orthonormal, by Cholesky factorisation of their Gram matrix, twice.
 *
 * Twice, because once loses half the digits where columns are nearly parallel
 * (Y. Yamamoto et al., "Roundoff error analysis of the CholeskyQR2 algorithm", 2015).
 *
 * @param columns Shape [size, width].
 */
export function orthonormalise(columns: Float64Array, shape: MatrixShape): Float64Array {
  return onceOrthonormalised(onceOrthonormalised(columns, shape), shape);
}

export interface MatrixShape {
  readonly size: number;
  readonly width: number;
}

/** Rows that are worked on together: what is read of the other matrix then serves all of them. */
const ROWS = 4;

function onceOrthonormalised(columns: Float64Array, { size, width }: MatrixShape): Float64Array {
  // Rows of zeros make the number even, and change no product.
  const even = { size: ROWS * Math.ceil(size / ROWS), width };
  const padded = new Float64Array(even.size * width);
  padded.set(columns);
  solveByRows(cholesky(gramOf(padded, even), width), padded, even);
  return padded.subarray(0, size * width);
}

/** Products of all columns with each other, the lower half of shape [width, width]. */
function gramOf(columns: Float64Array, { size, width }: MatrixShape): Float64Array {
  const gram = new Float64Array(width * width);
  for (let row = 0; row < size; row += ROWS) {
    const a = row * width;
    const [b, c, d] = [a + width, a + 2 * width, a + 3 * width];
    for (let i = 0; i < width; i += 1) {
      const [x, y, z, w] = [columns[a + i]!, columns[b + i]!, columns[c + i]!, columns[d + i]!];
      const at = i * width;
      for (let j = 0; j <= i; j += 1) {
        const first = x * columns[a + j]! + y * columns[b + j]!;
        const last = z * columns[c + j]! + w * columns[d + j]!;
        gram[at + j] = gram[at + j]! + (first + last);
      }
    }
  }
  return gram;
}

/** Puts in the place of each row the x that solves x Lᵀ = row. */
function solveByRows(lower: Float64Array, rows: Float64Array, { size, width }: MatrixShape): void {
  for (let row = 0; row < size; row += ROWS) {
    const a = row * width;
    const [b, c, d] = [a + width, a + 2 * width, a + 3 * width];
    for (let i = 0; i < width; i += 1) {
      let [x, y, z, w] = [rows[a + i]!, rows[b + i]!, rows[c + i]!, rows[d + i]!];
      const at = i * width;
      for (let j = 0; j < i; j += 1) {
        const factor = lower[at + j]!;
        x -= factor * rows[a + j]!;
        y -= factor * rows[b + j]!;
        z -= factor * rows[c + j]!;
        w -= factor * rows[d + j]!;
      }
      const pivot = lower[at + i]!;
      rows[a + i] = x / pivot;
      rows[b + i] = y / pivot;
      rows[c + i] = z / pivot;
      rows[d + i] = w / pivot;
    }
  }
}

/**
 * L with L Lᵀ = matrix, lower triangular. Only the lower half of `matrix` is read.
 *
 * Pivots that rounding made 0 or less are lifted, so that rank-deficient matrices pass too.
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  let largest = 0;
  for (let i = 0; i < size; i += 1) largest = Math.max(largest, matrix[i * size + i]!);
  const least = Math.max(largest * 1e-12, Number.MIN_VALUE);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * size + j]!;
      for (let k = 0; k < j; k += 1) sum -= lower[i * size + k]! * lower[j * size + k]!;
      lower[i * size + j] = i === j ? Math.sqrt(Math.max(sum, least)) : sum / lower[j * size + j]!;
    }
  }
  return lower;
}

/**
 * The matrix X that makes `gram` X nearest to `product`: the normal equations of least squares.
 *
 * @param gram Symmetric, shape [size, size].
 * @param product Shape [size, width].
 * @returns Shape [size, width].
 */
export function leastSquares(
  gram: Float64Array,
  product: Float64Array,
  { size, width, ridge }: MatrixShape & { readonly ridge: number },
): Float64Array {
  const lifted = gram.map((value, at) => (at % (size + 1) === 0 ? value + ridge : value));
  const lower = cholesky(lifted, size);
  const result = Float64Array.from(product);
  const eliminate = (row: number, other: number, factor: number): void => {
    for (let i = 0; i < width; i += 1) {
      const at = row * width + i;
      result[at] = result[at]! - factor * result[other * width + i]!;
    }
  };
  const divide = (row: number): void => {
    const pivot = lower[row * size + row]!;
    for (let i = 0; i < width; i += 1) result[row * width + i] = result[row * width + i]! / pivot;
  };
  for (let row = 0; row < size; row += 1) {
    for (let other = 0; other < row; other += 1) eliminate(row, other, lower[row * size + other]!);
    divide(row);
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let other = row + 1; other < size; other += 1) {
      eliminate(row, other, lower[other * size + row]!);
    }
    divide(row);
  }
  return result;
}

export interface SymmetricEigen {
  /** Largest first, shape [size]. */
  readonly values: Float64Array;
  /** One eigenvector of unit length a row, shape [size, size]. */
  readonly vectors: Float64Array;
}

const SWEEPS_MAX = 30;

/** All eigenvalues and eigenvectors of a symmetric matrix, by cyclic Jacobi rotations. */
export function symmetricEigen(matrix: Float64Array, size: number): SymmetricEigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) v[i * size + i] = 1;
  for (let sweep = 0; sweep < SWEEPS_MAX && offDiagonal(a, size) > 1e-22; sweep += 1) {
    for (let p = 0; p < size - 1; p += 1) {
      for (let q = p + 1; q < size; q += 1) rotate(a, v, { size, p, q });
    }
  }
  const order = Array.from({ length: size }, (_, i) => i).sort(
    (i, j) => a[j * size + j]! - a[i * size + i]!,
  );
  return {
    values: Float64Array.from(order, (i) => a[i * size + i]!),
    vectors: Float64Array.from({ length: size * size }, (_, at) => {
      const row = order[Math.floor(at / size)]!;
      return v[row * size + (at % size)]!;
    }),
  };
}

/** Share of the squared entries that lies off the diagonal. */
function offDiagonal(a: Float64Array, size: number): number {
  let off = 0;
  let all = 0;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      const square = a[i * size + j]! ** 2;
      all += square;
      if (i !== j) off += square;
    }
  }
  return all === 0 ? 0 : off / all;
}

/** One rotation that makes a[p][q] zero; eigenvectors gather in the rows of v. */
function rotate(
  a: Float64Array,
  v: Float64Array,
  { size, p, q }: { readonly size: number; readonly p: number; readonly q: number },
): void {
  const apq = a[p * size + q]!;
  if (apq === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apq);
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < size; k += 1) {
    const kp = a[k * size + p]!;
    const kq = a[k * size + q]!;
    a[k * size + p] = c * kp - s * kq;
    a[k * size + q] = s * kp + c * kq;
  }
  for (let k = 0; k < size; k += 1) {
    const pk = a[p * size + k]!;
    const qk = a[q * size + k]!;
    a[p * size + k] = c * pk - s * qk;
    a[q * size + k] = s * pk + c * qk;
    const vp = v[p * size + k]!;
    const vq = v[q * size + k]!;
    v[p * size + k] = c * vp - s * vq;
    v[q * size + k] = s * vp + c * vq;
  }
}

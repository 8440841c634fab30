import fc from "fast-check";
import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { cholesky, orthonormalise, symmetricEigen } from "./linear-algebra.ts";

function normal(count: number, seed: number): Float64Array {
  return Float64Array.from(fillNormal(seededRandom(seed), new Float32Array(count)));
}

/** a b for row-major matrices [rows, inner] and [inner, columns]. */
function product(
  a: Float64Array,
  b: Float64Array,
  [rows, inner, columns]: readonly [number, number, number],
): Float64Array {
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < inner; k += 1) {
      sum += a[Math.floor(at / columns) * inner + k]! * b[k * columns + (at % columns)]!;
    }
    return sum;
  });
}

function transposed(a: Float64Array, rows: number, columns: number): Float64Array {
  return Float64Array.from(a, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** M Mᵀ + a little of the unit matrix. */
function positive(size: number, seed: number): Float64Array {
  const root = normal(size * size, seed);
  const square = product(root, transposed(root, size, size), [size, size, size]);
  return square.map((value, at) => value + (at % (size + 1) === 0 ? 0.1 : 0));
}

function largestDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

const sizes = fc.integer({ min: 1, max: 12 });

test("cholesky() gives L with L Lᵀ = the matrix, lower triangular", () => {
  fc.assert(
    fc.property(sizes, fc.nat(1000), (size, seed) => {
      const matrix = positive(size, seed);
      const lower = cholesky(matrix, size);
      const back = product(lower, transposed(lower, size, size), [size, size, size]);
      expect(largestDifference(back, matrix)).toBeLessThan(1e-9);
      for (let i = 0; i < size; i += 1) {
        for (let j = i + 1; j < size; j += 1) expect(lower[i * size + j]).toBe(0);
      }
    }),
  );
});

test("cholesky() gets through a matrix without full rank", () => {
  const lower = cholesky(Float64Array.of(1, 1, 1, 1), 2);
  expect(lower.every(Number.isFinite)).toBe(true);
  expect(cholesky(new Float64Array(9), 3).every(Number.isFinite)).toBe(true);
});

test("orthonormalise() gives columns of length 1 at right angles that span the same space", () => {
  const [size, width] = [40, 7];
  const columns = normal(size * width, 3);
  const basis = orthonormalise(columns, { size, width });
  const flipped = transposed(basis, size, width);
  const gram = product(flipped, basis, [width, size, width]);
  const unit = gram.map((_, at) => (at % (width + 1) === 0 ? 1 : 0));
  expect(largestDifference(gram, unit)).toBeLessThan(1e-12);
  const shares = product(flipped, columns, [width, size, width]);
  const back = product(basis, shares, [size, width, width]);
  expect(largestDifference(back, columns)).toBeLessThan(1e-9);
});

test("orthonormalise() stays exact where columns are nearly parallel", () => {
  const size = 30;
  const first = normal(size, 1);
  const second = normal(size, 2);
  const columns = Float64Array.from({ length: size * 2 }, (_, at) => {
    const row = Math.floor(at / 2);
    return first[row]! + (at % 2) * 1e-5 * second[row]!;
  });
  const basis = orthonormalise(columns, { size, width: 2 });
  const cosine = first.reduce((sum, _, row) => sum + basis[row * 2]! * basis[row * 2 + 1]!, 0);
  expect(Math.abs(cosine)).toBeLessThan(1e-10);
});

test("symmetricEigen() gives values largest first, with vectors that belong to them", () => {
  fc.assert(
    fc.property(sizes, fc.nat(1000), (size, seed) => {
      const half = normal(size * size, seed);
      const matrix = half.map((value, at) => value + transposed(half, size, size)[at]!);
      const { values, vectors } = symmetricEigen(matrix, size);
      expect([...values]).toEqual([...values].sort((a, b) => b - a));
      for (let i = 0; i < size; i += 1) {
        const vector = vectors.slice(i * size, (i + 1) * size);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 9);
        const image = product(matrix, vector, [size, size, 1]);
        const wanted = vector.map((value) => value * values[i]!);
        expect(largestDifference(image, wanted)).toBeLessThan(1e-8);
      }
    }),
  );
});

test("symmetricEigen() of a diagonal and of nothing", () => {
  expect([...symmetricEigen(Float64Array.of(2, 0, 0, 5), 2).values]).toEqual([5, 2]);
  expect([...symmetricEigen(new Float64Array(4), 2).values]).toEqual([0, 0]);
});

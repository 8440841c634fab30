/**
 * The largest principal components of a covariance matrix, by subspace iteration.
 *
 * A full decomposition of a 1025 x 1025 matrix takes many seconds in JavaScript; the leading 128
 * directions take one second as a few products on the runtime. Products run on the runtime in
 * float32; orthogonality and the small eigenproblem are kept in float64.
 */

import { fillNormal, seededRandom } from "../../random.ts";
import { Graph } from "../tensor/graph.ts";
import { lower } from "../tensor/lower.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { orthonormalise, symmetricEigen } from "./linear-algebra.ts";

export interface PrincipalComponents {
  /** Directions of unit length, shape [count, size], largest variance first. */
  readonly directions: Float64Array;
  /** Variance along each, shape [count]. */
  readonly variances: Float64Array;
}

/** Extra directions that are carried along so that the last requested ones converge. */
const EXTRA_DIRECTIONS = 16;
const ROUNDS = 12;
const PRODUCTS_PER_ROUND = 3;

export interface ComponentsShape {
  /** Rows of the covariance. */
  readonly size: number;
  /** Components wanted, at most `size`. */
  readonly count: number;
  /** Times that the directions are made orthogonal again; fewer are quicker and less exact. @default 12 */
  readonly rounds?: number;
}

/** A covariance times columns of shape [size, columnCount(shape)]. */
export type CovarianceProduct = (columns: Float32Array) => Promise<Float32Array>;

/** Columns that are carried along. */
export function columnCount({ size, count }: ComponentsShape): number {
  return Math.min(size, count + EXTRA_DIRECTIONS);
}

/** @param covariance Symmetric, shape [size, size]. */
export async function principalComponents(
  runtime: Runtime,
  covariance: Float32Array,
  shape: ComponentsShape,
): Promise<PrincipalComponents> {
  const multiply = await products(runtime, covariance, {
    size: shape.size,
    width: columnCount(shape),
  });
  const components = await componentsByProducts(multiply.run, shape);
  await multiply.release();
  return components;
}

/** The same for a covariance too large to store, given as its product with columns. */
export async function componentsByProducts(
  multiply: CovarianceProduct,
  shape: ComponentsShape,
): Promise<PrincipalComponents> {
  const { size, count, rounds = ROUNDS } = shape;
  const width = columnCount(shape);
  let columns = fillNormal(seededRandom(1), new Float32Array(size * width));
  for (let round = 0; round < rounds; round += 1) {
    columns = Float32Array.from(orthonormalise(Float64Array.from(columns), { size, width }));
    for (let i = 0; i < PRODUCTS_PER_ROUND; i += 1) columns = scaled(await multiply(columns));
  }
  const basis = orthonormalise(Float64Array.from(columns), { size, width });
  const image = await multiply(Float32Array.from(basis));

  const small = new Float64Array(width * width);
  for (let row = 0; row < size; row += 1) {
    for (let i = 0; i < width; i += 1) {
      const left = basis[row * width + i]!;
      for (let j = 0; j < width; j += 1) {
        small[i * width + j] = small[i * width + j]! + left * image[row * width + j]!;
      }
    }
  }
  const { values, vectors } = symmetricEigen(small, width);
  return rotated(basis, { size, width, count, values, vectors });
}

/** With 1 as the largest number: a covariance of tiny ones would underflow after a few products. */
function scaled(columns: Float32Array): Float32Array<ArrayBuffer> {
  let largest = 0;
  for (let i = 0; i < columns.length; i += 1) largest = Math.max(largest, Math.abs(columns[i]!));
  const result = new Float32Array(columns.length);
  for (let i = 0; i < columns.length; i += 1) result[i] = columns[i]! / (largest || 1);
  return result;
}

interface Rotation {
  readonly size: number;
  readonly width: number;
  readonly count: number;
  readonly values: Float64Array;
  /** Shape [width, width], one eigenvector a row. */
  readonly vectors: Float64Array;
}

function rotated(basis: Float64Array, rotation: Rotation): PrincipalComponents {
  const { size, width, count, values, vectors } = rotation;
  const directions = new Float64Array(count * size);
  for (let i = 0; i < count; i += 1) {
    for (let row = 0; row < size; row += 1) {
      let sum = 0;
      for (let j = 0; j < width; j += 1) sum += basis[row * width + j]! * vectors[i * width + j]!;
      directions[i * size + row] = sum;
    }
  }
  return { directions, variances: values.slice(0, count).map((value) => Math.max(0, value)) };
}

interface Products {
  /** Covariance times columns [size, width]. */
  run(columns: Float32Array): Promise<Float32Array>;
  release(): Promise<void>;
}

async function products(
  runtime: Runtime,
  covariance: Float32Array,
  { size, width }: { readonly size: number; readonly width: number },
): Promise<Products> {
  const graph = new Graph();
  const product = graph.matmul(
    graph.input("matrix", [size, size]),
    graph.input("x", [size, width]),
  );
  const program = await runtime.compile(lower(graph, { product }));
  const matrix = { data: covariance, shape: [size, size] };
  return {
    run: async (columns) => {
      const results = await program.run({ matrix, x: { data: columns, shape: [size, width] } });
      return results["product"]!.data;
    },
    release: () => program.release(),
  };
}

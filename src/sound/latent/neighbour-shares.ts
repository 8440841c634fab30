/**
 * Which vectors of the corpus lie nearest to a point of the latent space, and how much each counts:
 * what is known at those vectors holds, in these shares, at the point.
 */

/** Vectors of all files, shape [count, size]. */
export interface LatentCloud {
  readonly vectors: Float32Array;
  readonly size: number;
}

const NEIGHBOURS = 6;

export interface NeighbourShare {
  readonly row: number;
  readonly share: number;
}

/**
 * The nearest vectors of the cloud with their weights: a Gaussian as wide as the farthest of them
 * is away. Shares sum to 1.
 */
export function neighbourShares(
  point: Float32Array,
  { vectors, size }: LatentCloud,
): NeighbourShare[] {
  const rows = new Int32Array(NEIGHBOURS).fill(-1);
  const distances = new Float64Array(NEIGHBOURS).fill(Number.POSITIVE_INFINITY);
  for (let row = 0; row * size < vectors.length; row += 1) {
    const limit = distances[NEIGHBOURS - 1]!;
    let distance = 0;
    const at = row * size;
    for (let i = 0; i < size && distance < limit; i += 1) {
      distance += (vectors[at + i]! - point[i]!) ** 2;
    }
    if (distance < limit) insert(distances, rows, { distance, row });
  }
  const found = rows.filter((row) => row >= 0).length;
  const width = Math.max(distances[Math.max(0, found - 1)]!, 1e-12);
  const weights = Array.from({ length: found }, (_, k) => Math.exp(-distances[k]! / width));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight, k) => ({ row: rows[k]!, share: weight / total }));
}

function insert(
  distances: Float64Array,
  rows: Int32Array,
  { distance, row }: { readonly distance: number; readonly row: number },
): void {
  let at = NEIGHBOURS - 1;
  while (at > 0 && distances[at - 1]! > distance) {
    distances[at] = distances[at - 1]!;
    rows[at] = rows[at - 1]!;
    at -= 1;
  }
  distances[at] = distance;
  rows[at] = row;
}

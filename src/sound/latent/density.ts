/**
 * The density of the corpus in the latent space, and how to move points towards it.
 *
 * A variational model is trained towards a unit normal and never reaches it: the corpus occupies a
 * thin, curved part of the space. Points that were interpolated or moved are drawn back towards
 * their nearest neighbours in the corpus (one step of mean shift, K. Fukunaga, L. Hostetler, 1975),
 * where the decoder was trained.
 */

/** Vectors of all files, shape [count, size]. */
export interface LatentCloud {
  readonly vectors: Float32Array;
  readonly size: number;
}

const NEIGHBOURS = 6;

/**
 * Vectors compared with each point; more are thinned out evenly, because the search is brute force.
 */
const VECTORS_MAX = 6000;

/** A cloud of at most VECTORS_MAX vectors. */
export function thinned({ vectors, size }: LatentCloud): LatentCloud {
  const count = vectors.length / size;
  if (count <= VECTORS_MAX) return { vectors, size };
  const few = new Float32Array(VECTORS_MAX * size);
  for (let i = 0; i < VECTORS_MAX; i += 1) {
    const row = Math.floor((i * count) / VECTORS_MAX);
    few.set(vectors.subarray(row * size, (row + 1) * size), i * size);
  }
  return { vectors: few, size };
}

/**
 * Moves each point of `path` a share of the way to the mean of its nearest neighbours, in place.
 *
 * @param share 0 leaves it, 1 lands on the mean of the neighbours.
 */
export function pullInto(path: Float32Array, cloud: LatentCloud, share: number): void {
  const { size } = cloud;
  for (let start = 0; start < path.length; start += size) {
    const point = path.subarray(start, start + size);
    const target = neighbourMean(point, cloud);
    for (let i = 0; i < size; i += 1) {
      point[i] = point[i]! + share * (target[i]! - point[i]!);
    }
  }
}

function neighbourMean(point: Float32Array, cloud: LatentCloud): Float64Array {
  const { vectors, size } = cloud;
  const mean = new Float64Array(size);
  for (const { row, share } of neighbourShares(point, cloud)) {
    for (let i = 0; i < size; i += 1) mean[i] = mean[i]! + share * vectors[row * size + i]!;
  }
  return mean;
}

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

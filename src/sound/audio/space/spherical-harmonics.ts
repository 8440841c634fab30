/**
 * Real spherical harmonics, SN3D: what a function of direction is made of.
 *
 * Source: ambiX, C. Nachbar et al., Ambisonics Symposium 2011.
 */

/** Where a sound comes from. */
export interface Direction {
  /** 0 ahead, 90 left, -90 right, 180 behind. */
  readonly azimuthDegrees: number;
  /** 0 level, 90 above, -90 below. */
  readonly elevationDegrees: number;
}

/**
 * All harmonics up to an order at a direction, by ACN: order 0; -1, 0, 1 of order 1; ...
 *
 * At the mirrored azimuth every value is the same or, for negative degrees, exactly its negative.
 *
 * @returns Shape [(order + 1)^2].
 */
export function sphericalHarmonics(direction: Direction, order: number): Float64Array {
  const azimuth = (direction.azimuthDegrees * Math.PI) / 180;
  const elevation = (direction.elevationDegrees * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(elevation), Math.cos(elevation)];
  const values = new Float64Array((order + 1) ** 2);
  // Along one degree m, each order follows from the two before it.
  let diagonal = 1;
  for (let m = 0; m <= order; m += 1) {
    if (m > 0) diagonal *= (2 * m - 1) * cosine;
    let [before, current] = [0, diagonal];
    for (let n = m; n <= order; n += 1) {
      if (n > m) {
        [before, current] = [
          current,
          ((2 * n - 1) * sine * current - (n + m - 1) * before) / (n - m),
        ];
      }
      const weight = norm(n, m) * current;
      values[n * n + n + m] = weight * Math.cos(m * azimuth);
      if (m > 0) values[n * n + n - m] = weight * Math.sin(m * azimuth);
    }
  }
  return values;
}

/** sqrt((2 - [m = 0]) (n - m)! / (n + m)!) */
function norm(n: number, m: number): number {
  let ratio = m === 0 ? 1 : 2;
  for (let k = n - m + 1; k <= n + m; k += 1) ratio /= k;
  return Math.sqrt(ratio);
}

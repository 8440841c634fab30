import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { neighbourShares } from "./neighbour-shares.ts";

test("neighbourShares() takes the nearest vectors, nearest first, in shares that sum to 1", () => {
  const near = fillNormal(seededRandom(1), new Float32Array(40)).map((x) => 0.01 * x);
  const far = near.map((x) => x + 100);
  const cloud = { vectors: Float32Array.from([...far, ...near]), size: 2 };
  const shares = neighbourShares(Float32Array.of(1, 1), cloud);
  expect(shares).toHaveLength(6);
  expect(shares.every(({ row }) => row >= 20)).toBe(true);
  expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  for (const [i, { share }] of shares.slice(1).entries()) {
    expect(share).toBeLessThanOrEqual(shares[i]?.share ?? 0);
  }
});

test("neighbourShares() works with fewer vectors than neighbours", () => {
  const shares = neighbourShares(Float32Array.of(0, 0), {
    vectors: Float32Array.of(2, 4),
    size: 2,
  });
  expect(shares).toEqual([{ row: 0, share: 1 }]);
});

test("neighbourShares() of a point on many equal vectors counts them alike", () => {
  const cloud = { vectors: new Float32Array(20).fill(7), size: 2 };
  for (const { share } of neighbourShares(Float32Array.of(7, 7), cloud)) {
    expect(share).toBeCloseTo(1 / 6, 9);
  }
});

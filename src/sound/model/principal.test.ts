import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import { orthonormalise, symmetricEigen } from "./linear-algebra.ts";
import { componentsByProducts, principalComponents } from "./principal.ts";

const runtime = await openRuntime({ threads: 1 });

/** Covariance with these variances along random directions. */
function covarianceOf(variances: readonly number[], seed = 1): Float32Array {
  const size = variances.length;
  const random = fillNormal(seededRandom(seed), new Float32Array(size * size));
  const axes = orthonormalise(Float64Array.from(random), { size, width: size });
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return variances.reduce(
      (sum, variance, k) => sum + variance * axes[i * size + k]! * axes[j * size + k]!,
      0,
    );
  });
}

const falling = Array.from({ length: 60 }, (_, i) => 100 * 0.8 ** i);

test("principalComponents() agrees with the full decomposition", async () => {
  const covariance = covarianceOf(falling);
  const count = 12;
  const { directions, variances } = await principalComponents(runtime, covariance, {
    size: 60,
    count,
  });
  const exact = symmetricEigen(Float64Array.from(covariance), 60);
  for (let i = 0; i < count; i += 1) {
    expect(variances[i]! / falling[i]!).toBeCloseTo(1, 4);
    let cosine = 0;
    for (let j = 0; j < 60; j += 1) {
      cosine += directions[i * 60 + j]! * exact.vectors[i * 60 + j]!;
    }
    expect(Math.abs(cosine)).toBeGreaterThan(0.999);
  }
});

test("principalComponents() gives directions of length 1 at right angles", async () => {
  const { directions } = await principalComponents(runtime, covarianceOf(falling), {
    size: 60,
    count: 5,
  });
  for (let i = 0; i < 5; i += 1) {
    for (let k = 0; k <= i; k += 1) {
      let product = 0;
      for (let j = 0; j < 60; j += 1) product += directions[i * 60 + j]! * directions[k * 60 + j]!;
      expect(product).toBeCloseTo(i === k ? 1 : 0, 6);
    }
  }
});

test("principalComponents() gets through tiny variances, equal ones and none at all", async () => {
  for (const variances of [
    falling.map((variance) => variance * 1e-20),
    new Array<number>(30).fill(2),
    new Array<number>(30).fill(0),
  ]) {
    const found = await principalComponents(runtime, covarianceOf(variances), {
      size: variances.length,
      count: 4,
    });
    expect(found.directions.every(Number.isFinite)).toBe(true);
    expect(found.variances[0]! / (variances[0] || 1)).toBeCloseTo(variances[0] === 0 ? 0 : 1, 3);
  }
});

test("componentsByProducts() needs no more than what the covariance does to columns", async () => {
  const diagonal = Array.from({ length: 30 }, (_, i) => 30 - i);
  const { variances } = await componentsByProducts(
    async (columns) => {
      const width = columns.length / 30;
      return columns.map((value, at) => value * diagonal[Math.floor(at / width)]!);
    },
    { size: 30, count: 3 },
  );
  expect(variances[0]).toBeCloseTo(30, 3);
  expect(variances[2]).toBeCloseTo(28, 3);
});

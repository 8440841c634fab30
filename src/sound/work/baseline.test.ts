import { beforeAll, describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { LEVEL_MIN_DB, type SoundFrames } from "../model/sound-frames.ts";
import { openRuntime } from "../tensor/ort.node.ts";
import type { Runtime } from "../tensor/runtime.ts";
import { fitLinearCode, groupSampler, type Rows, throughLinearCode } from "./baseline.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});

const groupFrames = 2;
const size = groupFrames * BIN_COUNT;

function rowsOf(data: Float32Array): Rows {
  return {
    count: data.length / size,
    size,
    read: ([start, count], out) => out.set(data.subarray(start * size, (start + count) * size)),
  };
}

/** Groups around -50 dB that lie in a space of `rank` directions. */
function groupsOfRank(rank: number, count: number): Float32Array {
  const random = seededRandom(7);
  const directions = fillNormal(random, new Float32Array(rank * size));
  const amounts = fillNormal(random, new Float32Array(count * rank));
  const data = new Float32Array(count * size).fill(-50);
  for (let row = 0; row < count; row += 1) {
    for (let i = 0; i < rank; i += 1) {
      const amount = (amounts[row * rank + i] ?? 0) * (rank - i);
      for (let j = 0; j < size; j += 1) {
        const at = row * size + j;
        data[at] = (data[at] ?? 0) + amount * (directions[i * size + j] ?? 0);
      }
    }
  }
  return data;
}

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + (value - (b[i] ?? 0)) ** 2, 0) / a.length;
}

function framesOf(frameCount: number, level: (at: number) => number): SoundFrames {
  const levels = Float32Array.from({ length: frameCount * BIN_COUNT }, (_, at) => level(at));
  return { frameCount, levels, reference: 1 };
}

describe("fitLinearCode", () => {
  test("rebuilds data of rank k with k numbers", async () => {
    const data = groupsOfRank(5, 40);
    const code = await fitLinearCode(runtime, rowsOf(data), { groupFrames, latentSize: 5 });
    expect(meanSquare(throughLinearCode(code, data), data)).toBeLessThan(1e-6);
  });

  test("keeps the largest directions when there are fewer numbers than directions", async () => {
    const data = groupsOfRank(5, 40);
    const errors: number[] = [];
    for (const latentSize of [1, 3, 4]) {
      const code = await fitLinearCode(runtime, rowsOf(data), { groupFrames, latentSize });
      errors.push(meanSquare(throughLinearCode(code, data), data));
    }
    // The squares of the amounts left out, by construction: 16 + 9 + 4 + 1, 4 + 1, 1.
    const wanted = [30, 5, 1];
    for (const [i, error] of errors.entries()) {
      expect(error / (wanted[i] ?? 0)).toBeGreaterThan(0.5);
      expect(error / (wanted[i] ?? 0)).toBeLessThan(1.5);
    }
  });

  test("takes fewer groups than numbers without breaking", async () => {
    const data = groupsOfRank(2, 3);
    const code = await fitLinearCode(runtime, rowsOf(data), { groupFrames, latentSize: 8 });
    expect(meanSquare(throughLinearCode(code, data), data)).toBeLessThan(1e-6);
  });

  test("gives orthogonal directions of unit length", async () => {
    const { directions } = await fitLinearCode(runtime, rowsOf(groupsOfRank(4, 30)), {
      groupFrames,
      latentSize: 3,
    });
    for (let i = 0; i < 3; i += 1) {
      for (let j = 0; j <= i; j += 1) {
        let product = 0;
        for (let k = 0; k < size; k += 1) {
          product += (directions[i * size + k] ?? 0) * (directions[j * size + k] ?? 0);
        }
        expect(product).toBeCloseTo(i === j ? 1 : 0, 5);
      }
    }
  });
});

describe("throughLinearCode", () => {
  test("gives back as many frames as it was given when the last group is not full", async () => {
    const data = groupsOfRank(2, 10);
    const code = await fitLinearCode(runtime, rowsOf(data), { groupFrames, latentSize: 2 });
    expect(throughLinearCode(code, data.subarray(0, 3 * BIN_COUNT))).toHaveLength(3 * BIN_COUNT);
  });
});

describe("groupSampler", () => {
  test("keeps every group, the last one filled up with silence", () => {
    const sampler = groupSampler({ groupFrames, random: seededRandom(1) });
    sampler.add(framesOf(3, (at) => -40 - Math.floor(at / BIN_COUNT)));
    expect(sampler.count).toBe(2);
    const out = new Float32Array(2 * size);
    sampler.read([0, 2], out);
    const firstBins = [0, 1, 2, 3].map((frame) => out[frame * BIN_COUNT] ?? 0);
    const wanted = [-40, -41, -42, LEVEL_MIN_DB];
    for (const [i, level] of firstBins.entries()) {
      expect(Math.abs(level - (wanted[i] ?? 0))).toBeLessThan(0.2);
    }
  });

  test("keeps an even sample of too many groups", () => {
    const sampler = groupSampler({ groupFrames, random: seededRandom(1), groupsMax: 50 });
    for (let file = 0; file < 40; file += 1) sampler.add(framesOf(10, () => -2 * file));
    expect(sampler.count).toBe(50);
    const out = new Float32Array(50 * size);
    sampler.read([0, 50], out);
    const files = Array.from({ length: 50 }, (_, i) => Math.round((out[i * size] ?? 0) / -2));
    const early = files.filter((file) => file < 20).length;
    expect(early).toBeGreaterThan(15);
    expect(early).toBeLessThan(35);
  });
});

import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { ancestryOf } from "./ancestry.ts";

const size = 4;
const lengths = [20, 20, 20];
const rows = 60;
const latents = { means: fillNormal(seededRandom(1), new Float32Array(rows * size)), lengths };
const scale = { size, latentsPerSecond: 10 };

function pathOf(order: readonly number[]): Float32Array {
  const parts = order.map((row) => latents.means.subarray(row * size, (row + 1) * size));
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function from(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}

const loud = new Float32Array(rows);

describe("ancestryOf()", () => {
  test("knows a copy, its recording in each second, and how long it follows it", () => {
    const path = pathOf([...from(20, 10), ...from(45, 8)]);
    const found = ancestryOf({ path, loudness: loud }, latents, scale);
    expect(found.novelty).toBe(0);
    expect(found.copiedSeconds).toBeCloseTo(1, 9);
    expect(found.seconds.map(([first]) => first?.recording)).toEqual([1, 2]);
    expect(found.nearest.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
  });

  test("counts what jumps about as no stretch, and what is between as new", () => {
    const jumping = pathOf([3, 41, 17, 55, 22, 9, 33]);
    expect(ancestryOf({ path: jumping, loudness: loud }, latents, scale).copiedSeconds).toBe(0.1);
    const far = pathOf(from(0, 20)).map((value) => value + 3);
    expect(ancestryOf({ path: far, loudness: loud }, latents, scale).novelty).toBeGreaterThan(2);
  });

  test("does not listen to silence", () => {
    const loudness = Float32Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : -80));
    const path = pathOf([...from(0, 10), ...from(40, 10)]);
    const { seconds, nearest } = ancestryOf({ path, loudness }, latents, scale);
    expect(nearest[0]?.recording).toBe(0);
    expect(seconds[1]).toEqual([]);
  });

  test("compares a single recording with itself, half a second away", () => {
    const single = { means: latents.means, lengths: [60] };
    const far = pathOf(from(0, 20)).map((value) => value + 3);
    const { novelty, nearest } = ancestryOf({ path: far, loudness: loud }, single, scale);
    expect(novelty).toBeGreaterThan(2);
    expect(nearest).toEqual([{ recording: 0, share: 1 }]);
  });

  test("refuses a model without latents", () => {
    const none = { means: new Float32Array(0), lengths: [] };
    expect(() => ancestryOf({ path: pathOf([1]), loudness: loud }, none, scale)).toThrow(
      RangeError,
    );
  });
});

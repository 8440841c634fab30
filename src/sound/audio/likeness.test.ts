import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import { likeness } from "./likeness.ts";

const random = seededRandom(3);

/** Points of 8 dimensions around `centre`. */
function points(count: number, centre = 0): Float64Array[] {
  return Array.from({ length: count }, () =>
    Float64Array.from(fillNormal(random, new Float32Array(8)), (value) => centre + value),
  );
}

const [train, heldOut] = [points(100), points(60)];
const likenessOf = (generated: Float64Array[]) =>
  likeness({ train, heldOut, generated }, seededRandom(1))!;

test("likeness() of more of the same is near that of what was held out", () => {
  const { mmdRatio, coverageRatio, hubShare } = likenessOf(points(60));
  expect(mmdRatio).toBeLessThan(1.5);
  expect(coverageRatio).toBeGreaterThan(0.85);
  expect(hubShare).toBeLessThan(0.2);
});

test("likeness() sees another kind of sound, and one sound again and again", () => {
  expect(likenessOf(points(60, 1)).mmdRatio).toBeGreaterThan(3);
  const one = likenessOf(Array.from({ length: 60 }, () => train[7]!));
  expect(one.hubShare).toBe(1);
  expect(one.coverageRatio).toBeLessThan(0.3);
});

test("likeness() is the same for the same sounds, and undefined of too few", () => {
  const generated = points(20);
  expect(likenessOf(generated)).toEqual(likenessOf(generated));
  const few = { train: train.slice(0, 5), heldOut, generated };
  expect(likeness(few, seededRandom(1))).toBeUndefined();
  expect(likeness({ train, heldOut: [train[0]!], generated }, seededRandom(1))).toBeUndefined();
});

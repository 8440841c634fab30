import { expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../../random.ts";
import { charactersOf, type GestureCode, latentsOfGesture } from "./characters.ts";

const LATENTS = 4;

/** Gestures that vary much along one number that a descriptor says, and along one that none does. */
function codes(count: number, hidden: number): GestureCode[] {
  const random = seededRandom(3);
  return Array.from({ length: count }, (_, file) => {
    const [told, untold] = fillNormal(random, new Float32Array(2));
    const latents = Float64Array.from(fillNormal(random, new Float32Array(3 * LATENTS)));
    latents[0] = 6 * told!;
    latents[LATENTS] = hidden * untold!;
    return { file, latents, descriptors: [told! + 1] };
  });
}

test("charactersOf() finds what varies most beside the descriptors", () => {
  const [first] = charactersOf(codes(40, 5));
  expect(Math.abs(first?.unit[LATENTS] ?? 0)).toBeGreaterThan(0.95);
  expect(first?.stability).toBeGreaterThan(0.9);
  expect(first?.varianceShare).toBeGreaterThan(0.4);
});

test("charactersOf() finds none where nothing stands out, and of few files", () => {
  expect(charactersOf(codes(40, 1))).toEqual([]);
  expect(charactersOf(codes(4, 5))).toEqual([]);
  expect(charactersOf(codes(10, 5)).length).toBeLessThanOrEqual(2);
});

test("latentsOfGesture() tells beginning, middle and end", () => {
  const vectors = Float32Array.of(9, 1, 1, 5, 2);
  const corpus = { vectors, size: 1, gestures: [] };
  const [beginning, , end] = latentsOfGesture(
    corpus,
    { start: 1, length: 4, peak: 1 },
    Float64Array.of(1),
  );
  expect(beginning).toBeCloseTo(1);
  expect(end).toBeCloseTo(2);
  const single = latentsOfGesture(corpus, { start: 0, length: 1, peak: 0 }, Float64Array.of(2));
  expect([...single].map(Math.round)).toEqual([18, 18, 18]);
});

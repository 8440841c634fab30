import { expect, test } from "vitest";
import { describeSound } from "../audio/descriptors/describe.ts";
import { corpusMap } from "./corpus-map.ts";
import { sharedTraits } from "./map-words.ts";

const RATE = 48_000;

/** Short dull thuds and long bright whistles, of slightly different pitches. */
const sounds = [60, 62, 65, 68, 5000, 5200, 5400, 5600].map((hz, i) => {
  const seconds = hz < 100 ? 0.2 : 1;
  const samples = Float32Array.from({ length: seconds * RATE }, (_, t) => {
    const fall = hz < 100 ? Math.exp((-30 * t) / RATE) : 1;
    return 0.5 * fall * Math.sin((2 * Math.PI * hz * t) / RATE);
  });
  const description = describeSound(samples, RATE);
  if (description === undefined) throw new Error("it is not silent");
  return { path: `${i}.wav`, description };
});

test("corpusMap() puts thuds beside thuds and whistles beside whistles", async () => {
  const points = await corpusMap(sounds);
  for (const [i, a] of points.entries()) {
    const others = points.filter((b) => b !== a);
    const distance = (b: (typeof points)[number]): number => Math.hypot(a.x - b.x, a.y - b.y);
    const nearest = others.reduce((one, other) => (distance(other) < distance(one) ? other : one));
    expect(Number.parseInt(nearest.path, 10) < 4).toBe(i < 4);
  }
});

test("sharedTraits() says in words why two are near", async () => {
  const [a, b, , , , , c, d] = await corpusMap(sounds);
  if (!a || !b || !c || !d) throw new Error("there are eight");
  expect(sharedTraits(a, b)).toContain("dark");
  expect(sharedTraits(c, d)).toContain("bright");
  expect(sharedTraits(a, d)).not.toContain("dark");
});

test("corpusMap() has a place for a single sound, and none for none", async () => {
  expect(await corpusMap([])).toEqual([]);
  expect(await corpusMap(sounds.slice(0, 1))).toMatchObject([{ x: 0.5, y: 0.5 }]);
});

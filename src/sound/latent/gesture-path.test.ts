import { describe, expect, test } from "vitest";
import { fillNormal, seededRandom } from "../../random.ts";
import {
  blended,
  drawGesture,
  type GestureCorpus,
  neighboursOf,
  newGesture,
} from "./gesture-path.ts";
import type { Gesture } from "./gestures.ts";

const SIZE = 2;

function gesture(parts: Pick<Gesture, "file" | "start" | "length"> & Partial<Gesture>): Gesture {
  return { peak: 2, hasOnset: true, hasEnd: true, untilNext: undefined, ...parts };
}

/** Two kinds of sounds, three recordings each, far from each other; lengths 8, 10, ..., 18. */
function corpus(): GestureCorpus {
  let start = 0;
  const gestures = [8, 10, 12, 14, 16, 18].map((length, file) => {
    const one = gesture({ file, start, length });
    start += length;
    return one;
  });
  const vectors = fillNormal(seededRandom(1), new Float32Array(start * SIZE));
  for (const { file, start: first, length } of gestures) {
    for (let i = first * SIZE; i < (first + length) * SIZE; i += 1) {
      vectors[i] = 0.1 * (vectors[i] ?? 0) + (file % 2 === 0 ? 5 : -5);
    }
  }
  return { vectors, size: SIZE, gestures };
}

describe("blended()", () => {
  const all = corpus();
  const [lead, , other] = all.gestures as [Gesture, Gesture, Gesture];

  test("without a share of the other is the leading gesture, to the last bit", () => {
    const path = blended(all, { lead, other, share: 0 });
    expect(path).toEqual(all.vectors.slice(lead.start * SIZE, (lead.start + lead.length) * SIZE));
  });

  test("begins with the leading gesture's own attack, so that none is heard twice", () => {
    const path = blended(all, { lead, other, share: 0.5 });
    expect(path.slice(0, 2 * SIZE)).toEqual(
      all.vectors.slice(lead.start * SIZE, (lead.start + 2) * SIZE),
    );
  });

  test("is as long as lies between both, by octaves", () => {
    expect(blended(all, { lead, other, share: 0.5 }).length / SIZE).toBe(10); // sqrt(8 * 12) = 9.8
  });

  test("lies between both after the attack", () => {
    const still = { ...all, vectors: all.vectors.map((_, i) => (i < 18 * SIZE ? 0 : 4)) };
    const path = blended(still, { lead, other, share: 0.25 });
    for (const value of path.slice(6 * SIZE)) expect(value).toBeCloseTo(1, 5);
  });
});

test("newGesture() stays with sounds of its kind: a blend is no medley", () => {
  const all = corpus();
  for (let seed = 0; seed < 30; seed += 1) {
    const random = seededRandom(seed);
    const lead = drawGesture(all, random);
    const [first, second] = neighboursOf(all, lead);
    expect([first, second].map((near) => (near?.file ?? 0) % 2)).toEqual([
      lead.file % 2,
      lead.file % 2,
    ]);
    const { path } = newGesture({ ...all, gestures: [lead, first!, second!] }, lead, random);
    const sign = lead.file % 2 === 0 ? 1 : -1;
    for (const value of path) expect(sign * value).toBeGreaterThan(3);
  }
});

test("newGesture() blends a note with others on the same note, however like another note is", () => {
  // Rows of one latent, pitch and voicing: the first two are one note, the third is most similar.
  const rows = [
    [1, 8, 1],
    [3, 8.01, 1],
    [1.1, 8.3, 1],
  ] as const;
  const gestures = rows.map((_, file) => gesture({ file, start: 8 * file, length: 8 }));
  const vectors = Float32Array.from(rows.flatMap((row) => new Array(8).fill(row).flat()));
  const notes: GestureCorpus = { vectors, size: 3, conditions: ["pitch", "voicing"], gestures };
  for (let seed = 0; seed < 8; seed += 1) {
    const { path } = newGesture(notes, gestures[0]!, seededRandom(seed));
    for (let at = 1; at < path.length; at += 3) expect(path[at]).toBeLessThan(8.011);
    expect(path.at(-3)).toBeGreaterThan(1);
  }
  const alone = { ...notes, gestures: [gestures[0]!, gestures[2]!] };
  const pitches = [1, 2, 3, 4, 5].map((seed) =>
    newGesture(alone, gestures[0]!, seededRandom(seed)),
  );
  expect(Math.max(...pitches.map(({ path }) => path[1]!))).toBeGreaterThan(8.01);
});

test("drawGesture() lets every recording lead as often, however many gestures it has", () => {
  const rows = Array.from({ length: 9 }, (_, i) =>
    gesture({ file: 0, start: i, length: 1, peak: 0 }),
  );
  const all = {
    vectors: new Float32Array(20),
    size: SIZE,
    gestures: [...rows, gesture({ file: 1, start: 9, length: 1, peak: 0 })],
  };
  const random = seededRandom(3);
  const drawn = Array.from({ length: 400 }, () => drawGesture(all, random).file);
  expect(drawn.filter((file) => file === 1).length).toBeGreaterThan(160);
  expect(drawn.filter((file) => file === 1).length).toBeLessThan(240);
});

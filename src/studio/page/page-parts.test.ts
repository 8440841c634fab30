import { expect, test } from "vitest";
import { decimated } from "./decimated.ts";
import { firstMove, moved, redone, undone } from "./moves.ts";
import { hashOf, placeOf } from "./place.ts";
import { firstSetting, requestOf } from "./setting.ts";

test("decimated() keeps the spikes of a long curve", () => {
  const x = Array.from({ length: 20_000 }, (_, i) => i);
  const y = x.map((i) => (i === 12_345 ? 99 : i === 4321 ? -99 : Math.sin(i / 100)));
  const few = decimated({ x, y }, 800);
  expect(few.x.length).toBeLessThanOrEqual(1600);
  expect(few.y).toContain(99);
  expect(few.y).toContain(-99);
  expect(few.x).toEqual([...few.x].sort((a, b) => a - b));
});

test("decimated() leaves short curves and their gaps as they are", () => {
  const points = { x: [1, 2, 3], y: [1, null, 3] };
  expect(decimated(points, 100)).toEqual(points);
});

test("moves are undone and redone, and one drag is one move", () => {
  let moves = firstMove(0);
  for (const value of [1, 2, 3]) moves = moved(moves, value, value > 1);
  moves = moved(moves, 9, false);
  const back = undone(moves);
  expect(back?.now).toBe(3);
  expect(back && undone(back)?.now).toBe(0);
  expect(back && redone(back)?.now).toBe(9);
  expect(redone(moves)).toBeUndefined();
});

test.each(["#/sounds", "#/train/rain%20%2F%20sea", "#/play/model%3Aabc", "#/rehearse"])(
  "the place %s is found again",
  (hash) => {
    expect(hashOf(placeOf(hash))).toBe(hash);
  },
);

test.each(["", "#", "#/nowhere", "#/train/%E0%A4%A"])("%j is some place all the same", (hash) => {
  expect(placeOf(hash).of).toBeUndefined();
});

test("requestOf() asks for no length of a gesture, and for an exact one of everything else", () => {
  expect(requestOf(firstSetting, "draft")).toEqual({
    version: 1,
    seed: 1,
    sampleRate: 48_000,
    quality: "draft",
    mode: "gesture",
  });
  const held = { ...firstSetting, mode: "walk", seconds: 3, positions: { evolution: 10 } } as const;
  expect(requestOf(held, "normal")).toMatchObject({ length: 144_000, evolution: 1 });
});

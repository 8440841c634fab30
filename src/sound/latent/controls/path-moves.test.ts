import { describe, expect, it } from "vitest";
import { noteRows } from "../../../../test/support/pitched-model.ts";
import { movedPath, type PathMove, stationShares } from "./path-moves.ts";

const SIZE = 6;
const layout = { latentSize: SIZE, conditions: ["pitch", "voicing"] } as const;
const still: PathMove = { pitch: 0, vibrato: 0 };
const time = { latentsPerSecond: 23.4375, peak: 0 };
const note = noteRows(8, 40);

function pitches(move: Partial<PathMove>, path = note): number[] {
  const moved = movedPath(path, layout, { move: { ...still, ...move }, time });
  return Array.from({ length: moved.length / SIZE }, (_, row) => moved[row * SIZE + 4]!);
}

/** Half the way from the lowest to the highest row, in cents. */
function depth(values: readonly number[]): number {
  return 600 * (Math.max(...values) - Math.min(...values));
}

describe("movedPath()", () => {
  it("gives the same path where nothing moves", () => {
    expect(movedPath(note, layout, { move: still, time })).toBe(note);
  });

  it("moves the pitch by semitones, and nothing else", () => {
    const moved = movedPath(note, layout, { move: { ...still, pitch: 6 }, time });
    expect(moved.map((value, i) => value - note[i]!).slice(0, SIZE)).toEqual(
      Float32Array.of(0, 0, 0, 0, 0.5, 0),
    );
  });

  it("adds a vibrato that sets in after the attack, and takes it back", () => {
    const deep = pitches({ vibrato: 3 });
    // 4 cents are heard as none: three octaves above them are 28.
    expect(depth(deep)).toBeGreaterThan(24);
    expect(depth(deep)).toBeLessThan(30);
    expect(deep[0]).toBeCloseTo(8, 5);
    const wobbling = movedPath(note, layout, { move: { ...still, vibrato: 3 }, time });
    expect(depth(pitches({ vibrato: -2.5 }, wobbling))).toBeLessThan(0.6 * depth(deep));
  });

  it("adds a character where a gesture begins, goes on and ends", () => {
    const character = new Float32Array(12);
    character.set([1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0]);
    const moved = movedPath(note, layout, { move: { ...still, character }, time });
    expect([...moved.subarray(0, 4)]).toEqual([1, 0, 0, 0]);
    expect([...moved.subarray(39 * SIZE, 39 * SIZE + 4)]).toEqual([0, 0, 3, 0]);
    const held = movedPath(note, layout, {
      move: { ...still, character },
      time: { latentsPerSecond: 23.4375 },
    });
    expect([...held.subarray(0, 4)]).toEqual([0, 2, 0, 0]);
  });
});

describe("stationShares()", () => {
  it.each([
    [0, 0, 1],
    [2, 1, 3],
    [7, 3, 12],
    [11, 3, 12],
  ])("shares row %d of a gesture with its peak at %d of %d", (row, peak, rows) => {
    const shares = stationShares(row, { peak, rows });
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    expect(shares.every((share) => share >= 0)).toBe(true);
  });
});

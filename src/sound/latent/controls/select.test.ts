import { describe, expect, it } from "vitest";
import { type Candidate, judged, reasonOf } from "./select.ts";
import { percentile, spearman } from "./statistics.ts";

describe("spearman()", () => {
  it("is 1 for what rises, -1 for what falls, and shares the ranks of equal values", () => {
    expect(spearman([1, 2, 3, 4], [10, 20, 30, 31])).toBeCloseTo(1);
    expect(spearman([1, 2, 3, 4], [4, 3, 2, -9])).toBeCloseTo(-1);
    // scipy.stats.spearmanr([1, 2, 3, 4], [1, 1, 2, 3]) = 0.9487
    expect(spearman([1, 2, 3, 4], [1, 1, 2, 3])).toBeCloseTo(0.9487, 4);
    expect(spearman([1, 2, 3], [5, 5, 5])).toBe(0);
  });
});

describe("percentile()", () => {
  it("lies between two values", () => {
    expect(percentile([3, 1, 2], 0.5)).toBe(2);
    expect(percentile([0, 10], 0.25)).toBe(2.5);
  });
});

const positions = [-2, 0, 2];

/** A control that moves descriptor k by `moves[k]` a position, alike on both sounds. */
function candidate(own: number, moves: readonly number[]): Candidate {
  const sound = positions.map((position) => moves.map((by) => by * position));
  return { name: "abc"[own] ?? "", own, sweep: { positions, values: [sound, sound] } };
}

describe("judged()", () => {
  const units = [1, 1, 1];

  it("offers what moves its own descriptor alone", () => {
    const all = judged([candidate(0, [1, 0.1, 0]), candidate(1, [0, 1, 0.2])], units);
    expect(all.map(({ isOffered }) => isOffered)).toEqual([true, true]);
    expect(all[0]?.evidence).toMatchObject({
      spearman: 1,
      effect: 4,
      leakage: 0.1,
      leaksInto: "b",
    });
  });

  it("leaves out the one that costs fewest", () => {
    const all = judged(
      [candidate(0, [1, 0.5, 0.5]), candidate(1, [0, 1, 0]), candidate(2, [0, 0, 1])],
      units,
    );
    expect(all.map(({ isOffered }) => isOffered)).toEqual([false, true, true]);
    expect(all[0] && reasonOf(all[0])).toBe("moves b as well: 0.5");
  });

  it("weighs leakage in the deviations of the corpus", () => {
    const wide = judged([candidate(0, [1, 0.5]), candidate(1, [0, 1])], [1, 5]);
    expect(wide.every(({ isOffered }) => isOffered)).toBe(true);
  });

  it("leaves out what does not follow", () => {
    const [still] = judged([candidate(0, [0, 0])], units);
    expect(still?.isOffered).toBe(false);
    expect(still && reasonOf(still)).toContain("does not follow its positions");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binaryTree, headLines, ringLines, treesLine } from "./nccl-topology.ts";

const machines = (nodes: number, gpusPerNode = 8) => ({
  worldSize: nodes * gpusPerNode,
  nodes,
  gpusPerNode,
});

describe("trees", () => {
  test.each([
    [2, "7/8/-1->0->-1", "7/-1/-1->0->8"],
    [8, "7/32/-1->0->-1", "7/-1/-1->0->8"],
    [32, "7/128/-1->0->-1", "7/-1/-1->0->8"],
    // Three machines: the second tree is the first one, moved by one.
    [3, "7/16/-1->0->-1", "7/-1/-1->0->8"],
  ])("of %i machines: the root's child is half of them away", (nodes, first, second) => {
    const line = treesLine(machines(nodes));
    expect(line).toContain(`Trees [0] ${first} `);
    expect(line).toContain(` [8] ${second} `);
    expect(line.match(/\[\d+\]/g)).toHaveLength(16);
  });

  test("without a switch every other channel of a machine goes backwards", () => {
    const line = treesLine(machines(1, 4));
    expect(line).toContain("[0] 1/-1/-1->0->-1 [1] -1/-1/-1->0->3 [2] 1/");
  });

  test("every machine is its parent's child, and the root is above all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), (nodes) => {
        for (let node = 1; node < nodes; node += 1) {
          const { parent, isFirst } = binaryTree(nodes, node);
          const { first, other } = binaryTree(nodes, parent);
          expect(isFirst ? first : other).toBe(node);
        }
        expect(binaryTree(nodes, 0).parent).toBe(-1);
      }),
      { numRuns: 20 },
    );
  });
});

describe("rings", () => {
  test("have a line for each of 16 channels, with each rank once", () => {
    const lines = ringLines(machines(2));
    expect(lines).toHaveLength(16);
    for (const [channel, line] of lines.entries()) {
      const [, number, ranks = ""] = /^Channel (\d\d)\/16 :(.*)$/.exec(line) ?? [];
      expect(Number(number)).toBe(channel);
      const all = ranks.trim().split(/ +/).map(Number);
      expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
      expect(all[0]).toBe(0);
    }
    expect(new Set(lines.map((line) => line.slice(13))).size).toBe(8);
  });

  test("are cut where NCCL's buffer ends", () => {
    for (const line of ringLines(machines(2048))) expect(line).toHaveLength(127);
  });
});

test("each card is the head of a part, on twenty machines at most", () => {
  expect(headLines(machines(3))).toHaveLength(8);
  expect(headLines(machines(3))[1]).toBe("NVLS Head  1:  1  9 17");
  expect(headLines(machines(64))[0]?.split(/ +/)).toHaveLength(3 + 20);
  expect(headLines(machines(1))).toEqual([]);
});

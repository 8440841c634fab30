import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { binaryTree, connectionLines, headLines, ringLines, treesLine } from "./nccl-topology.ts";

const MANY = { collective: 16 };

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
    const line = treesLine(machines(nodes), MANY);
    expect(line).toContain(`Trees [0] ${first} `);
    expect(line).toContain(` [8] ${second} `);
    expect(line.match(/\[\d+\]/g)).toHaveLength(16);
  });

  test("without a switch every other channel of a machine goes backwards", () => {
    const line = treesLine(machines(1, 4), MANY);
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
    const lines = ringLines(machines(2), MANY);
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

  test("are as wide as the highest rank", () => {
    expect(ringLines(machines(1), { collective: 24 })[5]).toBe("Channel 05/24 : 0 1 2 3 4 5 6 7");
    expect(ringLines(machines(2), MANY)[0]).toBe(
      "Channel 00/16 :  0  7  6  5  4  3  2  1  8 15 14 13 12 11 10  9",
    );
    expect(ringLines(machines(16), MANY)[1]).toMatch(/^Channel 01\/16 : {3}0 {3}7 {3}6 /);
  });

  test("are cut where NCCL's buffer ends, and say so", () => {
    for (const line of ringLines(machines(2048), MANY)) {
      expect(line).toHaveLength(127);
      expect(line).toMatch(/ \d*\.\.\.$/);
    }
    // "Channel 00/16 :" and 28 ranks of four letters fill the buffer to the last one.
    const full = ringLines({ worldSize: 101, nodes: 101, gpusPerNode: 1 }, MANY)[0] ?? "";
    expect(full).toHaveLength(127);
    expect(full).toMatch(/ {2}27$/);
  });
});

describe("the cards of an Instinct MI300", () => {
  const lines = ringLines(machines(1), { collective: 56 });

  test("are linked each with each, so that seven rings use each link once either way", () => {
    expect(lines[2]).toBe("Channel 02/56 : 0 2 4 1 3 6 5 7");
    expect(lines[9]).toBe("Channel 09/56 : 0 7 5 6 3 1 4 2");
    expect(new Set(lines.map((line) => line.slice(16))).size).toBe(14);
    expect(lines[14]?.slice(16)).toBe(lines[0]?.slice(16));
  });

  test("have trees along the rings", () => {
    const line = treesLine(machines(1), { collective: 56 });
    expect(line).toContain("[2] 2/-1/-1->0->-1 ");
    expect(line).toContain("[9] -1/-1/-1->0->2 ");
    expect(line.match(/\[\d+\]/g)).toHaveLength(56);
  });
});

test("neighbours that are fewer ranks away are connected first", () => {
  const localName = (rank: number): string => `${rank}[${rank}]`;
  const lines = connectionLines(machines(2), MANY, { local: "P2P/CUMEM", localName });
  const kinds = lines.map((line) => /receive|send|P2P/.exec(line)?.[0]);
  expect(kinds).toEqual([...Array(2).fill("receive"), ...Array(14).fill("P2P"), "send", "send"]);
});

test("each card is the head of a part, on twenty machines at most", () => {
  expect(headLines(machines(3))).toHaveLength(8);
  expect(headLines(machines(3))[1]).toBe("NVLS Head  1:  1  9 17");
  expect(headLines(machines(64))[0]?.split(/ +/)).toHaveLength(3 + 20);
  expect(headLines(machines(1))).toEqual([]);
});

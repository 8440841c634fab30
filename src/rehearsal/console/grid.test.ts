import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClusterStatus, GpuStatus } from "../../events/cluster.ts";
import { coloursFor } from "../../show/draw/colours.ts";
import { displayWidth } from "../../show/draw/width.ts";
import { gridLines, healthOf } from "./grid.ts";

const TOTAL = 80e9;
const well: GpuStatus = {
  utilisation: 0.99,
  temperatureC: 63,
  powerWatts: 632,
  memoryBytes: 73e9,
};

test.each([
  { gpu: well, health: "good" },
  { gpu: { ...well, temperatureC: 75.1 }, health: "warning" },
  { gpu: { ...well, temperatureC: 85.1 }, health: "bad" },
  { gpu: { ...well, memoryBytes: 77e9 }, health: "warning" },
  { gpu: { ...well, memoryBytes: 79.5e9 }, health: "bad" },
])(
  "a GPU at $gpu.temperatureC degrees with $gpu.memoryBytes bytes is $health",
  ({ gpu, health }) => {
    expect(healthOf(gpu, TOTAL)).toBe(health);
  },
);

test("no line is wider than there is room, whatever the machines", () => {
  const gpu = fc.record({
    utilisation: fc.double({ min: 0, max: 1, noNaN: true }),
    temperatureC: fc.double({ min: 15, max: 99, noNaN: true }),
    powerWatts: fc.integer({ min: 0, max: 1400 }),
    memoryBytes: fc.integer({ min: 0, max: 288e9 }),
  });
  const node = fc.record({
    node: fc.integer({ min: 0, max: 9999 }),
    gpus: fc.array(gpu, { minLength: 1, maxLength: 8 }),
  });
  fc.assert(
    fc.property(
      fc.array(node, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 38, max: 300 }),
      fc.boolean(),
      (nodes, width, unicode) => {
        const lines = gridLines(status(nodes, 288e9), {
          width,
          unicode,
          colours: coloursFor(true),
        });
        for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        if (width < 100) expect(lines).toHaveLength(nodes.length);
      },
    ),
  );
});

test("health can be told without colours", () => {
  const gpus = [well, { ...well, temperatureC: 80 }, { ...well, temperatureC: 90 }];
  const options = { width: 80, colours: coloursFor(false) };
  const [unicode] = gridLines(status([{ node: 3, gpus }], TOTAL), { ...options, unicode: true });
  const [ascii] = gridLines(status([{ node: 3, gpus }], TOTAL), { ...options, unicode: false });
  expect(unicode).toContain("●▲×");
  expect(ascii).toContain("*!x");
});

test("a node without a replica is idle, and one in repair is named, however narrow it is", () => {
  const node = { node: 14, idle: true, gpus: Array<GpuStatus>(8).fill(well) } as const;
  const reduced = { ...status([node], TOTAL), worldSize: 112, nodesInRepair: [9, 1, 2, 3, 4, 5] };
  for (const width of [38, 59, 60, 120]) {
    const options = { width, unicode: false, colours: coloursFor(false) };
    const lines = gridLines(reduced, options);
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^n(ode )?14 +- idle/);
    expect(lines[1]).toMatch(/^n(ode )?9 +x in repair$/);
    expect(lines.at(-1)).toBe("2 more in repair");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
  }
});

test("every figure of every GPU is there where there is room", () => {
  const [line] = gridLines(status([{ node: 0, gpus: Array<GpuStatus>(8).fill(well) }], TOTAL), {
    width: 300,
    unicode: true,
    colours: coloursFor(false),
  });
  expect(line?.match(/99% 63° +632W 73\/80G +91%/g)).toHaveLength(8);
});

function status(nodes: ClusterStatus["nodes"], memoryBytesTotal: number): ClusterStatus {
  return {
    type: "cluster-status",
    step: 10,
    state: "training",
    nodesHealthy: nodes.length,
    spareNodes: 0,
    utilisation: 0.99,
    temperatureC: 63,
    powerWatts: 1e4,
    energyJoules: 1e6,
    goodput: 0.99,
    nodes,
    memoryBytesTotal,
  };
}

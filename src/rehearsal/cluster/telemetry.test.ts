/** What counters say of GPUs that compute, wait, save, run hot, or stand still. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planRequest } from "../../../test/support/simulated.ts";
import { GPUS, type Gpu } from "../catalog/gpus.ts";
import { planRun } from "../plan/plan.ts";
import { activityOf, linkBytesPerStep } from "./activity.ts";
import { clocksOf } from "./clocks.ts";
import { type Machines, machinesOf, type Trouble } from "./machines.ts";
import type { Load, MachineState } from "./states.ts";

const STATES: readonly MachineState[] = [
  "training",
  "validating",
  "saving",
  "stalled",
  "hanging",
  "down",
];
const MINUTES_10 = 600_000;

const plan = planRun(planRequest("Llama-3.1-70B", 64, { tokens: 1e11 }));
const job = {
  setup: plan.setup,
  mfu: plan.mfu,
  memoryBytes: plan.memory.total,
  activity: activityOf(plan),
};

function jobWith(gpu: Gpu) {
  return { ...job, setup: { ...plan.setup, gpu } };
}

interface Situation {
  readonly state?: MachineState;
  readonly troubles?: readonly Trouble[];
  readonly load?: Load;
}

/** After a long time of it. */
function told(machines: Machines, { state = "training", troubles = [], load }: Situation = {}) {
  const moment = { atMs: MINUTES_10, state, troubles, ...(load && { load }) };
  machines.advance(MINUTES_10, state, load);
  return { ...machines.means(moment), gpus: machines.node(0, moment).gpus };
}

const usual = told(machinesOf(job, 1));

/** What slows GPU 3 of node 0 down by so much, and makes everybody wait for it. */
function slowGpu(slowdown: number, power: number): Situation {
  const trouble: Trouble = {
    ...{ node: 0, gpu: 3, heatC: 0, power, warmPower: power, memory: 1, warmed: 1 },
    isWaitedFor: true,
  };
  return { troubles: [trouble], load: { times: 1, busy: 1 / slowdown } };
}

describe("a GPU's counters", () => {
  test("are shares between 0 and 1, and clocks that the chip has, whatever happens", () => {
    const share = fc.double({ min: 0.3, max: 1, noNaN: true });
    const gpus = GPUS.filter((gpu) => clocksOf(gpu) !== undefined);
    const anything = fc.tuple(
      fc.constantFrom(...gpus),
      fc.record({ state: fc.constantFrom(...STATES), times: share, busy: share, power: share }),
      fc.record({ mfu: share, isWaitedFor: fc.boolean(), seed: fc.nat(1e6) }),
    );
    fc.assert(
      fc.property(anything, ([gpu, { state, times, busy, power }, { mfu, isWaitedFor, seed }]) => {
        const trouble = { node: 0, gpu: 0, heatC: 9, power, warmPower: power, memory: 1 };
        const troubles = [{ ...trouble, warmed: 1, isWaitedFor }];
        const { activity: _, ...unknown } = { ...jobWith(gpu), mfu };
        const found = told(machinesOf(unknown, seed), { state, troubles, load: { times, busy } });
        const { most = 0, idle = 0 } = clocksOf(gpu) ?? {};
        for (const { clockMhz = -1, tensorActive = -1 } of found.gpus) {
          expect(clockMhz).toBeGreaterThanOrEqual(idle);
          expect(clockMhz).toBeLessThanOrEqual(most);
          expect(tensorActive).toBeGreaterThanOrEqual(0);
          expect(tensorActive).toBeLessThanOrEqual(1);
        }
        const { tensorActive = -1, memoryActive = -1, linkGbPerSecond = 0 } = found.activity ?? {};
        for (const active of [tensorActive, memoryActive]) {
          expect(active).toBeGreaterThanOrEqual(0);
          expect(active).toBeLessThanOrEqual(1);
        }
        expect(linkGbPerSecond).toBeLessThanOrEqual(gpu.linkGbPerSecond);
      }),
    );
  });

  test("show as much work of the tensor cores as the step reaches of the peak", () => {
    const { rated = 0 } = clocksOf(plan.setup.gpu) ?? {};
    const reached = usual.gpus.map(
      ({ clockMhz = 0, tensorActive = 0 }) => (tensorActive * clockMhz) / rated,
    );
    for (const one of reached) expect(one / job.activity.tensor).toBeCloseTo(1, 1);
    expect(job.activity.tensor).toBeGreaterThanOrEqual(plan.mfu - 1e-6);
    expect(job.activity.tensor).toBeLessThan(plan.mfu * 1.34);
    expect(usual.activity?.tensorActive).toBeGreaterThan(0.3);
  });

  test("differ between chips of one kind, which draw different power at the same work", () => {
    const clocks = usual.gpus.map(({ clockMhz = 0 }) => clockMhz);
    expect(Math.max(...clocks) - Math.min(...clocks)).toBeGreaterThan(60);
    expect(Math.min(...clocks)).toBeGreaterThan(1400);
    const byPower = usual.gpus.toSorted((a, b) => a.powerWatts - b.powerWatts);
    expect(byPower.at(-1)?.clockMhz).toBeLessThan(byPower[0]?.clockMhz ?? 0);
  });

  test("in a hang say that nothing is computed or sent, though it looks busy at its highest clock", () => {
    const { gpus, utilisation, activity } = told(machinesOf(job, 1), { state: "hanging" });
    expect(utilisation).toBe(1);
    expect(activity).toMatchObject({ tensorActive: 0, memoryActive: 0, linkGbPerSecond: 0 });
    for (const gpu of gpus) {
      expect(gpu).toMatchObject({ tensorActive: 0, clockMhz: 1980 });
      expect(gpu.utilisation).toBeGreaterThan(0.98);
      expect(gpu.powerWatts).toBeGreaterThan(plan.setup.gpu.idleWatts);
      expect(gpu.powerWatts).toBeLessThan(160);
    }
  });

  test.each(["stalled", "saving", "down"] as const)(
    "while %s compute and send nothing",
    (state) => {
      const { gpus, activity } = told(machinesOf(job, 1), { state });
      expect(activity).toMatchObject({ tensorActive: 0, linkGbPerSecond: 0 });
      expect(activity?.memoryActive).toBeLessThan(0.05);
      for (const { tensorActive } of gpus) expect(tensorActive).toBe(0);
      const [low, high] = state === "down" ? [345, 345] : [1900, 1980];
      expect(gpus[0]?.clockMhz).toBeGreaterThanOrEqual(low);
      expect(gpus[0]?.clockMhz).toBeLessThanOrEqual(high);
    },
  );
});

describe("one GPU that runs slow", () => {
  test.each([
    ["heat", 1.2, 0.72],
    ["age", 1.08, 0.8],
  ])(
    "by %s has a lower clock and as much tensor work as ever, and the others wait",
    (_, slowdown, power) => {
      const { gpus, activity } = told(machinesOf(job, 1), slowGpu(slowdown, power));
      for (const [i, { clockMhz = 0, tensorActive = 0 }] of gpus.entries()) {
        const before = usual.gpus[i];
        const clock = clockMhz / (before?.clockMhz ?? 1);
        const tensor = tensorActive / (before?.tensorActive ?? 1);
        if (i === 3) {
          // Clocks are told in steps of 15 MHz.
          expect(Math.abs(clock - 1 / slowdown)).toBeLessThan(0.015);
          expect(tensor).toBeCloseTo(1, 2);
        } else {
          expect(clock).toBeGreaterThanOrEqual(1);
          expect(tensor).toBeLessThan(1 / slowdown + 0.005);
        }
      }
      const sent = (activity?.linkGbPerSecond ?? 0) / (usual.activity?.linkGbPerSecond ?? 1);
      expect(sent).toBeCloseTo(1 / slowdown, 2);
    },
  );

  test("spends as many cycles on tensor work in a second as the others, for all work in step", () => {
    const { gpus } = told(machinesOf(job, 1), slowGpu(1.2, 0.72));
    const cycles = gpus.map(({ clockMhz = 0, tensorActive = 0 }) => clockMhz * tensorActive);
    expect(Math.max(...cycles) / Math.min(...cycles)).toBeLessThan(1.02);
  });
});

test("a lowered power limit lowers clocks and traffic, not the share of the tensor cores", () => {
  const cap = { node: undefined, gpu: undefined, heatC: 0, power: 0.82, warmPower: 0.82 };
  const troubles = [{ ...cap, memory: 1, isWaitedFor: false, warmed: 1 }];
  const capped = told(machinesOf(job, 1), { troubles, load: { times: 0.82, busy: 1 } });
  expect(capped.gpus[0]?.clockMhz).toBeLessThan((usual.gpus[0]?.clockMhz ?? 0) - 60);
  expect(capped.gpus[0]?.tensorActive).toBe(usual.gpus[0]?.tensorActive);
  const { linkGbPerSecond: sent = 0 } = capped.activity ?? {};
  expect(sent).toBeLessThan(0.97 * (usual.activity?.linkGbPerSecond ?? 0));
});

test("the memory warms up over minutes, from its own work", () => {
  const machines = machinesOf(job, 1);
  const moment = (atMs: number) => ({ atMs, state: "training", troubles: [] }) as const;
  const rises = [0, 40_000, MINUTES_10].map((atMs) => {
    machines.advance(atMs, "training");
    return machines.means(moment(atMs)).activity?.memoryRiseC ?? -1;
  });
  const [start = -1, soon = -1, end = -1] = rises;
  expect(start).toBe(0);
  expect(soon / end).toBeCloseTo(1 - 1 / Math.E, 1);
  expect(end).toBeGreaterThan(5);
  machines.advance(MINUTES_10 + 40_000, "hanging");
  const hanging = { ...moment(MINUTES_10 + 40_000), state: "hanging" } as const;
  expect((machines.means(hanging).activity?.memoryRiseC ?? 0) / end).toBeCloseTo(1 / Math.E, 1);
});

describe("telemetry by maker and board", () => {
  const gpuNamed = (name: string) => GPUS.find((gpu) => gpu.name === name) as Gpu;

  test("is not there for AMD, which has other counters", () => {
    const { gpus, activity } = told(machinesOf(jobWith(gpuNamed("MI300X")), 1));
    expect(activity).toBeUndefined();
    expect(Object.keys(gpus[0] ?? {})).not.toContain("clockMhz");
    expect(Object.keys(gpus[0] ?? {})).not.toContain("tensorActive");
  });

  test("is there for every other chip of the catalogue", () => {
    for (const gpu of GPUS)
      expect([gpu.name, clocksOf(gpu) === undefined]).toEqual([
        gpu.name,
        gpu.generation.startsWith("cdna"),
      ]);
  });

  test("has no links on PCI Express, and no temperature of memory on the board", () => {
    const { activity: _, ...unknown } = jobWith(gpuNamed("L40S"));
    const { activity } = told(machinesOf(unknown, 1));
    expect(Object.keys(activity ?? {}).sort()).toEqual(["memoryActive", "tensorActive"]);
  });
});

test("tensor parallelism over a node sends what its collectives are made of", () => {
  const { setup } = planRun(
    planRequest("Llama-3.1-8B", 8, {
      tokens: 1e9,
      tensorParallel: 8,
      pipelineParallel: 1,
      recompute: "none",
      sequence: 8192,
    }),
  );
  const { hidden, layers } = setup.shape;
  // Llama-3.1-8B: 8192 tokens x 4096 numbers x 2 bytes, four times in each of two passes.
  const perLayer = 8 * setup.microBatch * 8192 * hidden * 2 * (7 / 8);
  const microBatches = setup.globalBatchSequences / setup.microBatch / setup.dataParallel;
  expect(linkBytesPerStep(setup)).toBeCloseTo(perLayer * layers * microBatches, -3);
});

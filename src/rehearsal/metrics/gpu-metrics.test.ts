/** GPUs of hand-made statuses: nodes that rest, that are taken out, that come back. */

import { expect, test } from "vitest";
import { exampleJob } from "../../../test/support/example-jobs.ts";
import type { ClusterStatus, NodeStatus } from "../../events/cluster.ts";
import type { RunEvent } from "../../events/events.ts";
import type { GpuValues } from "./gpu-families.ts";
import { watchGpus } from "./gpu-metrics.ts";

const told = exampleJob(1);
const opening = told.slice(0, 3);
const status = told.find((event) => event.type === "cluster-status") as RunEvent & ClusterStatus;

const WATTS = 600;
const gpus = status.nodes[0]?.gpus.map((gpu) => {
  return { ...gpu, powerWatts: WATTS, clockMhz: 1710, tensorActive: 0.42 };
}) as NodeStatus["gpus"];
const activity = { tensorActive: 0.42, memoryActive: 0.3, linkGbPerSecond: 40, memoryRiseC: 8 };

function statusAt(atMs: number, nodes: readonly NodeStatus[]): RunEvent {
  return { ...status, atMs, activity, nodes };
}

function drained(node: number): RunEvent {
  const launcher = { level: "info", source: "launcher" } as const;
  return { ...launcher, seq: 0, atMs: 0, type: "cluster-message", code: "node-drained", node };
}

/** Of the first GPU of each node. */
function firstGpus(...events: readonly RunEvent[]): GpuValues[] {
  const watch = watchGpus();
  for (const event of [...opening, ...events]) watch.take(event);
  const samples = watch.samples().filter(({ labels }) => labels["gpu"] === "0");
  return samples.map(({ values }) => values);
}

const [working, other] = [0, 1].map((node) => ({ node, gpus })) as [NodeStatus, NodeStatus];

test("a node that rests moves no data, and its memory is as warm as its chip", () => {
  const [busy, resting] = firstGpus(statusAt(0, [working, { ...other, idle: true }]));
  expect(busy).toMatchObject({
    DCGM_FI_PROF_DRAM_ACTIVE: 0.3,
    DCGM_FI_DEV_MEM_COPY_UTIL: 30,
    DCGM_FI_PROF_NVLINK_TX_BYTES: 40e9,
    DCGM_FI_DEV_MEMORY_TEMP: (busy?.DCGM_FI_DEV_GPU_TEMP ?? 0) + 8,
  });
  expect(resting).toMatchObject({
    DCGM_FI_PROF_DRAM_ACTIVE: 0,
    DCGM_FI_DEV_MEM_COPY_UTIL: 0,
    DCGM_FI_PROF_NVLINK_TX_BYTES: 0,
    DCGM_FI_DEV_MEMORY_TEMP: resting?.DCGM_FI_DEV_GPU_TEMP,
  });
});

test("sums go on while a node is not shown, and begin anew after it was taken out", () => {
  const both = [working, other];
  const sums = (...events: readonly RunEvent[]) =>
    firstGpus(...events).map((values) => [
      values.DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION,
      values.DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL,
    ]);
  const minutes = [statusAt(0, both), statusAt(60_000, [working]), statusAt(120_000, both)];
  const whole = [WATTS * 120_000, 2 * 40e9 * 120];
  expect(sums(...minutes)).toEqual([whole, whole]);
  expect(sums(...minutes.slice(0, 2), drained(1), ...minutes.slice(2))).toEqual([whole, [0, 0]]);
});

test("says no more of a GPU that fell off the bus than its errors", () => {
  const driver = {
    type: "cluster-message",
    level: "error",
    source: "driver",
    code: "xid",
  } as const;
  const xid = (number: number): RunEvent => {
    return { ...driver, seq: 0, atMs: 0, node: 0, gpu: 0, values: { xid: number } };
  };
  const [lost = {}, well] = firstGpus(statusAt(0, [working, other]), xid(79));
  expect(lost).toEqual({
    DCGM_FI_DEV_XID_ERRORS: 79,
    DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: 0,
    DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: 0,
    DCGM_FI_DEV_ROW_REMAP_FAILURE: 0,
    DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL: 0,
  });
  expect(well?.DCGM_FI_DEV_POWER_USAGE).toBe(WATTS);
  const [ill] = firstGpus(statusAt(0, [working, other]), xid(48));
  expect(ill).toMatchObject({ DCGM_FI_DEV_XID_ERRORS: 48, DCGM_FI_DEV_POWER_USAGE: WATTS });
});

test("nothing is made up that the events do not tell", () => {
  const { memoryRiseC: _, linkGbPerSecond: _links, ...onTheBoard } = activity;
  const [values = {}] = firstGpus({ ...status, activity: onTheBoard, nodes: [working] });
  const names = Object.keys(values).filter((name) => /NVLINK_(TX|RX|BAND)|MEMORY_TEMP/.test(name));
  expect(names).toEqual([]);
  expect(values.DCGM_FI_PROF_PIPE_TENSOR_ACTIVE).toBe(0.42);
});

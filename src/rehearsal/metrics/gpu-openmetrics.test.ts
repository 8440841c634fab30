/** GPUs on the page that Prometheus scrapes. */

import { describe, expect, test } from "vitest";
import { simulatedEvents } from "../../../test/support/exported.ts";
import { familiesOf, textAfter } from "../../../test/support/openmetrics.ts";
import { smallRun, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import { GPU_FAMILIES } from "./gpu-families.ts";

const events = simulatedEvents();

type Status = Extract<RunEvent, { type: "cluster-status" }>;

function statusesOf(told: readonly RunEvent[]): Status[] {
  return told.filter((event) => event.type === "cluster-status");
}

function valuesOf(families: ReturnType<typeof familiesOf> | undefined, name: string): number[] {
  const values = (families?.get(name)?.metrics ?? []).map(({ value }) => Number(value));
  expect([name, values.length]).not.toEqual([name, 0]);
  return values;
}

/** An event as versions wrote it that did not tell what GPUs do beside being busy. */
function withoutActivity(event: RunEvent): RunEvent {
  if (event.type === "cluster-described") {
    const { memoryClockMhz: _, ...old } = event;
    return old;
  }
  if (event.type !== "cluster-status") return event;
  const { activity: _, ...old } = event;
  const nodes = old.nodes.map((node) => ({
    ...node,
    gpus: node.gpus.map(({ clockMhz: _clock, tensorActive: _tensor, ...gpu }) => gpu),
  }));
  return { ...old, nodes };
}

/** Two nodes, all shown; at step 200 a collective never completes. */
const hangEvents = simulatedEvents({
  ...smallRun,
  wanted: { ...wantedRun("TinyLlama-1.1B", "H100:16", 4e9), failuresPerNodeDay: 0.5 },
  incidents: [{ kind: "nccl-hang", step: 200 }],
});

const downAtMs = hangEvents.find(({ type }) => type === "run-interrupted")?.atMs;

const SILENT_IN_A_HANG = [
  "DCGM_FI_DEV_MEM_COPY_UTIL",
  "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
  "DCGM_FI_PROF_DRAM_ACTIVE",
  "DCGM_FI_PROF_NVLINK_TX_BYTES",
  "DCGM_FI_PROF_NVLINK_RX_BYTES",
];

describe("the GPUs of a simulated run, as Prometheus reads them", () => {
  const text = textAfter(events, "prometheus");
  const families = familiesOf(text);

  test("names GPUs as dcgm-exporter does", () => {
    const status = events.findLast((event) => event.type === "cluster-status");
    const temperatures = families.get("DCGM_FI_DEV_GPU_TEMP")?.metrics ?? [];
    const gpus = status?.nodes.flatMap(({ gpus }) => gpus) ?? [];
    expect(temperatures).toHaveLength(gpus.length);
    expect(new Set(temperatures.map(({ labels }) => labels?.["UUID"])).size).toBe(gpus.length);
    expect(temperatures[9]?.labels).toMatchObject({
      gpu: "1",
      device: "nvidia1",
      modelName: "NVIDIA H100 80GB HBM3",
      Hostname: `node-${String(status?.nodes[1]?.node).padStart(4, "0")}`,
      pci_bus_id: "00000000:2A:00.0",
    });
    const [free, used] = ["FREE", "USED"].map((part) =>
      Number(families.get(`DCGM_FI_DEV_FB_${part}`)?.metrics[0]?.value),
    );
    expect((free ?? 0) + (used ?? 0)).toBeCloseTo(80e9 / 2 ** 20, -1);
  });

  test("keeps the Xid that the driver told of, until the machine is taken out", () => {
    const xidAt = events.findIndex(
      (event) => event.type === "cluster-message" && event.code === "xid",
    );
    const drainedAt = events.findIndex(
      (event) => event.type === "cluster-message" && event.code === "node-drained",
    );
    const xids = (until: number): number[] =>
      (
        familiesOf(textAfter(events.slice(0, until), "prometheus")).get("DCGM_FI_DEV_XID_ERRORS")
          ?.metrics ?? []
      )
        .map(({ value }) => Number(value))
        .filter((xid) => xid > 0);
    expect(xids(xidAt)).toEqual([]);
    expect(xids(xidAt + 1)).toEqual([79]);
    expect(xids(drainedAt)).toEqual([79]);
    expect(xids(drainedAt + 1)).toEqual([]);
  });

  test("tells a hang from work, which utilisation does not", () => {
    const [working, hanging] = (["training", "hanging"] as const).map((state) => {
      const at = hangEvents.findLastIndex(
        (event) => event.type === "cluster-status" && event.state === state,
      );
      return familiesOf(textAfter(hangEvents.slice(0, at + 1), "prometheus"));
    });
    for (const name of ["DCGM_FI_DEV_GPU_UTIL", "DCGM_FI_PROF_GR_ENGINE_ACTIVE"]) {
      const full = name.endsWith("UTIL") ? 100 : 1;
      for (const value of valuesOf(hanging, name)) expect(value).toBeGreaterThan(0.97 * full);
    }
    for (const name of SILENT_IN_A_HANG) {
      expect([name, new Set(valuesOf(hanging, name))]).toEqual([name, new Set([0])]);
      for (const value of valuesOf(working, name)) expect(value).toBeGreaterThan(0);
    }
    for (const value of valuesOf(hanging, "DCGM_FI_DEV_POWER_USAGE")) {
      expect(value).toBeGreaterThan(100);
      expect(value).toBeLessThan(170);
    }
    for (const value of valuesOf(hanging, "DCGM_FI_DEV_SM_CLOCK")) expect(value).toBe(1980);
  });

  test("counts bytes over links while there is work, and none more in a hang", () => {
    const sent = statusesOf(hangEvents).map(({ state, seq }) => {
      const told = familiesOf(textAfter(hangEvents.slice(0, seq + 1), "prometheus"));
      return { state, bytes: valuesOf(told, "DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL") };
    });
    let standing = 0;
    for (const [i, { state, bytes }] of sent.entries()) {
      const before = sent[i - 1];
      if (before === undefined) continue;
      if (state === "hanging" && before.state === "hanging") {
        expect(bytes).toEqual(before.bytes);
        standing += 1;
      } else if (state === "training" && before.state === "training") {
        for (const [gpu, one] of bytes.entries())
          expect(one).toBeGreaterThan(before.bytes[gpu] ?? 0);
      }
    }
    expect(standing).toBeGreaterThan(5);
  });

  test("adds up the energy that the machines drew, GPU by GPU", () => {
    const [first, ...others] = statusesOf(hangEvents).filter(({ state }) => state !== "down");
    const last = others.filter(({ atMs }) => atMs < (downAtMs ?? 0)).at(-1);
    const whole = familiesOf(textAfter(hangEvents.slice(0, (last?.seq ?? 0) + 1), "prometheus"));
    const counted = valuesOf(whole, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION");
    expect(counted).toHaveLength(16);
    const joules = counted.reduce((sum, one) => sum + one, 0) / 1000;
    const seconds = ((last?.atMs ?? 0) - (first?.atMs ?? 0)) / 1000;
    const hostJoules = 16 * 700 * 0.4 * seconds;
    const drawn = (last?.energyJoules ?? 0) - (first?.energyJoules ?? 0) - hostJoules;
    // Chips differ by a few per cent, and a sample a minute may miss when it changed.
    expect(joules / drawn).toBeGreaterThan(0.93);
    expect(joules / drawn).toBeLessThan(1.07);
  });

  test("has a text for each family, and a type where its name allows one", () => {
    const names = [...families.keys()].filter((name) => name.startsWith("DCGM_"));
    expect(new Set(names)).toEqual(new Set(GPU_FAMILIES.map(({ name }) => name)));
    for (const name of names) {
      expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z0-9].*[^.]$`, "m"));
      const isCounter = GPU_FAMILIES.some((one) => one.name === name && one.kind === "counter");
      // Names that only grow do not end as Prometheus wants it, so they have no type.
      expect(families.get(name)?.type).toBe(isCounter ? "UNTYPED" : "GAUGE");
    }
  });

  test("reads a log of before these counters as it did then", () => {
    const old = textAfter(events.map(withoutActivity), "prometheus");
    const names = [...familiesOf(old).keys()].filter((name) => name.startsWith("DCGM_"));
    expect(names).toHaveLength(10);
    expect(names.filter((name) => /PROF|CLOCK|ENERGY|NVLINK_BAND|REPLAY/.test(name))).toEqual([]);
    expect(old).not.toContain("etude_gpu_tensor_active_ratio");
  });
});

/** Lines of OTLP/JSON, read back by @bufbuild/protobuf against OpenTelemetry's schema. */

import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { exampleJob } from "../../../test/support/example-jobs.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import { attributesIn, logsOf, type Metric, metricsOf } from "../../../test/support/otlp.ts";
import type { RunEvent } from "../../events/events.ts";
import { openOtlp } from "./otlp.ts";

function readBack(events: readonly RunEvent[]) {
  const { files, text } = exported(openOtlp, events, { path: "out/run.jsonl" });
  const metrics = metricsOf(text("out/run.jsonl")).flatMap(
    ({ resourceMetrics }) => resourceMetrics,
  );
  const logs = logsOf(text("out/run-logs.jsonl")).flatMap(({ resourceLogs }) => resourceLogs);
  return {
    paths: [...files.keys()].sort(),
    resources: [...metrics, ...logs].map(({ resource }) => attributesIn(resource.attributes)),
    metrics: metrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
    logs: logs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords)),
  };
}

function pointsOf(metrics: readonly Metric[], name: string) {
  return metrics.filter((one) => one.name === name).flatMap(({ data }) => data.value.dataPoints);
}

describe("a simulated run as OTLP", () => {
  const events = simulatedEvents();
  const { paths, resources, metrics, logs } = readBack(events);
  const wallMs = events[0]?.type === "run-started" ? events[0].wallMs : 0;

  test("has metrics in one file and logs in another, as the file format asks", () => {
    expect(paths).toEqual(["out/run-logs.jsonl", "out/run.jsonl"]);
  });

  test("says with every line that the run is simulated", () => {
    expect(resources.length).toBeGreaterThan(10);
    for (const resource of resources)
      expect(resource).toMatchObject({
        "service.name": "etude",
        "service.instance.id": "simulated-TinyLlama-1.1B-on-16-H100-seed1",
        "etude.run.source": "simulated",
        "etude.run.simulated": true,
        "etude.run.seed": 1n,
      });
  });

  test("has a point for each number that was told, in nanoseconds of the run's own time", () => {
    const steps = events.filter((event) => event.type === "step-done");
    const points = pointsOf(metrics, "etude.loss");
    expect(points.map(({ value }) => value.value)).toEqual(steps.flatMap(({ loss }) => loss ?? []));
    expect(points[0]?.timeUnixNano).toBe(BigInt(wallMs + (steps[0]?.atMs ?? 0)) * 1_000_000n);
  });

  test("tells what grows as sums since the start, and the rest as gauges", () => {
    const energy = metrics.find(({ name }) => name === "etude.energy_joules");
    expect(energy).toMatchObject({
      unit: "J",
      data: { case: "sum", value: { isMonotonic: true } },
    });
    const [first] = energy?.data.value.dataPoints ?? [];
    expect(first?.startTimeUnixNano).toBe(BigInt(wallMs) * 1_000_000n);
    expect(metrics.find(({ name }) => name === "etude.mfu_ratio")).toMatchObject({
      unit: "1",
      data: { case: "gauge" },
    });
    const values = pointsOf(metrics, "etude.steps").map(({ value }) => value.value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  test("tells of each GPU what has changed, with the labels of dcgm-exporter", () => {
    const points = pointsOf(metrics, "DCGM_FI_DEV_GPU_TEMP");
    expect(attributesIn(points[1]?.attributes ?? [])).toMatchObject({
      gpu: "1",
      modelName: "NVIDIA H100 80GB HBM3",
      Hostname: "node-0000",
    });
    const framebuffer = pointsOf(metrics, "DCGM_FI_DEV_FB_USED");
    expect(framebuffer.length).toBeLessThan(points.length);
  });

  test("logs what happened, with its severity and its facts", () => {
    const interrupted = logs.find(({ eventName }) => eventName === "etude.run-interrupted");
    expect(interrupted).toMatchObject({ severityNumber: 17 });
    expect(attributesIn(interrupted?.attributes ?? [])).toMatchObject({
      "etude.symptom": "gpu-unreachable",
      "etude.node": 1n,
    });
    const xid = logs.find(({ attributes }) => attributesIn(attributes)["etude.code"] === "xid");
    expect(attributesIn(xid?.attributes ?? [])["etude.values.xid"]).toBe(79n);
    const told = events.filter(
      ({ type }) => !/^(step-done|phase-progress|device-status|cluster-status)$/.test(type),
    );
    expect(logs).toHaveLength(told.length);
  });
});

test("what a node counts that was taken out and comes back begins anew, and says when", () => {
  const told = exampleJob(1);
  const wallMs = told[0]?.type === "run-started" ? told[0].wallMs : 0;
  const status = told.find((event) => event.type === "cluster-status") as RunEvent;
  const activity = { tensorActive: 0.4, memoryActive: 0.3 };
  const statusAt = (atMs: number): RunEvent => ({ ...status, activity, atMs }) as RunEvent;
  const drained: RunEvent = {
    type: "cluster-message",
    level: "info",
    source: "launcher",
    code: "node-drained",
    node: 1,
    seq: 0,
    atMs: 90_000,
  };
  const times = [0, 60_000, 120_000, 180_000].map(statusAt);
  const events = [...told.slice(0, 3), ...times.slice(0, 2), drained, ...times.slice(2)];
  const points = pointsOf(readBack(events).metrics, "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION").filter(
    ({ attributes }) => attributesIn(attributes)["Hostname"] === "node-0001",
  );
  const starts = new Map<bigint, number[]>();
  for (const { startTimeUnixNano, value, attributes } of points) {
    if (attributesIn(attributes)["gpu"] !== "0") continue;
    const sums = starts.get(startTimeUnixNano) ?? [];
    starts.set(startTimeUnixNano, [...sums, Number(value.value)]);
  }
  const nanoseconds = (ms: number) => BigInt(wallMs + ms) * 1_000_000n;
  expect([...starts.keys()]).toEqual([nanoseconds(0), nanoseconds(90_000)]);
  for (const sums of starts.values()) {
    expect(sums.length).toBe(2);
    expect(sums).toEqual(sums.toSorted((a, b) => a - b));
  }
});

test("a run that was trained says so", () => {
  const { resources, logs } = readBack(exampleRun());
  expect(resources[0]).toMatchObject({
    "etude.run.source": "trained",
    "etude.run.simulated": false,
    "service.version": "0.1.0",
  });
  expect(logs[1]?.body.value.value).toBe("Reading the recordings");
});

test.each([
  { path: "run", logs: "run-logs" },
  { path: "a.b/run", logs: "a.b/run-logs" },
  { path: "a/.hidden", logs: "a/.hidden-logs" },
])("the logs of $path are $logs", ({ path, logs }) => {
  expect([...exported(openOtlp, exampleRun(), { path }).files.keys()]).toContain(logs);
});

/** The page that Prometheus scrapes, read back by parse-prometheus-text-format. */

import parsePrometheus from "parse-prometheus-text-format";
import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import type { RunEvent } from "../../events/events.ts";
import { type MetricsFormat, openMetricsPage, openOpenmetrics } from "./openmetrics.ts";

const events = simulatedEvents();

function textAfter(told: readonly RunEvent[], format: MetricsFormat): string {
  const page = openMetricsPage();
  for (const event of told) page.take(event);
  return page.text(format);
}

/** By the name of the family. */
function familiesOf(text: string) {
  return new Map(parsePrometheus(text).map((family) => [family.name, family]));
}

function newestOf(text: string, name: string): number {
  return Number(familiesOf(text).get(name)?.metrics[0]?.value);
}

describe("the text that Prometheus reads", () => {
  const text = textAfter(events, "prometheus");
  const families = familiesOf(text);

  test("has the newest numbers under names with units, and counters that end in _total", () => {
    const last = events.findLast((event) => event.type === "step-done");
    const status = events.findLast((event) => event.type === "cluster-status");
    expect(newestOf(text, "etude_step")).toBe(last?.step);
    expect(newestOf(text, "etude_loss")).toBe(last?.losses?.total);
    expect(newestOf(text, "etude_energy_joules_total")).toBe(status?.energyJoules);
    expect(newestOf(text, "etude_restarts_total")).toBe(1);
    expect(families.get("etude_restarts_total")?.type).toBe("COUNTER");
    expect(families.get("etude_step_duration_seconds")?.type).toBe("GAUGE");
    expect(text).not.toContain("# EOF");
  });

  test("labels every sample with its source", () => {
    const samples = [...families.values()].flatMap(({ metrics }) => metrics);
    expect(samples.length).toBeGreaterThan(100);
    for (const { labels } of samples) expect(labels).toMatchObject({ source: "simulated" });
    expect(families.get("etude_run_info")?.metrics[0]).toMatchObject({
      value: "1",
      labels: { title: "TinyLlama-1.1B on 16 H100", seed: "1" },
    });
  });

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

  test("escapes what a title may hold", () => {
    const title = 'a "b" \\ c\nd';
    const found = familiesOf(textAfter(exampleRun({ title }), "prometheus"));
    expect(found.get("etude_run_info")?.metrics[0]?.labels).toMatchObject({ title });
  });

  test("is empty before a run, and forgets the run before", () => {
    expect(textAfter([], "prometheus")).toBe("");
    const next = textAfter([...events, ...exampleRun().slice(0, 8)], "prometheus");
    expect(next).not.toContain("DCGM");
    expect(next).not.toContain('source="simulated"');
    expect(newestOf(next, "etude_steps_total")).toBe(1);
  });
});

describe("OpenMetrics", () => {
  const text = textAfter(events, "openmetrics");

  test("ends with its mark, and names units and families as the standard wants", () => {
    expect(text.endsWith("\n# EOF\n")).toBe(true);
    const units = [...text.matchAll(/^# UNIT (\S+) (\S+)$/gm)];
    expect(units.length).toBeGreaterThan(5);
    for (const [, family = "", unit = ""] of units) expect(family.endsWith(`_${unit}`)).toBe(true);
    for (const [, family = ""] of text.matchAll(/^# TYPE (\S+) counter$/gm)) {
      expect(family).not.toMatch(/_total$/);
      expect(text).toContain(`\n${family}_total{`);
    }
  });

  test("tells each family in one piece, in the order of metadata and samples", () => {
    const begun: string[] = [];
    for (const line of text.split("\n").slice(0, -2)) {
      const family = /^# HELP (\S+)/.exec(line)?.[1];
      if (family !== undefined) begun.push(family);
      else expect(line).toMatch(new RegExp(`^(# (TYPE|UNIT) )?${begun.at(-1)}(_total)?[ {]`));
    }
    expect(new Set(begun).size).toBe(begun.length);
  });

  test("as a file is replaced now and then, is whole each time, and ends with the newest state", () => {
    const { files, text: textOf } = exported(openOpenmetrics, events, { path: "run.prom" });
    expect([...files.keys()]).toEqual(["run.prom"]);
    expect(textOf("run.prom")).toBe(text);
    // Also for a collector of text files, which reads the older format.
    expect(newestOf(textOf("run.prom"), "etude_running")).toBe(0);
  });
});

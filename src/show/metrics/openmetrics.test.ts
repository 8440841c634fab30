/** The page that Prometheus scrapes, read back by parse-prometheus-text-format. */

import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import { familiesOf, newestOf, textAfter } from "../../../test/support/openmetrics.ts";
import { openOpenmetrics } from "./openmetrics.ts";

const events = simulatedEvents();

describe("the text that Prometheus reads", () => {
  const text = textAfter(events, "prometheus");
  const families = familiesOf(text);

  test("has the newest numbers under names with units, and counters that end in _total", () => {
    const last = events.findLast((event) => event.type === "step-done");
    const status = events.findLast((event) => event.type === "cluster-status");
    expect(newestOf(text, "etude_step")).toBe(last?.step);
    expect(newestOf(text, "etude_loss")).toBe(last?.loss);
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

  test("tells what the tensor cores of the job do in one number, too", () => {
    const status = events.findLast((event) => event.type === "cluster-status");
    expect(newestOf(text, "etude_gpu_tensor_active_ratio")).toBe(status?.activity?.tensorActive);
    expect(newestOf(text, "etude_gpu_link_bytes_per_second")).toBe(
      Math.round((status?.activity?.linkGbPerSecond ?? -1) * 1e9),
    );
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

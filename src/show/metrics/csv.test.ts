/** The table, read back by csv-parse. */

import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { exampleRun } from "../../../test/example-run.ts";
import { exported, simulatedEvents } from "../../../test/support/exported.ts";
import { pretraining, wantedRun } from "../../../test/support/simulated.ts";
import type { RunEvent } from "../../events/events.ts";
import { openCsv } from "./csv.ts";
import { METRIC_NAMES } from "./metric-table.ts";

function rowsOf(events: readonly RunEvent[]): Record<string, string>[] {
  const { text } = exported(openCsv, events, { path: "run.csv" });
  return parse(text("run.csv"), { columns: true, relax_column_count: false });
}

describe("a run as CSV", () => {
  const events = simulatedEvents();
  const rows = rowsOf(events);
  const steps = events.filter((event) => event.type === "step-done");

  test("has a row for each step, with its numbers as they were told", () => {
    const found = rows.filter(({ event }) => event === "step-done");
    expect(found).toHaveLength(steps.length);
    found.forEach((row, i) => {
      const told = steps[i];
      expect(Number(row["step"])).toBe(told?.step);
      expect(Number(row["loss"])).toBe(told?.loss);
      expect(Number(row["learning_rate"])).toBe(told?.learningRate);
      expect(Number(row["tokens_per_second"])).toBe(told?.text?.tokensPerSecond);
      expect(Number(row["elapsed_seconds"])).toBe((told?.atMs ?? Number.NaN) / 1000);
    });
  });

  test("says in every row that it is simulated, and which run it is", () => {
    expect(new Set(rows.map(({ source }) => source))).toEqual(new Set(["simulated"]));
    expect(new Set(rows.map(({ run }) => run))).toEqual(new Set(["1"]));
  });

  test("counts on over a restart, where the step goes back", () => {
    const restart = rows.findIndex(({ event }) => event === "run-restored");
    const [before, after] = [rows[restart - 1], rows[restart]];
    expect(restart).toBeGreaterThan(0);
    expect(Number(after?.["step"])).toBeLessThan(Number(before?.["step"]));
    expect(after?.["restarts"]).toBe("1");
    const last = rows.filter(({ event }) => event === "step-done").at(-1);
    const lost = Number(after?.["lost_steps"]);
    expect(lost).toBeGreaterThan(0);
    expect(Number(last?.["steps"])).toBe(Number(last?.["step"]) + lost);
  });

  test("tells how many replicas learn together, while nodes are away and after", () => {
    const told = pretraining({
      seed: 3,
      wanted: { ...wantedRun("Llama-3.1-70B", "H100:128", 20e9), failuresPerNodeDay: 0.01 },
      spareNodes: 0,
      incidents: [{ kind: "host-failure", step: 900 }],
    });
    const sizes = rowsOf(told.news.map((one, seq) => ({ ...one, seq }))).flatMap((row) =>
      row["world_size"] === "" ? [] : [`${row["world_size"]}/${row["data_parallel_size"]}`],
    );
    expect(sizes).toEqual(["128/8", "112/7", "128/8"]);
  });

  test("tells the time of the run, not of the export", () => {
    const started = events[0];
    const wallMs = started?.type === "run-started" ? started.wallMs : 0;
    const last = rows.at(-1);
    // biome-ignore lint/style/noRestrictedGlobals: it reads a time, and asks for none
    expect(Date.parse(last?.["time"] ?? "")).toBe(wallMs + (events.at(-1)?.atMs ?? 0));
  });

  test("has the same columns for any run, and a cell that nothing was said about is empty", () => {
    const trained = rowsOf(exampleRun());
    expect(Object.keys(trained[0] ?? {})).toEqual(Object.keys(rows[0] ?? {}));
    expect(Object.keys(rows[0] ?? {})).toEqual(expect.arrayContaining([...METRIC_NAMES]));
    expect(trained.every((row) => row["tokens_per_second"] === "")).toBe(true);
    expect(trained.some((row) => Number(row["audio_speed_ratio"]) > 0)).toBe(true);
  });

  test("says in words what the machines do, what is said of whom, and why it stopped", () => {
    const of = (type: string) => rows.filter(({ event }) => event === type);
    expect(of("cluster-status").map(({ state }) => state)).toEqual(
      events.flatMap((event) => (event.type === "cluster-status" ? [event.state] : [])),
    );
    expect(of("cluster-message").map(({ code, node }) => `${code} ${node}`)).toEqual(
      events.flatMap((event) =>
        event.type === "cluster-message" ? [`${event.code} ${event.node ?? ""}`] : [],
      ),
    );
    expect(of("cluster-message").map(({ code }) => code)).toContain("xid");
    expect(of("run-interrupted")).toMatchObject([{ symptom: "gpu-unreachable", node: "1" }]);
  });

  test("tells with each step how much is left, which comes true", () => {
    const endSeconds = (events.at(-1)?.atMs ?? 0) / 1000;
    const told = rows.filter(({ event }) => event === "step-done");
    for (const row of told) expect(row["eta_seconds"]).not.toBe("");
    const [middle] = told.slice(-Math.round(told.length / 2));
    const expected = Number(middle?.["elapsed_seconds"]) + Number(middle?.["eta_seconds"]);
    expect(expected / endSeconds).toBeGreaterThan(0.8);
    expect(expected / endSeconds).toBeLessThan(1.25);
  });

  test("quotes a title that would break it", () => {
    const title = 'rain, "near"\nand far';
    expect(new Set(rowsOf(exampleRun({ title })).map((row) => row["title"]))).toEqual(
      new Set([title]),
    );
  });

  test("numbers the runs of a stream", () => {
    const twice = rowsOf([...exampleRun(), ...exampleRun({ title: "wind" })]);
    expect(new Set(twice.map(({ run, title }) => `${run} ${title}`))).toEqual(
      new Set(["1 birds", "2 wind"]),
    );
    const ends = twice.filter(({ event }) => event === "run-ended");
    const stepsOf = (run: string) =>
      twice.filter((row) => row["run"] === run && row["steps"] !== "").at(-1)?.["steps"];
    expect(ends).toHaveLength(2);
    expect(stepsOf("2")).toBe(stepsOf("1"));
  });
});

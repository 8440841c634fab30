/** The table of docs/formats.md that says where the metrics of a truth file are exported. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { INCIDENT_NAMES, INCIDENTS } from "../src/rehearsal/incidents/library.ts";
import { metricsOf } from "../src/rehearsal/incidents/symptoms.ts";
import { openCsv } from "../src/show/metrics/csv.ts";
import { openOpenmetrics } from "../src/show/metrics/openmetrics.ts";
import { exported } from "./support/exported.ts";
import { pretraining } from "./support/simulated.ts";

interface Names {
  readonly truth: string;
  readonly csv: readonly string[];
  readonly prometheus: readonly string[];
}

const names = await namesInDocs();

test("every metric that a truth file can name has a row", () => {
  const metrics = new Set(INCIDENT_NAMES.flatMap((kind) => metricsOf(INCIDENTS[kind])));
  const known = new Set(names.map(({ truth }) => truth));
  const isKnown = (metric: string): boolean =>
    known.has(metric) || (metric.startsWith("message.") && known.has("message.CODE"));
  expect([...metrics].filter((metric) => !isKnown(metric))).toEqual([]);
  const isTold = (row: string): boolean => row === "message.CODE" || metrics.has(row);
  expect([...known].filter((row) => !isTold(row))).toEqual([]);
});

test("a run in which all of it happens has every column and every series of the table", () => {
  const told = pretraining({
    incidents: [
      { kind: "nan-loss", step: 50 },
      { kind: "gpu-lost", step: 700 },
    ],
  });
  const events = told.news.map((news, seq) => ({ ...news, seq }));
  const table = exported(openCsv, events, { path: "run.csv" }).text("run.csv");
  const page = exported(openOpenmetrics, events, { path: "run.prom" }).text("run.prom");
  const [header = ""] = table.split("\n");
  const columns = new Set(header.split(","));
  const series = new Set([...page.matchAll(/^(\w+)\{/gm)].map(([, name]) => name));
  expect(names.flatMap(({ csv }) => csv).filter((name) => !columns.has(name))).toEqual([]);
  expect(names.flatMap(({ prometheus }) => prometheus).filter((one) => !series.has(one))).toEqual(
    [],
  );
});

async function namesInDocs(): Promise<readonly Names[]> {
  const path = join(import.meta.dirname, "..", "docs", "formats.md");
  const [, rows = ""] = (await readFile(path, "utf8")).split(
    "| truth | CSV | Prometheus |\n|---|---|---|\n",
  );
  const [table = ""] = rows.split("\n\n");
  return table.split("\n").map((row) => {
    const [, truth = "", csv = "", prometheus = ""] = row.split("|");
    const quoted = (cell: string): string[] =>
      [...cell.replace(/\(.*?\)/g, "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
    return { truth: quoted(truth)[0] ?? "", csv: quoted(csv), prometheus: quoted(prometheus) };
  });
}

/** `etude score` as a person meets it: a run is simulated, a rule makes alerts of it, and is judged. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunEvent } from "../src/events/events.ts";
import type { AlertScore } from "../src/events/score.ts";
import { etudeHere } from "./support/command-here.ts";
import { eventsOf, expectRefused } from "./support/etude-process.ts";

const incidents = ["loss-spike@600", "nan-loss@1500", "gpu-lost@2500", "nccl-hang@4000"];

let folder = "";
let events: readonly RunEvent[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "etude-score-"));
  const run = ["--model", "TinyLlama-1.1B", "--gpus", "H100:32", "--tokens", "9B", "--seed", "7"];
  const pace = ["--once", "--json", "--no-chance", "-s", "1e12", "--truth", "truth.jsonl"];
  const scripts = incidents.flatMap((one) => ["--incident", one]);
  const { stdout, exitCode } = await etude("simulate", ...run, ...pace, ...scripts);
  expect(exitCode).toBe(0);
  events = eventsOf(stdout);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a rule of thresholds", () => {
  test("finds what it looks for, as JSON lines", async () => {
    const alerts = events.flatMap((event) => {
      if (event.type === "cluster-message" && event.level === "error")
        return [{ atMs: event.atMs }];
      if (event.type !== "step-done" || event.step < 200) return [];
      const isOdd = event.skipped || (event.gradientNorm ?? 0) > 3;
      return isOdd ? [{ atMs: event.atMs, metric: "step.gradientNorm" }] : [];
    });
    expect(alerts.length).toBeGreaterThan(10);
    const score = await scored("rule.jsonl", alerts.map((one) => JSON.stringify(one)).join("\n"));
    expect(score).toMatchObject({
      incidents: 4,
      detected: 4,
      missed: 0,
      falseAlarms: 0,
      recall: 1,
    });
    const byKind = Object.fromEntries(score.kinds.map((one) => [one.kind, one.timeToDetect]));
    // The watchdog needs ten minutes to tell a hang; the bus and the gradients tell at once.
    expect(byKind["nccl-hang"]?.medianMs).toBeGreaterThan(9 * 60_000);
    expect(byKind["gpu-lost"]?.medianMs).toBeLessThan(2000);
    expect(byKind["loss-spike"]?.medianMs).toBeLessThan(10_000);
  });

  test("misses what it does not look for, as CSV", async () => {
    const rows = events.flatMap((event) =>
      event.type === "step-done" && event.skipped ? [`${event.atMs},nan-loss`] : [],
    );
    const score = await scored("rule.csv", ["atMs,kind", ...rows].join("\n"));
    // Every step is one until a guard stops the run.
    expect(score).toMatchObject({ detected: 1, missed: 3, falseAlarms: 0 });
    expect(score.repeats).toBe(rows.length - 1);
    expect(rows.length).toBeGreaterThan(5);
  });

  test("raises false alarms where it knows no start of a run, as Alertmanager posts them", async () => {
    const [started] = events;
    const wallMs = started?.type === "run-started" ? started.wallMs : 0;
    const alerts = events.flatMap((event) =>
      event.type === "step-done" && event.durationMs > 8000
        ? [{ labels: { alertname: "SlowStep" }, startsAt: iso(wallMs + event.atMs) }]
        : [],
    );
    const score = await scored("hook.json", JSON.stringify({ alerts }, null, 2));
    // The first step compiles; after each of the two restarts it is the incident's own.
    expect(score.falseAlarms).toBe(1);
    expect(score.outside).toBe(0);
    expect(score.falseAlarmsPerDay).toBeCloseTo(86_400_000 / score.simulatedMs, 3);
  });
});

test("the length of the run is that of its events", async () => {
  const score = await scored("none.jsonl", "");
  expect(score.simulatedMs).toBe(events.at(-1)?.atMs);
  expect(score).toMatchObject({ detected: 0, missed: 4, recall: 0, precision: null });
});

test("says it in words, on a pipe without colours", async () => {
  await writeFile(join(folder, "one.jsonl"), '{"atMs":1}\n');
  const { stdout, exitCode } = await etude("score", "one.jsonl", "truth.jsonl");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^Incidents +4: 0 detected, 4 missed$/m);
  expect(stdout).toMatch(/^nccl-hang +/m);
});

test.each([
  { alerts: '{"atMs":1}\n{"atMs":', truth: "truth.jsonl", says: "line 2 of" },
  { alerts: "", truth: "nowhere.jsonl", says: "nowhere.jsonl" },
  { alerts: "", truth: "one.jsonl", says: "line 1" },
])("refuses with exit code 2 and names $says", async ({ alerts, truth, says }) => {
  await writeFile(join(folder, "bad.jsonl"), alerts);
  await writeFile(join(folder, "one.jsonl"), '{"atMs":1}\n');
  expectRefused(await etude("score", "bad.jsonl", truth), says);
});

async function scored(name: string, alerts: string): Promise<AlertScore> {
  await writeFile(join(folder, name), alerts);
  const { stdout, stderr, exitCode } = await etude("score", name, "truth.jsonl", "--json");
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  return JSON.parse(stdout);
}

function etude(...words: string[]) {
  return etudeHere(words, folder);
}

function iso(wallMs: number): string {
  const seconds = Math.floor(wallMs / 1000);
  const day = Math.floor(seconds / 86_400) - Math.floor(NOVEMBER_2026_MS / 86_400_000);
  const clock = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
  const [hour, minute, second] = clock.map((part) => String(part).padStart(2, "0"));
  const fraction = String(wallMs % 1000).padStart(3, "0");
  return `2026-11-${String(day + 1).padStart(2, "0")}T${hour}:${minute}:${second}.${fraction}Z`;
}

/** The first of the month in which simulated runs begin. */
const NOVEMBER_2026_MS = 1_793_491_200_000;

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../errors.ts";
import { readMoment } from "./moment.ts";
import { readAlerts } from "./read-alerts.ts";
import { readTruth } from "./read-truth.ts";

const own = { atMs: 5000, kind: "gpu-lost", metric: "message.xid", node: 12, gpu: 3 };
const expected = {
  startMs: 5000,
  isWallTime: false,
  kind: "gpu-lost",
  metric: "message.xid",
  node: 12,
  gpu: 3,
};

const monitors = {
  status: "firing",
  labels: { alertname: "GpuXid", kind: "gpu-lost", Hostname: "node-0012.pod:9400", gpu: "3" },
  annotations: { summary: "fell off" },
  startsAt: "2026-11-02T21:00:05.5Z",
  endsAt: "0001-01-01T00:00:00Z",
};
const monitored = {
  startMs: 1_793_653_205_500,
  isWallTime: true,
  kind: "gpu-lost",
  node: 12,
  gpu: 3,
};
const webhook = { version: "4", groupKey: "{}", status: "firing", alerts: [monitors] };
const csvHead = "At_ms,kind,Metric,node,gpu,comment";

describe("readAlerts() knows by their content", () => {
  test.each([
    ["JSON lines", `${JSON.stringify(own)}\n\n`, expected, 1],
    ["JSON lines with a mark of their order", `\uFEFF${JSON.stringify(own)}`, expected, 1],
    ["a list", JSON.stringify([own], null, 2), expected, 1],
    ["CSV", `${csvHead}\r\n5000,gpu-lost,message.xid,node12,3,"a, ""b""\nc"\r\n`, expected, 2],
    ["CSV with semicolons", "at;kind\n5000;gpu-lost\n", { startMs: 5000, kind: "gpu-lost" }, 2],
    ["a webhook of Alertmanager", JSON.stringify(webhook), monitored, 1],
    ["a list of Alertmanager", JSON.stringify([monitors], null, 2), monitored, 1],
    [
      "what Prometheus lists",
      JSON.stringify({
        status: "success",
        data: {
          alerts: [{ labels: monitors.labels, state: "firing", activeAt: monitors.startsAt }],
        },
      }),
      monitored,
      1,
    ],
  ] as const)("%s", (...[, text, alert, line]) => {
    expect(readAlerts(text, "a")).toEqual([expect.objectContaining({ ...alert, line })]);
  });

  test("an event of étude is an alert as it stands", () => {
    const event = {
      type: "cluster-message",
      level: "error",
      code: "xid",
      seq: 9,
      atMs: 7,
      rank: 1,
    };
    expect(readAlerts(JSON.stringify(event), "a")).toMatchObject([{ startMs: 7, rank: 1 }]);
  });

  test.each(["", " \n\n", "[]", '{"alerts":[]}', "atMs,kind\n"])(
    "no alerts at all in %j",
    (text) => {
      expect(readAlerts(text, "a")).toEqual([]);
    },
  );
});

test("an alert that is posted again, and when it is over, stands once", () => {
  const over = { ...monitors, status: "resolved", endsAt: "2026-11-02T21:09:00Z" };
  const other = { ...monitors, labels: { ...monitors.labels, gpu: "4" } };
  const posts = [webhook, webhook, { ...webhook, alerts: [over, other] }];
  const text = posts.map((post) => JSON.stringify(post)).join("\n");
  expect(readAlerts(text, "a").map(({ gpu }) => gpu)).toEqual([3, 4]);
});

test("an alert that only waits to be one is none", () => {
  const pending = { labels: {}, state: "pending", activeAt: monitors.startsAt };
  expect(readAlerts(JSON.stringify({ data: { alerts: [pending] } }), "a")).toEqual([]);
});

test.each([
  ['{"atMs":1}\n{"atMs":\n', "line 2"],
  ['{"atMs":1}\n{"kind":"gpu-lost"}\n', "line 2"],
  ['{"atMs":"soon"}', "line 1"],
  ['{"atMs":1,"kind":"fire"}', "loss-spike"],
  ['{"atMs":1,"node":"here"}', "node"],
  ['{"time":"yesterday"}', "ISO 8601"],
  ['{"time":"2026-02-30T00:00:00Z"}', "ISO 8601"],
  ['[\n {"atMs": 1},\n {"atMs": 2,}\n]', "line 3"],
  ['[{"atMs":1}, 5]', "alert 2"],
  ["7", "line 1"],
  ["kind,node\ngpu-lost,3\n", "atMs"],
  ["atMs,kind\n1,gpu-lost\n\nx,gpu-lost\n", "line 4"],
  ['{"alerts":[{"labels":{},"startsAt":"?"}]}', "alert 1"],
])("refuses %j and names %s", (text, says) => {
  const failure = caught(() => readAlerts(text, "alerts.json"));
  expect(failure).toMatchObject({ code: "bad-alerts", exitCode: 2 });
  expect(failure.message).toContain(says);
  expect(failure.message).toContain("alerts.json");
});

test("readAlerts() says what is wrong with any text, and never fails otherwise", () => {
  const pieces = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    '"',
    ",",
    "\n",
    "atMs",
    ":",
    "1",
    "-",
    "\t",
    "x",
  );
  fc.assert(
    fc.property(
      fc.array(pieces).map((all) => all.join("")),
      (text) => {
        try {
          expect(Array.isArray(readAlerts(text, "a"))).toBe(true);
        } catch (failure) {
          expect(failure).toBeInstanceOf(UserError);
        }
      },
    ),
    { numRuns: 400 },
  );
});

describe("readMoment()", () => {
  test("reads what a date writes", () => {
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => {
        const text = date.toISOString();
        fc.pre(/^[12]\d{3}-/.test(text));
        expect(readMoment(text)).toBe(date.getTime());
      }),
    );
  });

  test.each([
    [1_793_653_200, 1_793_653_200_000],
    ["1793653200.5", 1_793_653_200_500],
    [1_793_653_200_000, 1_793_653_200_000],
    ["2026-11-02 21:00", 1_793_653_200_000],
    ["2026-11-02T23:30:00.25+02:30", 1_793_653_200_250],
    ["2026-11-02T13:00:00-0800", 1_793_653_200_000],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-11-02T24:00:00Z", undefined],
    [null, undefined],
    ["", undefined],
  ])("%j -> %j", (value, ms) => expect(readMoment(value)).toBe(ms));
});

describe("readTruth()", () => {
  const header = { type: "truth", version: 2, source: "simulated", seed: 4, wallMs: 9, scene: "a" };
  const began = { type: "incident-began", id: 1, kind: "straggler", atMs: 5, seenAtMs: 8 };
  const lines = (...all: object[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join("");

  test("reads runs one after the other, and an incident that the end cut off ends there", () => {
    const over = { type: "incident-over", id: 1, atMs: 30 };
    const end = { type: "run-over", atMs: 100 };
    const runs = readTruth(lines(header, began, over, end, header, began, end), "t");
    expect(runs.map(({ incidents }) => incidents[0]?.endMs)).toEqual([30, 100]);
    expect(runs.map(({ lengthMs, hasEnd }) => [lengthMs, hasEnd])).toEqual([
      [100, true],
      [100, true],
    ]);
  });

  test("makes do without the end of a run, and without kinds of lines that it does not know", () => {
    const [run] = readTruth(lines(header, began, { type: "new", atMs: 1 }), "t");
    expect(run).toMatchObject({ lengthMs: 8, hasEnd: false });
  });

  test("leaves out what could not be seen before the run was stopped", () => {
    const [run] = readTruth(lines(header, began, { type: "run-over", atMs: 7 }), "t");
    expect(run?.incidents).toEqual([]);
  });

  test.each([
    ["", "line 1"],
    ["oops", "line 1"],
    [lines(began), "no header"],
    [`${lines(header)}{`, "line 2"],
    [lines({ ...header, version: 3 }), "version 3"],
    [lines({ ...header, version: 1 }), "version 1"],
    [lines(header, { ...began, seenAtMs: null }), "line 2"],
  ])("refuses %j: %s", (text, says) => {
    const failure = caught(() => readTruth(text, "truth.jsonl"));
    expect(failure).toMatchObject({ code: "bad-truth", exitCode: 2 });
    expect(failure.message).toContain(says);
  });
});

function caught(action: () => unknown): UserError {
  try {
    action();
  } catch (failure) {
    if (failure instanceof UserError) return failure;
    throw failure;
  }
  throw new Error("Nothing was thrown");
}

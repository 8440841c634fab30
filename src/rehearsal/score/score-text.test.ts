import { expect, test } from "vitest";
import type { AlertScore } from "../../events/score.ts";
import { displayWidth } from "../../show/draw/width.ts";
import { scoreLines } from "./score-text.ts";

const time = { medianMs: 3100, p90Ms: 63_000 };
const score: AlertScore = {
  source: "simulated",
  runs: 1,
  simulatedMs: 2 * 86_400_000,
  runsWithoutEnd: 0,
  toleranceMs: 60_000,
  graceMs: 900_000,
  incidents: 2,
  detected: 1,
  missed: 1,
  alerts: 16,
  repeats: 3,
  falseAlarms: 12,
  misplaced: 1,
  outside: 0,
  falseAlarmsPerDay: 6,
  recall: 0.5,
  precision: 0.0769,
  timeToDetect: time,
  kinds: [
    {
      kind: "loss-spike",
      incidents: 1,
      detected: 1,
      falseAlarms: 12,
      recall: 1,
      precision: 0.0769,
      timeToDetect: time,
    },
    {
      kind: "straggler",
      incidents: 1,
      detected: 0,
      falseAlarms: 0,
      recall: 0,
      precision: null,
      timeToDetect: { medianMs: null, p90Ms: null },
    },
  ],
  list: [
    {
      run: 1,
      seed: 7,
      id: 1,
      kind: "loss-spike",
      step: 3000,
      metric: "step.gradientNorm",
      node: null,
      gpu: null,
      seenAtMs: 1_745_730,
      endMs: 1_763_622,
      detectedAtMs: 1_748_830,
      timeToDetectMs: 3100,
      alert: 2,
      repeats: 3,
    },
    {
      run: 1,
      seed: 7,
      id: 2,
      kind: "straggler",
      step: 5000,
      metric: "step.durationMs",
      node: 7,
      gpu: 5,
      seenAtMs: 2_895_851,
      endMs: 9_895_851,
      detectedAtMs: null,
      timeToDetectMs: null,
      alert: null,
      repeats: 0,
    },
  ],
  falseList: Array.from({ length: 12 }, (_, i) => ({
    alert: i + 5,
    run: 1,
    atMs: 10_000_000 + i * 1000,
    kind: "loss-spike",
    metric: null,
    node: null,
    reason: i === 0 ? ("another kind or place" as const) : ("no incident" as const),
  })),
};

test("the sums, the kinds, the incidents and the false alarms stand below each other", () => {
  expect(scoreLines(score, { width: 100, unicode: false }).join("\n")).toMatchInlineSnapshot(`
    "Simulated       1 simulated run, 2 d 00 h
    Incidents       2: 1 detected, 1 missed
    Time to detect  median 3.1 s, 90 % within 1 min 03 s
    Alerts          16: 1 first, 3 repeated, 12 false (1 of another kind or place)
    False alarms    6 a day
    Precision       8 %, recall 50 % (tolerance 1 min 00 s, grace 15 min 00 s)

    kind        incidents  detected  false  recall  precision  median         p90
    loss-spike          1         1     12   100 %        8 %   3.1 s  1 min 03 s
    straggler           1         0      0     0 %          -       -           -

    incident     step      seen at  node     detected  alert
    loss-spike  3 000  29 min 06 s     -  after 3.1 s      2
    straggler   5 000  48 min 16 s     7       missed

    false alarm          at  node  names
    alert 5      2 h 47 min     -  loss-spike: another kind or place
    alert 6      2 h 47 min     -  loss-spike: no incident
    alert 7      2 h 47 min     -  loss-spike: no incident
    alert 8      2 h 47 min     -  loss-spike: no incident
    alert 9      2 h 47 min     -  loss-spike: no incident
    alert 10     2 h 47 min     -  loss-spike: no incident
    alert 11     2 h 47 min     -  loss-spike: no incident
    alert 12     2 h 47 min     -  loss-spike: no incident
    alert 13     2 h 47 min     -  loss-spike: no incident
    alert 14     2 h 47 min     -  loss-spike: no incident
    and 2 more"
  `);
});

test.each([40, 60, 80, 100, 200])("no line is wider than %d columns", (width) => {
  const lines = scoreLines({ ...score, outside: 3, runsWithoutEnd: 1 }, { width });
  expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(width);
});

test("what nothing can be said about is a dash, and nothing is made up", () => {
  const nothing = { medianMs: null, p90Ms: null };
  const empty = { recall: null, precision: null, falseAlarmsPerDay: null, timeToDetect: nothing };
  const text = scoreLines(
    { ...score, ...empty, kinds: [], list: [], falseList: [] },
    { width: 80 },
  );
  expect(text.join("\n")).toContain("nothing was detected");
  expect(text.join("\n")).not.toMatch(/NaN|null|undefined/);
});

test("more than one run puts the run beside each incident", () => {
  const lines = scoreLines({ ...score, runs: 2 }, { width: 100 });
  expect(lines.find((line) => line.startsWith("incident"))).toMatch(/run$/);
});

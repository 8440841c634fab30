import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pretraining } from "../../../test/support/simulated.ts";
import { INCIDENT_NAMES } from "../incidents/library.ts";
import type { Alert } from "./alert.ts";
import type { TrueIncident, TrueRun } from "./read-truth.ts";
import { DEFAULT_SLACK, scoreAlerts } from "./score.ts";

const HOUR_MS = 3_600_000;
const LENGTH_MS = 48 * HOUR_MS;

const incident: fc.Arbitrary<TrueIncident> = fc
  .record({
    kind: fc.constantFrom(...INCIDENT_NAMES),
    atMs: fc.integer({ min: 0, max: LENGTH_MS }),
    hiddenMs: fc.constantFrom(0, 1000, 90_000),
    lastsMs: fc.constantFrom(0, 20_000, 20 * 60_000, 8 * HOUR_MS),
    node: fc.option(fc.nat(7), { nil: undefined }),
  })
  .map(({ kind, atMs, hiddenMs, lastsMs, node }) => {
    const seenAtMs = Math.min(LENGTH_MS, atMs + hiddenMs);
    const endMs = Math.min(LENGTH_MS, seenAtMs + lastsMs);
    const rest = { step: 1 + Math.floor(atMs / 1000), metric: "step.loss", alsoIn: [], action: "" };
    return {
      type: "incident-began",
      id: 0,
      kind,
      atMs,
      seenAtMs,
      endMs,
      scripted: false,
      fatal: false,
      ...rest,
      ...(node !== undefined && { node }),
    };
  });

const run: fc.Arbitrary<TrueRun> = fc
  .array(incident, { maxLength: 12 })
  .map((incidents) => runOf(incidents));

describe("scoreAlerts()", () => {
  test("finds everything and raises nothing false where alerts come at the first sign", () => {
    fc.assert(
      fc.property(run, fc.boolean(), (truth, isNamed) => {
        const alerts = truth.incidents.map((one, i) => perfect(one, i, { isNamed, lateMs: 0 }));
        const score = scoreAlerts(alerts, [truth], DEFAULT_SLACK);
        expect(score).toMatchObject({ detected: truth.incidents.length, missed: 0 });
        expect(score).toMatchObject({ falseAlarms: 0, repeats: 0 });
        if (truth.incidents.length > 0) expect(score).toMatchObject({ recall: 1, precision: 1 });
      }),
    );
  });

  test("takes as long to detect as the alerts are late", () => {
    fc.assert(
      fc.property(incident, fc.nat(DEFAULT_SLACK.graceMs), (one, lateMs) => {
        const truth = runOf([one]);
        const late = perfect(one, 0, { isNamed: true, lateMs });
        const [found] = scoreAlerts([late], [truth], DEFAULT_SLACK).list;
        expect(found?.timeToDetectMs).toBe(lateMs);
        const early = perfect(one, 0, { isNamed: true, lateMs: -DEFAULT_SLACK.toleranceMs });
        const [before] = scoreAlerts([early], [truth], DEFAULT_SLACK).list;
        expect(before?.timeToDetectMs).toBe(0);
      }),
    );
  });

  test.each([
    { late: "a moment too early", shiftMs: -DEFAULT_SLACK.toleranceMs - 1, hits: false },
    { late: "just early enough", shiftMs: -DEFAULT_SLACK.toleranceMs, hits: true },
    { late: "just in time", shiftMs: 5000 + DEFAULT_SLACK.graceMs, hits: true },
    { late: "a moment too late", shiftMs: 5001 + DEFAULT_SLACK.graceMs, hits: false },
  ])("an alert that is $late hits: $hits", ({ shiftMs, hits }) => {
    const truth = runOf([sample({ seenAtMs: HOUR_MS, endMs: HOUR_MS + 5000 })]);
    const score = scoreAlerts([alertAt(HOUR_MS + shiftMs)], [truth], DEFAULT_SLACK);
    expect(score.detected).toBe(hits ? 1 : 0);
    expect(score.falseAlarms).toBe(hits ? 0 : 1);
    expect(score.falseAlarmsPerDay).toBe(hits ? 0 : 0.5);
  });

  test("every alert is the first of an incident, a repetition or false, whatever they are", () => {
    const anyAlert = fc.record({
      atMs: fc.integer({ min: -HOUR_MS, max: LENGTH_MS + HOUR_MS }),
      kind: fc.option(fc.constantFrom(...INCIDENT_NAMES), { nil: undefined }),
      node: fc.option(fc.nat(7), { nil: undefined }),
    });
    fc.assert(
      fc.property(run, fc.array(anyAlert, { maxLength: 40 }), (truth, drawn) => {
        const alerts = drawn.map(({ atMs, ...named }, i) =>
          alertAt(atMs, { line: i + 1, ...named }),
        );
        const score = scoreAlerts(alerts, [truth], DEFAULT_SLACK);
        expect(score.detected + score.repeats + score.falseAlarms).toBe(alerts.length);
        expect(score.detected + score.missed).toBe(truth.incidents.length);
        expect(score.misplaced + score.outside).toBeLessThanOrEqual(score.falseAlarms);
        const shuffled = scoreAlerts([...alerts].reverse(), [truth], DEFAULT_SLACK);
        expect(shuffled.detected).toBe(score.detected);
        const ofKinds = score.kinds.reduce((sum, { detected }) => sum + detected, 0);
        expect(ofKinds).toBe(score.detected);
      }),
    );
  });

  test("a storm of alerts on one incident is one detection, and raises no false alarm", () => {
    const truth = runOf([sample({ seenAtMs: HOUR_MS, endMs: 2 * HOUR_MS })]);
    const storm = Array.from({ length: 50 }, (_, i) => alertAt(HOUR_MS + i * 1000));
    const score = scoreAlerts(storm, [truth], DEFAULT_SLACK);
    expect(score).toMatchObject({ detected: 1, repeats: 49, falseAlarms: 0, precision: 1 });
  });

  test("an alert that names another kind or node is false, and told apart", () => {
    const truth = runOf([sample({ kind: "straggler", node: 3, gpu: 1, rank: 25 })]);
    const wrong = [{ kind: "ecc-error" }, { node: 4 }, { gpu: 2 }, { rank: 3 }] as const;
    const alerts = wrong.map((named) => alertAt(HOUR_MS, named));
    expect(scoreAlerts(alerts, [truth], DEFAULT_SLACK)).toMatchObject({
      detected: 0,
      falseAlarms: 4,
      misplaced: 4,
      kinds: [
        { kind: "ecc-error", incidents: 0, falseAlarms: 1, recall: null, precision: 0 },
        { kind: "straggler", incidents: 1, detected: 0, recall: 0, precision: null },
      ],
    });
    const right = alertAt(HOUR_MS, { kind: "straggler", node: 3, gpu: 1, rank: 25 });
    expect(scoreAlerts([right], [truth], DEFAULT_SLACK).detected).toBe(1);
  });

  test("of several incidents that go on, an alert is of the one that began last", () => {
    const long = sample({ kind: "straggler", seenAtMs: HOUR_MS, endMs: 9 * HOUR_MS });
    const short = sample({ kind: "loss-spike", seenAtMs: 3 * HOUR_MS, endMs: 3 * HOUR_MS });
    const truth = runOf([long, short]);
    const alerts = [3 * HOUR_MS, 3 * HOUR_MS + 1, 4 * HOUR_MS].map((atMs) => alertAt(atMs));
    const found = (count: number) => {
      const { list } = scoreAlerts(alerts.slice(0, count), [truth], DEFAULT_SLACK);
      return list.map(({ detectedAtMs }) => detectedAtMs);
    };
    expect(found(1)).toEqual([null, 3 * HOUR_MS]);
    // The spike is over, so the next alert cannot be about it while the straggler goes on.
    expect(found(2)).toEqual([3 * HOUR_MS + 1, 3 * HOUR_MS]);
    expect(found(3)).toEqual([3 * HOUR_MS + 1, 3 * HOUR_MS]);
  });

  test("median and 90 % are of the times to detect, by straight lines between them", () => {
    const times = [10, 20, 30, 40, 1000];
    const list = times.map((_, i) =>
      sample({ seenAtMs: (2 * i + 1) * HOUR_MS, endMs: (2 * i + 1) * HOUR_MS }),
    );
    const alerts = times.map((ms, i) => alertAt((2 * i + 1) * HOUR_MS + ms));
    const { timeToDetect } = scoreAlerts(alerts, [runOf(list)], DEFAULT_SLACK);
    expect(timeToDetect).toEqual({ medianMs: 30, p90Ms: 616 });
  });

  test("no alerts miss everything, and no incidents leave nothing to say", () => {
    expect(scoreAlerts([], [runOf([sample({})])], DEFAULT_SLACK)).toMatchObject({
      missed: 1,
      recall: 0,
      precision: null,
      timeToDetect: { medianMs: null, p90Ms: null },
    });
    expect(scoreAlerts([], [runOf([])], DEFAULT_SLACK)).toMatchObject({ recall: null });
  });
});

describe("an alert's time", () => {
  const first = runOf([sample({ seenAtMs: HOUR_MS, endMs: HOUR_MS })]);
  const second: TrueRun = { ...first, header: { ...first.header, seed: 6 } };

  test("may be that of the run's own calendar", () => {
    const alert = alertAt(first.header.wallMs + HOUR_MS, { isWallTime: true });
    expect(scoreAlerts([alert], [first], DEFAULT_SLACK).detected).toBe(1);
  });

  test("may be that of the real clock, where somebody looked at both", () => {
    const clocks = [
      { atMs: 0, shownWallMs: 5e11 },
      { atMs: LENGTH_MS, shownWallMs: 5e11 + 48_000 },
    ];
    const watched = { ...first, clocks };
    const alert = alertAt(5e11 + 1000, { isWallTime: true });
    const [found] = scoreAlerts([alert], [watched], DEFAULT_SLACK).list;
    expect(found).toMatchObject({ detectedAtMs: HOUR_MS, timeToDetectMs: 0 });
  });

  test("is outside where it is of no run, and counts as a false alarm", () => {
    const alert = alertAt(3, { isWallTime: true });
    expect(scoreAlerts([alert], [first], DEFAULT_SLACK)).toMatchObject({
      falseAlarms: 1,
      outside: 1,
    });
  });

  test.each([{ run: 2 }, { seed: 6 }])("is of the run that it names: %j", (named) => {
    const { list } = scoreAlerts([alertAt(HOUR_MS, named)], [first, second], DEFAULT_SLACK);
    expect(list.map(({ detectedAtMs }) => detectedAtMs)).toEqual([null, HOUR_MS]);
  });

  test("must name a run where several go on, and one that there is", () => {
    const score = (named: Partial<Alert>) => () =>
      scoreAlerts([alertAt(HOUR_MS, { line: 7, ...named })], [first, second], DEFAULT_SLACK);
    expect(score({})).toThrow(expect.objectContaining({ code: "alert-of-many-runs", exitCode: 2 }));
    expect(score({})).toThrow("line 7");
    expect(score({ run: 3 })).toThrow(expect.objectContaining({ code: "alert-of-no-run" }));
  });
});

test("a simulated run scores full marks for its own truth, and half for half of it", () => {
  const kinds = ["nan-loss", "gpu-lost", "loss-spike", "storage-stall"] as const;
  const told = pretraining({
    incidents: kinds.map((kind, i) => ({ kind, step: 500 + 900 * i })),
  });
  const began = told.truths.filter((truth) => truth.type === "incident-began");
  expect(began).toHaveLength(4);
  const lengthMs = told.news.at(-1)?.atMs ?? 0;
  const incidents = began.map((one) => {
    const over = told.truths.find((truth) => truth.type === "incident-over" && truth.id === one.id);
    return { ...one, endMs: over && "atMs" in over ? over.atMs : lengthMs };
  });
  const truth = { ...runOf(incidents), lengthMs };
  const alerts = incidents.map((one, i) => perfect(one, i, { isNamed: true, lateMs: 0 }));
  expect(scoreAlerts(alerts, [truth], DEFAULT_SLACK)).toMatchObject({ recall: 1, precision: 1 });
  expect(scoreAlerts(alerts.slice(2), [truth], DEFAULT_SLACK).recall).toBe(0.5);
});

interface Perfection {
  readonly isNamed: boolean;
  readonly lateMs: number;
}

/** The alert that an incident deserves. */
function perfect(one: TrueIncident, index: number, { isNamed, lateMs }: Perfection): Alert {
  const { kind, node } = one;
  return alertAt(one.seenAtMs + lateMs, { line: index + 1, ...(isNamed && { kind, node }) });
}

function alertAt(startMs: number, more: Partial<Alert> = {}): Alert {
  return {
    line: 1,
    startMs,
    isWallTime: false,
    kind: undefined,
    metric: undefined,
    node: undefined,
    gpu: undefined,
    rank: undefined,
    run: undefined,
    seed: undefined,
    identity: undefined,
    ...more,
  };
}

function sample(more: Partial<TrueIncident>): TrueIncident {
  return {
    type: "incident-began",
    id: 1,
    kind: "straggler",
    scripted: true,
    step: 1,
    atMs: HOUR_MS,
    seenAtMs: HOUR_MS,
    endMs: HOUR_MS,
    metric: "step.durationMs",
    alsoIn: [],
    fatal: false,
    action: "",
    ...more,
  };
}

function runOf(incidents: readonly TrueIncident[]): TrueRun {
  return {
    header: {
      type: "truth",
      version: 2,
      source: "simulated",
      scene: "llm_pretraining",
      title: "a run",
      seed: 5,
      program: "etude 0.0.0",
      wallMs: 1.79e12,
    },
    incidents: incidents.map((one, i) => ({ ...one, id: i + 1 })),
    lengthMs: LENGTH_MS,
    hasEnd: true,
    clocks: [],
  };
}

import { describe, expect, test } from "vitest";
import {
  ofType,
  pretraining,
  type RunRecording,
  type Timed,
  training,
  wantedRun,
} from "../../../test/support/simulated.ts";
import type { News } from "../../events/events.ts";
import { streamOf } from "../engine/chance.ts";
import { CAUSES, drawCause } from "./causes.ts";
import { INCIDENT_NAMES, INCIDENTS, type IncidentName } from "./library.ts";
import { readIncident } from "./script.ts";
import type { IncidentBegan } from "./truth.ts";

const ONSET = 2000;

const quiet = pretraining({ seed: 8 });
const experts = { wanted: wantedRun("Mixtral-8x7B", "H100:64", 30e9) };
const runs = new Map(
  INCIDENT_NAMES.map((kind) => {
    const wanted = INCIDENTS[kind].needsExperts ? experts : {};
    return [kind, pretraining({ seed: 8, incidents: [{ kind, step: ONSET }], ...wanted })] as const;
  }),
);

describe.each(INCIDENT_NAMES)("the incident %s", (kind) => {
  const told = runs.get(kind) as RunRecording;

  test("is in the truth once, where it was asked for, and over by the end", () => {
    const began = beganOf(told, kind);
    expect(began).toHaveLength(1);
    expect(began[0]).toMatchObject({
      kind,
      scripted: true,
      fatal: INCIDENTS[kind].course.stop !== undefined,
    });
    expect(began[0]?.step).toBe(ONSET);
    const over = truthsOf(told, "incident-over").filter(({ id }) => id === began[0]?.id);
    expect(over.length).toBeLessThanOrEqual(1);
  });

  test("stops the run if and only if it is fatal", () => {
    const stops = INCIDENTS[kind].course.stop === undefined ? 0 : 1;
    expect(ofType(told, "run-interrupted")).toHaveLength(stops);
    expect(ofType(told, "run-restored")).toHaveLength(stops);
    expect(told.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
  });
});

test.each(["repeated-data", "bad-checkpoint"] as const)(
  "the crash before %s is an incident of its own, seen by the stop, and they share what it costs",
  (kind) => {
    const told = runs.get(kind) as RunRecording;
    const [crash] = beganOf(told, "software-crash");
    const [revealed] = beganOf(told, kind);
    const [stopped] = ofType(told, "run-interrupted");
    const [back] = ofType(told, "run-restored");
    expect(crash?.seenAtMs).toBeLessThanOrEqual(stopped?.atMs ?? 0);
    expect(revealed?.seenAtMs).toBeGreaterThan(stopped?.atMs ?? 0);
    expect(crash?.id).not.toBe(revealed?.id);
    const over = truthsOf(told, "incident-over");
    expect(over.map(({ id }) => id)).toEqual([crash?.id, revealed?.id]);
    const sum = (field: "lostSteps" | "downtimeMs") =>
      over.reduce((all, one) => all + one[field], 0);
    expect(sum("lostSteps")).toBe(back?.lostSteps);
    expect(sum("downtimeMs")).toBe(back?.downtimeMs);
  },
);

test("a bad checkpoint costs the steps between it and the one before", () => {
  const told = runs.get("bad-checkpoint") as RunRecording;
  const [stopped] = ofType(told, "run-interrupted");
  const saved = ofType(told, "checkpoint-saved").filter(({ atMs }) => atMs < (stopped?.atMs ?? 0));
  const [newest = 0, older = 0] = saved.map(({ step }) => step).reverse();
  expect(truthsOf(told, "incident-over").map(({ lostSteps }) => lostSteps)).toEqual([
    (stopped?.step ?? 0) - newest,
    newest - older,
  ]);
});

function beganOf(told: RunRecording, kind: IncidentName): IncidentBegan[] {
  return truthsOf(told, "incident-began").filter((one) => one.kind === kind) as IncidentBegan[];
}

describe("silent corruption", () => {
  const usual = quiet.steps;
  /** By how much the loss is raised behind a step, in nats, as of twenty steps. */
  const raisedBehind = (steps: readonly Step[], step: number): number => {
    const behind = steps.filter((one) => one.step > step && one.step <= step + 20);
    return median(behind.map((one) => lossOf(one) - lossAt(usual, one.step - 1)));
  };

  test("stays in the weights, and in what is validated, until it is found", () => {
    const told = runs.get("silent-corruption") as RunRecording;
    const [stopped] = ofType(told, "run-interrupted");
    const before = told.steps.filter(({ atMs }) => atMs < (stopped?.atMs ?? 0));
    const last = before.at(-1)?.step ?? 0;
    expect(last).toBeGreaterThan(ONSET + 450);
    expect(raisedBehind(before, last - 20)).toBeGreaterThan(0.25);
    const evaluated = ofType(told, "evaluation-done");
    const [raised] = evaluated.filter(({ step }) => step > ONSET + 300 && step <= last);
    const healthy = ofType(quiet, "evaluation-done").find(({ step }) => step === raised?.step);
    expect((raised?.loss ?? 0) - (healthy?.loss ?? 0)).toBeGreaterThan(0.25);
  });

  test("is healed by a checkpoint from before it, however many were written since", () => {
    const told = runs.get("silent-corruption") as RunRecording;
    const [stopped] = ofType(told, "run-interrupted");
    const [back] = ofType(told, "run-restored");
    const saved = ofType(told, "checkpoint-saved")
      .filter(({ atMs }) => atMs < (stopped?.atMs ?? 0))
      .map(({ step }) => step);
    expect(saved.filter((step) => step >= ONSET).length).toBeGreaterThan(1);
    expect(back?.step).toBe(saved.findLast((step) => step < ONSET));
    const after = told.steps.filter(({ atMs }) => atMs > (back?.atMs ?? 0));
    expect(Math.abs(raisedBehind(after, back?.step ?? 0))).toBeLessThan(0.02);
    expect(Math.abs(raisedBehind(after, ONSET + 600))).toBeLessThan(0.02);
  });

  test("comes back with a checkpoint from after it, where something else stops the run first", () => {
    const incidents = [
      { kind: "silent-corruption", step: ONSET },
      { kind: "software-crash", step: ONSET + 600 },
    ] as const;
    const told = pretraining({ seed: 8, incidents });
    const [crashed, found] = ofType(told, "run-restored");
    expect(crashed?.step).toBeGreaterThanOrEqual(ONSET);
    expect(found?.step).toBeLessThan(ONSET);
    const between = told.steps.filter(
      ({ atMs }) => atMs > (crashed?.atMs ?? 0) && atMs < (found?.atMs ?? 0),
    );
    expect(between.length).toBeGreaterThan(100);
    expect(raisedBehind(between, crashed?.step ?? 0)).toBeGreaterThan(0.1);
    const over = truthsOf(told, "incident-over").map(({ id }) => id);
    expect(over).toEqual([2, 1]);
  });
});

test("the gradient norm tells a loss spike at least three steps before the loss", () => {
  const { steps } = runs.get("loss-spike") as RunRecording;
  const usual = quiet.steps;
  const first = (differs: (i: number) => boolean): number =>
    steps.findIndex((_, i) => i >= ONSET - 1 && differs(i));
  const norm = first((i) => (steps[i]?.gradientNorm ?? 0) > 2 * (usual[i]?.gradientNorm ?? 0));
  const loss = first((i) => lossAt(steps, i) > 1.05 * lossAt(usual, i));
  expect(loss - norm).toBeGreaterThanOrEqual(3);
  const back = lossAt(steps, ONSET + 45) / lossAt(usual, ONSET + 45);
  expect(back).toBeCloseTo(1, 1);
});

test("in a hang every GPU looks busy and draws little, and no step gets done for ten minutes", () => {
  const told = runs.get("nccl-hang") as RunRecording;
  const hanging = ofType(told, "cluster-status").filter(({ state }) => state === "hanging");
  expect(hanging.length).toBeGreaterThan(7);
  for (const { utilisation, powerWatts } of hanging.slice(1)) {
    expect(utilisation).toBe(1);
    expect(powerWatts).toBeLessThan(0.75 * (ofType(told, "cluster-status")[2]?.powerWatts ?? 0));
  }
  const [stopped] = ofType(told, "run-interrupted");
  const last = told.steps.findLast(({ atMs }) => atMs < (stopped?.atMs ?? 0));
  expect((stopped?.atMs ?? 0) - (last?.atMs ?? 0)).toBeGreaterThan(600_000);
});

test("GPUs that wait for a straggler say that they are busy, draw less and cool down slowly", () => {
  const told = runs.get("straggler") as RunRecording;
  const [began] = truthsOf(told, "incident-began") as IncidentBegan[];
  const onsetMs = began?.atMs ?? 0;
  const statuses = ofType(told, "cluster-status").filter(({ state }) => state === "training");
  const before = statuses.filter(({ atMs }) => atMs < onsetMs);
  const after = statuses.filter(({ atMs }) => atMs > onsetMs && atMs < onsetMs + 1_200_000);
  const stepMs = (from: number) => median(told.steps.slice(from, from + 400).map(durationOf));
  const slowdown = stepMs(ONSET + 5) / stepMs(ONSET - 500);
  expect(slowdown).toBeGreaterThan(1.02);
  const waiting = (of: readonly Status[], field: "powerWatts" | "temperatureC") =>
    median(
      of.flatMap(({ nodes }) =>
        nodes.flatMap(({ node, gpus }) =>
          gpus.flatMap((one, gpu) =>
            node === began?.node && gpu === began.gpu ? [] : [one[field]],
          ),
        ),
      ),
    );
  const fall = 1 - waiting(after, "powerWatts") / waiting(before, "powerWatts");
  // Of the power between idle and training, what waits takes a fourteenth.
  expect(Math.abs(fall - 0.93 * (1 - 1 / slowdown) * 0.86)).toBeLessThan(0.012);
  expect(waiting(after, "temperatureC")).toBeLessThan(waiting(before, "temperatureC") - 0.3);
  for (const { utilisation, nodes } of after) {
    expect(utilisation).toBeGreaterThan(0.97);
    for (const { gpus } of nodes)
      for (const gpu of gpus) expect(gpu.utilisation).toBeGreaterThan(0.95);
  }
  const total = (of: readonly Status[]) => median(of.map(({ powerWatts }) => powerWatts));
  expect(total(after.slice(1))).toBeLessThan(total(before) * (1 - 0.5 * fall));
});

test.each([1, 2, 3])(
  "the nodes that samples tell of stay the same, and do not point at one (seed %d)",
  (seed) => {
    const told = pretraining(
      {
        seed,
        wanted: wantedRun("Llama-3.1-8B", "H100:512", 20e9),
        incidents: [{ kind: "straggler", step: 60 }],
      },
      400,
    );
    const [began] = truthsOf(told, "incident-began") as IncidentBegan[];
    const sets = ofType(told, "cluster-status").map(({ nodes }) => nodes.map(({ node }) => node));
    expect(new Set(sets.map(String)).size).toBe(1);
    expect(sets[0]).toHaveLength(8);
    expect(sets[0]?.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(new Set(sets[0]).size).toBe(8);
    expect(Math.max(...(sets[0] ?? []))).toBeLessThan(64);
    expect(sets[0]).toContain(began?.node);
  },
);

test("a hot GPU warms up and cools down over minutes, also when nobody lowers its clock any more", () => {
  const told = pretraining({
    seed: 8,
    wanted: wantedRun("TinyLlama-1.1B", "H100:8", 30e9),
    incidents: [{ kind: "thermal-throttle", step: 2000 }],
  });
  const [began] = truthsOf(told, "incident-began") as IncidentBegan[];
  const temperatures = ofType(told, "cluster-status").flatMap(({ nodes, state }) =>
    state === "training" ? [nodes[0]?.gpus[began?.gpu ?? 0]?.temperatureC ?? 0] : [],
  );
  expect(truthsOf(told, "incident-over")).toHaveLength(1);
  const hottest = Math.max(...temperatures);
  expect(hottest).toBeGreaterThan((temperatures[2] ?? 0) + 10);
  // In a minute at most 1 - 1/e^(2/3) of the way: half of it, in either direction.
  for (const [i, one] of temperatures.entries()) {
    expect(Math.abs(one - (temperatures[i - 1] ?? one))).toBeLessThan(
      0.55 * (hottest - (temperatures[2] ?? 0)),
    );
  }
});

test("a bad checkpoint sends the run back to the one before", () => {
  const told = runs.get("bad-checkpoint") as RunRecording;
  const [stopped] = ofType(told, "run-interrupted");
  const [back] = ofType(told, "run-restored");
  const saved = ofType(told, "checkpoint-saved").filter(({ atMs }) => atMs < (stopped?.atMs ?? 0));
  const older = saved.at(-2)?.step ?? 0;
  expect(back?.step).toBe(older);
});

test("an incident is done once, also where the run passes its step twice", () => {
  const told = pretraining({ seed: 8, incidents: [{ kind: "software-crash", step: ONSET }] });
  expect(ofType(told, "run-restored").map(({ restart }) => restart)).toEqual([1]);
});

test("causes are drawn as often as they were published", () => {
  const random = streamOf(5, "causes");
  const drawn = Array.from({ length: 20_000 }, () => drawCause(random).cause.name);
  expect(CAUSES.reduce((sum, { weight }) => sum + weight, 0)).toBe(419);
  for (const { name, weight } of CAUSES) {
    const share = drawn.filter((one) => one === name).length / drawn.length;
    expect(share).toBeCloseTo(weight / 419, 1.5);
  }
});

test("interruptions come as often as failures per node and day say", () => {
  const wanted = wantedRun("Llama-3.1-405B", "H100:16384", 10e12);
  const told = pretraining({ seed: 2, byChance: true, wanted }, 20_000);
  const days = (told.news.at(-1)?.atMs ?? 0) / 86_400_000;
  const expected = 2048 * 3.8e-3 * days;
  expect(ofType(told, "run-interrupted").length).toBeGreaterThan(
    expected - 4 * Math.sqrt(expected),
  );
  expect(ofType(told, "run-interrupted").length).toBeLessThan(expected + 4 * Math.sqrt(expected));
});

test("what would happen after the last step is warned of before the first", () => {
  const incidents = [
    { kind: "loss-spike", step: 900_000 },
    { kind: "nan-loss", step: 50 },
  ] as const;
  for (const told of [pretraining({ seed: 8, incidents }), training({ seed: 8, incidents })]) {
    const [warning, ...more] = ofType(told, "notice");
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ level: "warning", code: "incident-after-end" });
    expect(warning?.text).toMatch(/^loss-spike@900000 will not happen: the run has \d+ steps$/);
    expect(warning?.atMs).toBeLessThan(told.steps[0]?.atMs ?? 0);
    expect(truthsOf(told, "incident-began").map(({ kind }) => kind)).toEqual(["nan-loss"]);
  }
});

test("what needs experts does not happen to a dense model, and that is said", () => {
  const incidents = [{ kind: "expert-imbalance", step: 50 }] as const;
  const told = pretraining({ seed: 8, incidents });
  expect(ofType(told, "notice")).toMatchObject([{ code: "incident-without-experts" }]);
  expect(truthsOf(told, "incident-began")).toEqual([]);
});

test("a restart to before an incident that goes on skips no step", () => {
  const incidents = [
    { kind: "straggler", step: 60 },
    { kind: "software-crash", step: 100 },
  ] as const;
  const { steps } = pretraining({ seed: 21, incidents });
  expect(steps.filter(({ skipped }) => skipped)).toEqual([]);
  expect(steps.length).toBeGreaterThan(100);
});

describe("readIncident()", () => {
  test("reads KIND@STEP", () => {
    expect(readIncident("loss-spike@2000")).toEqual({ kind: "loss-spike", step: 2000 });
  });

  test("takes no offence at capitals and blanks", () => {
    expect(readIncident(" Loss-Spike @ 20 ")).toEqual({ kind: "loss-spike", step: 20 });
  });

  test.each([
    ["loss-spike", "no @ before a step", "loss-spike@2000"],
    ["nccl-hang:50", "no @ before a step", "nccl-hang@2000"],
    ["loss-spike@", 'the step ""', "loss-spike@2000"],
    ["loss-spike@0", 'the step "0"', "loss-spike@2000"],
    ["loss-spike@-1", 'the step "-1"', "loss-spike@2000"],
    ["loss-spike@1.5", 'the step "1.5"', "loss-spike@2000"],
    ["loss-spike@99999999999999", "from 1 to 1000000000000", "loss-spike@2000"],
  ])("says what is wrong with %j beside its kind", (text, found, example) => {
    const wrong = expect.objectContaining({
      code: "bad-incident",
      message: expect.stringContaining(found),
      hint: `For example: --incident ${example}`,
    });
    expect(() => readIncident(text)).toThrow(wrong);
  });

  test.each([
    ["loss-spik@40", 'Did you mean "loss-spike@40"?'],
    ["ncclhang", 'Did you mean "nccl-hang@2000"?'],
    ["nothing@3", "For example: --incident loss-spike@2000"],
    ["@5", "For example: --incident loss-spike@2000"],
    ["toString@5", "For example: --incident loss-spike@2000"],
  ])("refuses %j with the kinds there are", (text, hint) => {
    expect(() => readIncident(text)).toThrow(expect.objectContaining({ hint }));
    expect(() => readIncident(text)).toThrow("straggler");
  });
});

function truthsOf<T extends "incident-began" | "incident-over">(told: RunRecording, type: T) {
  return told.truths.filter(
    (truth): truth is Extract<(typeof told.truths)[number], { type: T }> => truth.type === type,
  );
}

type Step = RunRecording["steps"][number];

function durationOf({ durationMs }: Step): number {
  return durationMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function lossOf({ loss = 0 }: Step): number {
  return loss;
}

function lossAt(steps: readonly Step[], index: number): number {
  return steps[index]?.loss ?? 0;
}

type Status = Timed<Extract<News, { type: "cluster-status" }>>;

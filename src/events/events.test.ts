/** The waist of the program: numbering, the wire, and the fold of events into a state. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { anyClusterNews } from "../../test/any-cluster-news.ts";
import { exampleRun, followedBy, startNews, untilEpoch } from "../../test/example-run.ts";
import { type Losses, type News, PROTOCOL_VERSION, type RunEvent } from "./events.ts";
import { afterEvent, beforeRun, type RunState } from "./run-state.ts";
import { stamp } from "./stamp.ts";
import { eventToLine, lineToEvent } from "./wire.ts";

const run = exampleRun();

/** JSON has no negative zero. */
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const count = fc.nat();
const text = fc.string({ unit: "binary" });
const vae = fc.record({ reconstruction: real, kl: real, klWeight: real });
const losses: fc.Arbitrary<Losses> = fc.record({ loss: real, vae }, { requiredKeys: ["loss"] });
const json = fc.dictionary(
  text,
  fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value))),
);
const phase = fc.constantFrom("reading" as const, "training" as const, "exporting" as const);

/** Complete by construction: a new kind of news does not compile until it is here. */
const anyNews: { readonly [T in News["type"]]: fc.Arbitrary<Extract<News, { type: T }>> } = {
  "run-started": fc.record({
    type: fc.constant("run-started"),
    protocol: fc.integer({ min: PROTOCOL_VERSION, max: 99 }),
    source: fc.constantFrom("trained", "simulated"),
    title: text,
    program: text,
    seed: count,
    device: text,
    configuration: json,
    resumedAtStep: count,
    wallMs: count,
  }),
  "phase-started": fc.record({ type: fc.constant("phase-started"), phase, text }),
  "phase-progress": fc.record({
    type: fc.constant("phase-progress"),
    phase,
    done: count,
    total: count,
  }),
  "corpus-read": fc.record({
    type: fc.constant("corpus-read"),
    folder: text,
    filesUsed: count,
    filesLeftOut: count,
    totalSeconds: real,
    trainFiles: fc.array(text),
    validationFiles: fc.array(text),
  }),
  "plan-made": fc.record(
    {
      type: fc.constant("plan-made"),
      epochsTotal: count,
      stepsPerEpoch: count,
      stepsTotal: count,
      batchSize: count,
      parameterCount: count,
      audioSecondsPerStep: real,
    },
    {
      requiredKeys: [
        "type",
        "epochsTotal",
        "stepsPerEpoch",
        "stepsTotal",
        "batchSize",
        "parameterCount",
      ],
    },
  ),
  "start-measured": fc.record({
    type: fc.constant("start-measured"),
    trainTaskLoss: real,
    validationTaskLoss: real,
  }),
  "step-done": fc.record(
    {
      type: fc.constant("step-done"),
      step: count,
      epoch: count,
      loss: real,
      vae,
      learningRate: real,
      gradientNorm: real,
      clipped: fc.boolean(),
      skipped: fc.boolean(),
      durationMs: real,
      audioSecondsPerSecond: real,
      text: fc.record({
        perplexity: real,
        tokens: count,
        consumedSamples: count,
        consumedTokens: count,
        tokensPerSecond: real,
        tflopsPerGpu: real,
        mfu: real,
      }),
    },
    {
      requiredKeys: ["type", "step", "epoch", "learningRate", "clipped", "skipped", "durationMs"],
    },
  ),
  "epoch-done": fc.record({
    type: fc.constant("epoch-done"),
    epoch: count,
    epochsTotal: count,
    step: count,
    stepLosses: losses,
    trainLosses: losses,
    validationLosses: losses,
    overfittingGap: real,
    latents: fc.record({ klDivergence: real, activeUnits: count, dimensions: count }),
    best: fc.boolean(),
    learningRate: real,
    verdict: fc.constantFrom(
      "improving",
      "undecided",
      "good enough",
      "overfitting",
      "worse",
      "unstable",
    ),
    elapsedMs: real,
    etaMs: real,
  }),
  "preview-made": fc.record({
    type: fc.constant("preview-made"),
    kind: fc.constantFrom("sample", "original", "reconstruction"),
    epoch: count,
    step: count,
    path: text,
    sampleRate: count,
    durationSeconds: real,
  }),
  "checkpoint-saved": fc.record({
    type: fc.constant("checkpoint-saved"),
    step: count,
    epoch: count,
    path: text,
    bytes: count,
    durationMs: real,
    reason: fc.constantFrom("interval", "time", "best", "cancelled", "finished"),
  }),
  "device-status": fc.record(
    { type: fc.constant("device-status"), memoryBytes: count, dataShare: real },
    { requiredKeys: ["type", "memoryBytes"] },
  ),
  notice: fc.record(
    {
      type: fc.constant("notice"),
      level: fc.constantFrom("info", "warning"),
      code: text,
      text,
      hint: text,
    },
    { requiredKeys: ["type", "level", "code", "text"] },
  ),
  "model-saved": fc.record({
    type: fc.constant("model-saved"),
    path: text,
    bytes: count,
    step: count,
  }),
  "run-ended": fc.record(
    {
      type: fc.constant("run-ended"),
      outcome: fc.constantFrom("finished", "cancelled", "failed"),
      step: count,
      elapsedMs: real,
      reason: text,
    },
    { requiredKeys: ["type", "outcome", "step", "elapsedMs"] },
  ),
  ...anyClusterNews,
};

test.each(Object.entries(anyNews))("%s comes back from the wire as it was", (_, arbitrary) => {
  fc.assert(
    fc.property(arbitrary, count, real, (news: News, seq, atMs) => {
      const event: RunEvent = { ...news, seq, atMs };
      const line = eventToLine(event);
      expect(line.indexOf("\n")).toBe(line.length - 1);
      expect({ ...lineToEvent(line) }).toEqual({ ...event });
    }),
    { numRuns: 50 },
  );
});

test("lineToEvent() passes over kinds of a newer program", () => {
  expect(lineToEvent('{"type":"gpu-melted","seq":3,"atMs":7}')).toBeUndefined();
  expect(lineToEvent('{"type":"toString","seq":3,"atMs":7}')).toBeUndefined();
});

test.each(["", "{", "null", "[]", '"x"', '{"type":"notice"}', '{"seq":1}'])(
  "lineToEvent() refuses %j as corrupt",
  (line) => {
    expect(() => lineToEvent(line)).toThrow(expect.objectContaining({ code: "event-log-corrupt" }));
  },
);

test("stamp() counts upward and goes on where a log stopped", async () => {
  const clock = { ms: 5000, nowMs: () => clock.ms, wallMs: () => 0, sleep: async () => {} };
  async function* news(): AsyncGenerator<News> {
    yield startNews({}, 20);
    clock.ms += 30;
    yield { type: "device-status", memoryBytes: 1 };
  }
  const events: RunEvent[] = [];
  for await (const event of stamp(news(), clock, { seq: 7, atMs: 1000 })) events.push(event);
  expect(events.map(({ seq, atMs }) => [seq, atMs])).toEqual([
    [7, 1000],
    [8, 1030],
  ]);
});

test("afterEvent() knows a run at its end", () => {
  const state = stateAfter(run);
  expect(state).toMatchObject({
    status: "finished",
    stepsDone: 120,
    checkpoint: { step: 120 },
    savedModel: { path: "/music/birds-run/model.etude" },
    memoryBytes: 412e6,
    skippedSteps: 0,
    warnings: [],
  });
  expect(state.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(state.bestEpoch?.epoch).toBe(6);
  expect(state.previews).toHaveLength(7);
});

test("afterEvent() forgets what a resume will tell again", () => {
  const state = stateAfter(followedBy(untilEpoch(run, 5), startNews({}, 60)));
  expect(state).toMatchObject({ status: "running", stepsDone: 60, ended: undefined });
  expect(state.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  expect(state.bestEpoch?.epoch).toBe(3);
});

test("afterEvent() goes back to the checkpoint that a run was restored from", () => {
  const restored = { step: 40, lostSteps: 20, consumedSamples: 1, consumedTokens: 1 } as const;
  const more = { downtimeMs: 1, path: "p", restart: 1, nodesReplaced: [] } as const;
  const state = stateAfter(
    followedBy(untilEpoch(run, 3), { type: "run-restored", ...restored, ...more }),
  );
  expect(state).toMatchObject({ status: "running", stepsDone: 40, restarts: 1 });
});

test("afterEvent() counts skipped steps, collects warnings and leaves out other notices", () => {
  const skipped = { step: 21, epoch: 2, learningRate: 0, clipped: false } as const;
  const notice = { type: "notice", code: "c", text: "t" } as const;
  const state = stateAfter(
    followedBy(
      untilEpoch(run, 1),
      { type: "step-done", ...skipped, skipped: true, durationMs: 1 },
      { ...notice, level: "warning" },
      { ...notice, level: "info" },
    ),
  );
  expect(state.skippedSteps).toBe(1);
  expect(state.warnings).toMatchObject([{ ...notice, level: "warning" }]);
});

test("afterEvent() knows that training stands still until it is restored, or begins anew", () => {
  const interrupted: News = { type: "run-interrupted", step: 20, symptom: "node-lost", node: 3 };
  const down = stateAfter(followedBy(untilEpoch(run, 1), interrupted));
  expect(down.interruption).toMatchObject({ symptom: "node-lost", node: 3 });
  const restored = { step: 10, lostSteps: 10, consumedSamples: 1, consumedTokens: 1 } as const;
  const more = { downtimeMs: 1, path: "p", restart: 4, nodesReplaced: [3] } as const;
  const goesOn: News = { type: "run-restored", ...restored, ...more };
  const up = stateAfter(followedBy(followedBy(untilEpoch(run, 1), interrupted), goesOn));
  expect(up).toMatchObject({ interruption: undefined, restarts: 4, stepsDone: 10 });
  const resumed = followedBy(followedBy(untilEpoch(run, 1), interrupted), startNews({}, 20));
  expect(stateAfter(resumed).interruption).toBeUndefined();
});

test("afterEvent() measures the time of steps and epochs from the start or the last resume", () => {
  const events = untilEpoch(run, 2);
  const firstStep = events.find(({ type }) => type === "step-done");
  const lastEpoch = events.findLast(({ type }) => type === "epoch-done");
  const { stretch } = stateAfter(events);
  expect(stretch.firstStep).toEqual({ step: 1, atMs: firstStep?.atMs });
  expect(stretch.epochAtMs).toBe(lastEpoch?.atMs);
  const resumed = stateAfter(followedBy(events, startNews({}, 20)));
  expect(Object.values(resumed.stretch)).toEqual([undefined, undefined, undefined]);
  expect(resumed.lastStep?.step).toBe(40);
});

test("afterEvent() begins anew with each run of a stream", () => {
  const other = exampleRun({ title: "bells", epochsTotal: 1 });
  expect(stateAfter([...run, ...other])).toEqual(stateAfter(other));
  const [start] = other;
  expect(start && afterEvent(stateAfter(run), start)).toMatchObject({
    epochs: [],
    plan: undefined,
  });
});

test("afterEvent() changes no state that it was given", () => {
  const seen: [RunState, string][] = [];
  let state = beforeRun;
  for (const event of run) {
    seen.push([state, JSON.stringify(state)]);
    state = afterEvent(state, event);
  }
  for (const [before, text] of seen) expect(JSON.stringify(before)).toBe(text);
});

function stateAfter(events: readonly RunEvent[]): RunState {
  return events.reduce(afterEvent, beforeRun);
}

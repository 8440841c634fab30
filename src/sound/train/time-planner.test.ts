import { expect, test } from "vitest";
import type { Clock } from "../../host.ts";
import type { Pace, Work } from "./pace.ts";
import { type Progress, progressAtStart } from "./progress.ts";
import { completeSettings, type SettingOverrides } from "./settings.ts";
import { timePlanner } from "./time-planner.ts";

const STEPS = 10;

/** A planner with a clock that a test turns by hand. */
function planned(overrides: SettingOverrides, known: Pace = {}) {
  let nowMs = 5000;
  const clock: Clock = { nowMs: () => nowMs, wallMs: () => 0, sleep: async () => {} };
  const plan = {
    settings: completeSettings(20, overrides),
    stepsPerEpoch: STEPS,
    audioSecondsPerStep: 1,
    parameterCount: 1,
    measuredBatches: 4,
    startedMs: 5000,
  };
  const planner = timePlanner(plan, clock, known);
  const spend = (work: Work, durationMs: number): void => {
    nowMs += durationMs;
    planner.took(work, durationMs);
  };
  /** A fifth of it for measuring. */
  const epoch = (durationMs: number): void => {
    for (let i = 0; i < STEPS; i += 1) spend("step", (0.8 * durationMs) / STEPS);
    spend("evaluation", 0.2 * durationMs);
  };
  return { planner, spend, epoch };
}

const after = (epoch: number, epochsTotal: number): Progress => ({
  ...progressAtStart(epochsTotal),
  epoch,
  step: STEPS * epoch,
});

test("etaMs() is what is left to do times what it usually takes, however long the first waited", () => {
  const { planner, spend } = planned({ epochs: 10, epochsPerPreview: 0, epochsPerCheckpoint: 0 });
  for (const durationMs of [9000, 100, 110, 90, 105]) spend("step", durationMs);
  spend("evaluation", 7000);
  spend("evaluation", 500);
  // The shorter half of them: 90 and 100.
  expect(planner.etaMs({ ...after(0, 10), step: 5 })).toBeCloseTo(95 * 95 + 10 * 500, 6);
  for (let i = 0; i < 95; i += 1) spend("step", 100);
  expect(planner.etaMs(after(5, 10))).toBeCloseTo(50 * 100 + 5 * 500, 6);
  expect(planner.etaMs(after(10, 10))).toBe(0);
});

test("etaMs() counts previews and checkpoints in, as often as they come", () => {
  const { planner, epoch, spend } = planned({
    epochs: 10,
    epochsPerPreview: 2,
    epochsPerCheckpoint: 4,
  });
  for (let i = 0; i < 4; i += 1) epoch(1000);
  spend("previews", 600);
  spend("saving", 200);
  expect(planner.etaMs(after(4, 10))).toBeCloseTo(6 * (1000 + 300 + 50), 6);
});

test("etaMs() forgets epochs of long ago", () => {
  const { planner, epoch } = planned({ epochs: 100 });
  for (let i = 0; i < 20; i += 1) epoch(9000);
  for (let i = 0; i < 56; i += 1) epoch(1000);
  expect(planner.etaMs(after(76, 100))).toBeCloseTo(24 * 1000, 6);
});

test("a resumed run plans with what the stopped one knew", () => {
  const { planner, epoch } = planned({ minutes: 1, epochs: 500 });
  epoch(1000);
  const { pace } = planner;
  expect(pace).toEqual({ step: 80, evaluation: 200 });
  const resumed = planned({ minutes: 1, epochs: 500 }, JSON.parse(JSON.stringify(pace))).planner;
  expect(resumed.etaMs(after(1, 4))).toBeCloseTo(3000, 6);
  expect(resumed.epochsTotal(after(0, 100))).toBe(58);
});

test("epochsTotal() is planned from the first measurement on, before there was a step", () => {
  const { planner, spend } = planned({ minutes: 0.3 });
  expect(planner.epochsTotal(after(0, 100))).toBe(100);
  // Four batches only forwards: a step takes as long as three of them.
  spend("evaluation", 400);
  expect(planner.epochsTotal(after(0, 100))).toBe(Math.floor((17_600 * 0.97) / 3400));
});

test("a plan is blind only by minutes, as long as no step was measured, here or before", () => {
  expect(planned({ epochs: 10 }).planner.isBlind).toBe(false);
  expect(planned({ minutes: 1 }, { step: 80 }).planner.isBlind).toBe(false);
  const { planner, spend } = planned({ minutes: 1 });
  spend("evaluation", 400);
  expect(planner.isBlind).toBe(true);
  spend("step", 80);
  expect(planner.isBlind).toBe(false);
});

test("a first evaluation that took long, for it began everything, says little of the next ones", () => {
  const { planner, spend } = planned({ minutes: 1 });
  spend("evaluation", 30_000);
  for (let i = 0; i < 3; i += 1) spend("step", 100);
  // Four batches forwards, a step each at most; 29.7 s are left of the minute.
  expect(planner.epochsTotal(after(0, 100))).toBe(Math.floor((29_700 * 0.97) / 1400));
});

test("epochsTotal() stays as planned without minutes", () => {
  const { planner, epoch } = planned({ epochs: 10 });
  epoch(1000);
  expect(planner.epochsTotal(after(1, 10))).toBe(10);
});

test("epochsTotal() is what fits into the minutes, with a reserve for the end", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  epoch(1000);
  expect(planner.epochsTotal(after(1, 100))).toBe(1 + Math.floor(59 * 0.97));
});

test("epochsTotal() ends the run where the time is up", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  epoch(61_000);
  expect(planner.epochsTotal(after(1, 100))).toBe(1);
});

test("epochsTotal() never goes beyond the epochs that a person gave", () => {
  const { planner, epoch } = planned({ minutes: 60, epochs: 8 });
  epoch(1000);
  expect(planner.epochsTotal(after(1, 8))).toBe(8);
});

test("epochsTotal() leaves a plan alone that is nearly right", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  epoch(1000);
  expect(planner.epochsTotal(after(1, 58))).toBe(58);
});

// One epoch of a second is done in a minute of them, so 57 more fit.
test.each([
  { epoch: 10, epochsTotal: 60, expected: 67, what: "lengthens a run that would waste much time" },
  { epoch: 10, epochsTotal: 62, expected: 62, what: "leaves a run that is a little short" },
  { epoch: 10, epochsTotal: 72, expected: 72, what: "leaves a run that is a little long" },
  { epoch: 50, epochsTotal: 115, expected: 107, what: "ends a run in time, the later the closer" },
  { epoch: 52, epochsTotal: 60, expected: 60, what: "lets a run that is nearly over come to rest" },
  { epoch: 52, epochsTotal: 200, expected: 109, what: "shortens a run at any time" },
])("epochsTotal() $what", ({ epoch: done, epochsTotal, expected }) => {
  const { planner, epoch } = planned({ minutes: 1 });
  epoch(1000);
  expect(planner.epochsTotal(after(done, epochsTotal))).toBe(expected);
});

test("a run that had done all goes on where it is given more minutes", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  for (let i = 0; i < 20; i += 1) epoch(1000);
  expect(planner.epochsTotal(after(20, 20))).toBe(20);
  expect(planner.epochsThatFit(after(20, 20))).toBe(58);
});

test("a run by minutes that is slowed down for a while still uses its time", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  let progress = after(0, 100);
  let tookMs = 0;
  while (progress.epoch < progress.epochsTotal) {
    const durationMs = progress.epoch > 5 && progress.epoch < 15 ? 2000 : 500;
    epoch(durationMs);
    tookMs += durationMs;
    progress = after(progress.epoch + 1, progress.epochsTotal);
    progress = { ...progress, epochsTotal: planner.epochsTotal(progress) };
  }
  expect(tookMs).toBeGreaterThan(51_000);
  expect(tookMs).toBeLessThanOrEqual(60_000);
});

test("a run by minutes whose epochs all take alike ends within 10 % of its time", () => {
  const { planner, epoch } = planned({ minutes: 1 });
  let progress = after(0, 100);
  while (progress.epoch < progress.epochsTotal) {
    epoch(700);
    progress = after(progress.epoch + 1, progress.epochsTotal);
    progress = { ...progress, epochsTotal: planner.epochsTotal(progress) };
  }
  expect(progress.epoch * 700).toBeGreaterThan(54_000);
  expect(progress.epoch * 700).toBeLessThanOrEqual(60_000);
});

/** The loop: its grammar, its stops, its exact resume. */

import { expect, test } from "vitest";
import {
  decaying,
  numbersOf,
  planOf,
  previewNews,
  decayingRun as run,
  STEPS_PER_EPOCH,
  slowClock,
  stepsOf,
} from "../../../test/support/decaying-run.ts";
import type { News } from "../../events/events.ts";
import { progressAtStart } from "./progress.ts";
import type { SettingOverrides } from "./settings.ts";
import { type Trained, train } from "./train.ts";

test("train() plans first, counts steps upward by one, and returns how it ended", async () => {
  const { news, ended } = await run();
  expect(news[0]).toMatchObject({ type: "plan-made", stepsTotal: 12, epochsTotal: 3 });
  expect(stepsOf(news)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(ended).toMatchObject({ type: "run-ended", outcome: "finished", step: 12 });
  expect(news.map(({ type }) => type)).not.toContain("run-ended");
});

test("train() speaks in one order: plan, start, first checkpoint and previews, epochs, last checkpoint", async () => {
  const { news } = await run();
  const epoch = "(step-done ){4}epoch-done device-status ";
  const previews = "preview-made preview-made ";
  expect(`${news.map(({ type }) => type).join(" ")} `).toMatch(
    new RegExp(
      `^plan-made start-measured checkpoint-saved ${previews}${epoch}${epoch}${previews}${epoch}${previews}checkpoint-saved $`,
    ),
  );
});

test("train() tells plain JSON: what is written is read back as it was", async () => {
  const { news } = await run({ harm: (step) => step === 2 });
  expect(JSON.parse(JSON.stringify(news))).toEqual(news);
});

test("train() follows its schedules", async () => {
  const { news } = await run({ overrides: { klWeight: 0.4, klWarmUp: 0.5 } });
  const weights = news.flatMap((item) =>
    item.type === "step-done" ? (item.vae?.klWeight ?? []) : [],
  );
  expect(weights[0]).toBe(0);
  expect(weights.at(-1)).toBe(0.4);
  expect(weights.toSorted((a, b) => a - b)).toEqual(weights);
});

test("train() resumed from any checkpoint gives the numbers of a run that never stopped", async () => {
  const whole = await run();
  for (let stop = 1; stop < 12; stop += 1) {
    const controller = new AbortController();
    const first = await run({
      signal: controller.signal,
      onNews: (news) => {
        if (news.type === "step-done" && news.step === stop) controller.abort();
      },
    });
    expect(first.ended).toMatchObject({ outcome: "cancelled", step: stop });
    const from = first.saves.at(-1);
    if (from === undefined) throw new Error("Nothing was saved");
    expect(from.progress.step).toBe(stop);
    const second = await run({ from });
    expect([...numbersOf(first.news), ...numbersOf(second.news)]).toEqual(numbersOf(whole.news));
  }
});

/** Stops a run at its n-th moment, resumes it from what it saved last, and tells both together. */
async function stoppedAtMoment(stop: number, overrides: SettingOverrides) {
  const controller = new AbortController();
  let moments = 0;
  const moment = (): void => {
    moments += 1;
    if (moments === stop) controller.abort();
  };
  const first = await run({ signal: controller.signal, moment, overrides });
  if (first.ended.outcome === "finished") {
    return { stopped: controller.signal.aborted, news: first.news, last: first.saves.at(-1) };
  }
  expect(first.ended.outcome).toBe("cancelled");
  const from = first.saves.at(-1);
  if (from === undefined) throw new Error("Nothing was saved");
  expect(first.ended.step).toBe(from.progress.step);
  const second = await run({ from, overrides });
  expect(second.ended.outcome).toBe("finished");
  return { stopped: true, news: [...first.news, ...second.news], last: second.saves.at(-1) };
}

test.each([
  { what: "a plain run", overrides: {} },
  {
    what: "a run with previews and checkpoints after each epoch",
    overrides: { epochsPerPreview: 1, epochsPerCheckpoint: 1 },
  },
  { what: "a run that ends early", overrides: { epochs: 9, earlyStopEpochs: 2, learningRate: 0 } },
])("$what may be stopped at any moment and gives the same numbers", async ({ overrides }) => {
  const whole = await run({ overrides });
  const { elapsedMs: _elapsedMs, pace: _pace, ...end } = whole.saves.at(-1)?.progress ?? {};
  let stop = 1;
  for (; ; stop += 1) {
    const { stopped, news, last } = await stoppedAtMoment(stop, overrides);
    expect({ stop, numbers: numbersOf(news) }).toEqual({ stop, numbers: numbersOf(whole.news) });
    expect(last).toMatchObject({ ...whole.saves.at(-1), progress: end });
    if (!stopped) break;
  }
  // Steps, evaluations, previews, saves and what is told of them.
  expect(stop).toBeGreaterThan(40);
});

test("train() makes the previews that a stop cut short when it is resumed", async () => {
  const controller = new AbortController();
  const first = await run({
    signal: controller.signal,
    preview: async function* ({ epoch, step }): AsyncGenerator<News> {
      yield previewNews("original", { epoch, step });
      if (epoch === 2) controller.abort();
      controller.signal.throwIfAborted();
      yield previewNews("sample", { epoch, step });
    },
  });
  expect(first.ended).toMatchObject({ outcome: "cancelled", step: 8 });
  const from = first.saves.at(-1);
  if (from === undefined) throw new Error("Nothing was saved");
  const second = await run({ from });
  const kinds = second.news.flatMap((item) =>
    item.type === "preview-made" ? [`${item.epoch} ${item.kind}`] : [],
  );
  expect(kinds).toEqual(["2 original", "2 sample", "3 original", "3 sample"]);
});

test("train() passes on why previews failed when nobody stopped it", async () => {
  const failing = run({
    // biome-ignore lint/correctness/useYield: it fails before it has anything to tell
    preview: async function* (): AsyncGenerator<News> {
      throw new Error("no space left on device");
    },
  });
  await expect(failing).rejects.toThrow("no space left on device");
});

test("train() takes no step after an abort, and makes no previews", async () => {
  const { news, ended, saves } = await run({ signal: AbortSignal.abort() });
  expect(news.map(({ type }) => type)).toEqual(["checkpoint-saved"]);
  expect(ended).toMatchObject({ outcome: "cancelled", step: 0 });
  expect(saves.at(-1)?.progress.step).toBe(0);
});

test("train() aborted while it measures keeps the steps of the epoch", async () => {
  const whole = await run();
  const controller = new AbortController();
  const first = await run({
    signal: controller.signal,
    onNews: (news) => {
      if (news.type === "step-done" && news.step === STEPS_PER_EPOCH) controller.abort();
    },
  });
  const from = first.saves.at(-1);
  expect(from?.progress).toMatchObject({ step: 4, epoch: 0 });
  expect(first.news.some(({ type }) => type === "epoch-done")).toBe(false);
  const second = await run({ ...(from && { from }) });
  // The start and four steps were told before.
  expect(numbersOf(second.news)).toEqual(numbersOf(whole.news).slice(5));
});

test("train() saves at its interval, every 10 s, and at the end", async () => {
  const { news } = await run({ clock: slowClock(3000), overrides: { epochsPerCheckpoint: 1 } });
  const reasons = news.flatMap((item) => (item.type === "checkpoint-saved" ? [item.reason] : []));
  expect(reasons[0]).toBe("interval");
  expect(reasons.filter((reason) => reason === "interval")).toHaveLength(3);
  expect(reasons.filter((reason) => reason === "time").length).toBeGreaterThanOrEqual(3);
  expect(reasons.at(-1)).toBe("finished");
});

test("train() skips a step that is not finite, tells so, and goes on", async () => {
  const { news, ended } = await run({ harm: (step) => step === 5 });
  const skipped = news.find((item) => item.type === "step-done" && item.skipped);
  expect(skipped).toMatchObject({ step: 5 });
  expect(skipped).not.toHaveProperty("losses");
  expect(skipped).not.toHaveProperty("gradientNorm");
  expect(ended).toMatchObject({ outcome: "finished", step: 12 });
  const second = news.filter((item) => item.type === "epoch-done")[1];
  expect(second).toMatchObject({ verdict: "unstable" });
});

test("train() gives up after a hundred skipped steps in a row, and says why", async () => {
  const { news, ended } = await run({ overrides: { epochs: 50 }, harm: (step) => step > 7 });
  expect(ended).toMatchObject({ outcome: "failed", step: 107 });
  expect(ended.reason).toContain("100 steps in a row");
  expect(stepsOf(news).at(-1)).toBe(107);
});

test("train() stops early where nothing gets better, and says so", async () => {
  const { ended } = await run({
    overrides: { epochs: 50, earlyStopEpochs: 2, learningRate: 0 },
  });
  expect(ended).toMatchObject({ outcome: "finished", step: 2 * STEPS_PER_EPOCH });
  expect(ended.reason).toBe("stopped early: no better for 2 epochs");
});

test("train() keeps the start and each best epoch, and no other", async () => {
  const { news, kept } = await run();
  const best = news.flatMap((item) =>
    item.type === "epoch-done" && item.best ? [item.epoch] : [],
  );
  expect(kept).toEqual([0, 1, 2, 3]);
  expect(best).toEqual([1, 2, 3]);
});

test("train() that only harms keeps the model before its first step, praises nothing, and says so", async () => {
  const { news, kept } = await run({
    overrides: { epochs: 8, learningRate: -0.3, warmUpSteps: 0 },
  });
  expect(kept).toEqual([0]);
  const epochs = news.filter((item) => item.type === "epoch-done");
  expect(epochs.some(({ best }) => best)).toBe(false);
  for (const { verdict } of epochs) expect(["undecided", "worse", "unstable"]).toContain(verdict);
  expect(epochs.at(-1)?.verdict).toMatch(/worse|unstable/);
  const notices = news.filter((item) => item.type === "notice");
  expect(notices).toMatchObject([{ level: "warning", code: "nothing-learned" }]);
});

test("train() warns of a collapse and of overfitting once, when they begin", async () => {
  const { learner, data } = decaying();
  const conditions = new Float32Array(0);
  const sides = {
    train: [{ frames: new Float32Array(1), conditions }],
    validation: [{ frames: new Float32Array(2), conditions }],
    known: [],
  };
  let held = 1;
  const collapsed: Trained = {
    learner: {
      ...learner,
      measure: async ({ frames }) => {
        const isHeldOut = frames.length === 2;
        if (isHeldOut) held += 0.25;
        const klPerDimension = Float32Array.of(0.03, 0.03, 0.04);
        return { reconstruction: isHeldOut ? held : 1, kl: 0, klPerDimension };
      },
    },
    data: { ...data, measured: sides },
  };
  const codes: string[] = [];
  const running = train(collapsed, planOf(), {
    clock: slowClock(),
    signal: new AbortController().signal,
    save: async () => ({ type: "device-status", memoryBytes: 1 }),
    keepBest: async () => {},
    preview: async function* () {},
    memoryBytes: () => 1,
    progress: progressAtStart(3),
  });
  for await (const item of running) if (item.type === "notice") codes.push(item.code);
  expect(codes).toEqual(["posterior-collapse", "overfitting", "nothing-learned"]);
});

test("train() by minutes tells a plan once it has measured a few steps, and corrects it at most once", async () => {
  const { news, ended } = await run({
    clock: slowClock(100),
    overrides: { epochs: undefined as never, minutes: 0.5 },
  });
  const plans = news.flatMap((item) => (item.type === "plan-made" ? [item.epochsTotal] : []));
  const [first = 0, last = first] = plans;
  expect(plans.length).toBeLessThan(3);
  expect(Math.abs(first - last)).toBeLessThan(2);
  const told = news.filter(({ type }) => type === "plan-made" || type === "step-done");
  expect(told.findIndex(({ type }) => type === "plan-made")).toBe(3);
  expect(ended.step).toBe((plans.at(-1) ?? 0) * STEPS_PER_EPOCH);
  expect(ended.elapsedMs).toBeGreaterThan(25_000);
  expect(ended.elapsedMs).toBeLessThanOrEqual(31_000);
});

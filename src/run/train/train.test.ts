/** The loop with ten lines of arithmetic for a model: its grammar, its stops, its exact resume. */

import { expect, test } from "vitest";
import type { News, RunEnded } from "../../events/events.ts";
import type { Clock } from "../../host.ts";
import { type Random, seededRandom } from "../../random.ts";
import { type Progress, progressAtStart } from "./progress.ts";
import { completeSettings, type SettingOverrides } from "./settings.ts";
import { type TrainPlan, type TrainTools, train } from "./train.ts";
import type { Trainee } from "./trainee.ts";

interface Saved {
  readonly weight: number;
  readonly random: number;
  readonly progress: Progress;
}

const STEPS_PER_EPOCH = 4;

/** A weight that shrinks, with noise; `harm` may spoil a step. */
function decayingTrainee(saved?: Saved, harm: (step: number) => boolean = () => false) {
  let weight = saved?.weight ?? 1;
  const random: Random = seededRandom(saved?.random ?? 42);
  const trainee: Trainee & { readonly numbers: Omit<Saved, "progress"> } = {
    latentSize: 3,
    startEpoch: () => void random.next(),
    step: async ({ step, learningRate, klWeight }) => {
      const reconstruction = weight ** 2 + 0.01 * random.next();
      const finite = !harm(step);
      if (finite) weight *= 1 - learningRate;
      const total = finite ? reconstruction + klWeight : Number.NaN;
      return {
        total,
        reconstruction,
        kl: 1,
        gradientNorm: finite ? 1 : Number.NaN,
        finite,
        dataMs: 0,
      };
    },
    evaluate: async (signal) => {
      signal.throwIfAborted();
      const side = { reconstruction: weight, kl: 1 };
      return { train: side, validation: side, klDivergence: 9, activeUnits: 3 };
    },
    learnerState: {} as Trainee["learnerState"],
    dataState: { random: 0, deck: [] },
    get numbers() {
      return { weight, random: random.state };
    },
  };
  return trainee;
}

function planOf(overrides: SettingOverrides = {}): TrainPlan {
  return {
    settings: completeSettings(20, { epochs: 3, epochsPerPreview: 2, ...overrides }),
    stepsPerEpoch: STEPS_PER_EPOCH,
    audioSecondsPerStep: 1,
    parameterCount: 1,
    startedMs: 0,
  };
}

interface Outcome {
  readonly news: readonly News[];
  readonly ended: RunEnded;
  readonly saves: readonly Saved[];
}

interface RunOptions extends Partial<TrainTools> {
  readonly overrides?: SettingOverrides;
  readonly from?: Saved;
  readonly harm?: (step: number) => boolean;
  onNews?(news: News): void;
}

async function run({ overrides, from, harm, onNews, ...tools }: RunOptions = {}): Promise<Outcome> {
  const trainee = decayingTrainee(from, harm);
  const plan = planOf(overrides);
  const saves: Saved[] = [];
  const running = train(trainee, plan, {
    clock: slowClock(),
    signal: new AbortController().signal,
    save: async (progress, reason) => {
      saves.push(JSON.parse(JSON.stringify({ ...trainee.numbers, progress })));
      const { step, epoch } = progress;
      const about = { path: "p", bytes: 1, durationMs: 1, reason };
      return { type: "checkpoint-saved", step, epoch, ...about };
    },
    keepBest: () => {},
    preview: async function* ({ epoch, step }): AsyncGenerator<News> {
      yield preview("original", { epoch, step });
      yield preview("sample", { epoch, step });
    },
    memoryBytes: () => 1,
    progress: from?.progress ?? progressAtStart(plan.settings.epochs),
    ...tools,
  });
  const news: News[] = [];
  let next = await running.next();
  for (; !next.done; next = await running.next()) {
    news.push(next.value);
    onNews?.(next.value);
  }
  return { news, ended: next.value, saves };
}

function preview(kind: "original" | "sample", at: { epoch: number; step: number }): News {
  return { type: "preview-made", kind, ...at, path: "p", sampleRate: 48_000, durationSeconds: 1 };
}

/** Each look at it is one millisecond later. */
function slowClock(msPerLook = 1): Clock {
  let nowMs = 0;
  return {
    nowMs: () => {
      nowMs += msPerLook;
      return nowMs;
    },
    wallMs: () => 0,
    sleep: async () => {},
  };
}

const stepsOf = (news: readonly News[]): number[] =>
  news.flatMap((item) => (item.type === "step-done" ? [item.step] : []));

/** What must not depend on stops: losses and schedules of steps, measurements of epochs. */
function numbersOf(news: readonly News[]): unknown[] {
  return news.flatMap((item): unknown[] => {
    if (item.type === "step-done") {
      const { durationMs: _durationMs, audioSecondsPerSecond: _speed, ...rest } = item;
      return [rest];
    }
    if (item.type !== "epoch-done") return [];
    const { elapsedMs: _elapsedMs, etaMs: _etaMs, ...rest } = item;
    return [rest];
  });
}

test("train() plans first, counts steps upward by one, and returns how it ended", async () => {
  const { news, ended } = await run();
  expect(news[0]).toMatchObject({ type: "plan-made", stepsTotal: 12, epochsTotal: 3 });
  expect(stepsOf(news)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect(ended).toMatchObject({ type: "run-ended", outcome: "finished", step: 12 });
  expect(news.map(({ type }) => type)).not.toContain("run-ended");
});

test("train() speaks in one order: plan, first checkpoint and previews, epochs, last checkpoint", async () => {
  const { news } = await run();
  const epoch = "(step-done ){4}epoch-done device-status ";
  const previews = "preview-made preview-made ";
  expect(`${news.map(({ type }) => type).join(" ")} `).toMatch(
    new RegExp(
      `^plan-made checkpoint-saved ${previews}${epoch}${epoch}${previews}${epoch}checkpoint-saved $`,
    ),
  );
});

test("train() tells plain JSON: what is written is read back as it was", async () => {
  const { news } = await run({ harm: (step) => step === 2 });
  expect(JSON.parse(JSON.stringify(news))).toEqual(news);
});

test("train() follows its schedules", async () => {
  const { news } = await run({ overrides: { klWeight: 0.4, klWarmUp: 0.5 } });
  const weights = news.flatMap((item) => (item.type === "step-done" ? [item.klWeight] : []));
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

test("train() makes the previews that a stop cut short when it is resumed", async () => {
  const controller = new AbortController();
  const first = await run({
    signal: controller.signal,
    preview: async function* ({ epoch, step }): AsyncGenerator<News> {
      yield preview("original", { epoch, step });
      if (epoch === 2) controller.abort();
      controller.signal.throwIfAborted();
      yield preview("sample", { epoch, step });
    },
  });
  expect(first.ended).toMatchObject({ outcome: "cancelled", step: 8 });
  const from = first.saves.at(-1);
  if (from === undefined) throw new Error("Nothing was saved");
  const second = await run({ from });
  const kinds = second.news.flatMap((item) =>
    item.type === "preview-made" ? [`${item.epoch} ${item.kind}`] : [],
  );
  expect(kinds).toEqual(["2 original", "2 sample"]);
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
  expect(news.map(({ type }) => type)).toEqual([
    "plan-made",
    "checkpoint-saved",
    "checkpoint-saved",
  ]);
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
  expect(numbersOf(second.news)).toEqual(numbersOf(whole.news).slice(4));
});

test("train() saves at its interval, every 10 s, and at the end", async () => {
  const { news } = await run({ clock: slowClock(3000), overrides: { epochsPerCheckpoint: 1 } });
  const reasons = news.flatMap((item) => (item.type === "checkpoint-saved" ? [item.reason] : []));
  expect(reasons[0]).toBe("interval");
  expect(reasons.filter((reason) => reason === "interval")).toHaveLength(4);
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
  expect(ended).toMatchObject({ outcome: "finished", step: 3 * STEPS_PER_EPOCH });
  expect(ended.reason).toBe("stopped early: no better for 2 epochs");
});

test("train() keeps each best epoch, and no other", async () => {
  const kept: number[] = [];
  const { news } = await run({ keepBest: ({ epoch }) => void kept.push(epoch) });
  const best = news.flatMap((item) =>
    item.type === "epoch-done" && item.best ? [item.epoch] : [],
  );
  expect(kept).toEqual([1, 2, 3]);
  expect(best).toEqual(kept);
});

test("train() warns of a collapse and of overfitting once, when they begin", async () => {
  const trainee = decayingTrainee();
  const collapsed: Trainee = {
    ...trainee,
    evaluate: async () => ({
      train: { reconstruction: 1, kl: 0 },
      validation: { reconstruction: 1.5, kl: 0 },
      klDivergence: 0.1,
      activeUnits: 0,
    }),
  };
  const codes: string[] = [];
  const running = train(collapsed, planOf(), {
    clock: slowClock(),
    signal: new AbortController().signal,
    save: async () => ({ type: "device-status", memoryBytes: 1 }),
    keepBest: () => {},
    preview: async function* () {},
    memoryBytes: () => 1,
    progress: progressAtStart(3),
  });
  for await (const item of running) if (item.type === "notice") codes.push(item.code);
  expect(codes).toEqual(["overfitting", "posterior-collapse"]);
});

test("train() by minutes plans anew after the first epoch and tells the plan", async () => {
  const { news, ended } = await run({
    clock: slowClock(100),
    overrides: { epochs: undefined as never, minutes: 0.5 },
  });
  const plans = news.flatMap((item) => (item.type === "plan-made" ? [item.epochsTotal] : []));
  expect(plans[0]).toBe(100);
  expect(plans.length).toBeGreaterThan(1);
  expect(ended.step).toBe((plans.at(-1) ?? 0) * STEPS_PER_EPOCH);
  expect(ended.elapsedMs).toBeGreaterThan(25_000);
  expect(ended.elapsedMs).toBeLessThanOrEqual(31_000);
});

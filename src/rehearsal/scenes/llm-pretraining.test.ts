import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ofType,
  pretraining,
  type RunRecording,
  recordingOf,
  smallRun,
  wantedRun,
} from "../../../test/support/simulated.ts";
import { accuracyAt } from "../laws/loss.ts";
import { llmPretraining } from "./llm-pretraining.ts";
import { llmTraining } from "./llm-training.ts";

/** Steps of which all tests here are made: saved, evaluated, stopped twice. */
const eventful = pretraining({
  spareNodes: 2,
  incidents: [
    { kind: "gpu-lost", step: 1700 },
    { kind: "nccl-hang", step: 3300 },
  ],
});

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const few = { numRuns: 6 };

describe("a simulated pretraining", () => {
  test("starts once, ends once, and its time and steps go the right way", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const told = pretraining({
          seed,
          byChance: true,
          wanted: wantedRun("SmolLM2-135M", "H100:64", 2e9),
        });
        expect(ofType(told, "run-started")).toHaveLength(1);
        expect(ofType(told, "run-ended")).toHaveLength(1);
        expect(told.news[0]?.type).toBe("run-started");
        expect(told.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
        expectGrammar(told);
      }),
      few,
    );
    expectGrammar(eventful);
  });

  test("tokens are steps times batch times sequence, and tokens a second times time", () => {
    for (const told of [eventful, pretraining({ seed: 5 }, 400)]) {
      const [recipe] = ofType(told, "recipe-described");
      const [dataset] = ofType(told, "dataset-described");
      const batch = (recipe?.globalBatchSequences ?? 0) * (dataset?.sequenceTokens ?? 0);
      expect(
        told.steps.map(({ text }) => [text?.tokens, text?.consumedTokens, text?.consumedSamples]),
      ).toEqual(
        told.steps.map(({ step }) => [
          batch,
          step * batch,
          step * (recipe?.globalBatchSequences ?? 0),
        ]),
      );
      const ratios = told.steps.map(
        ({ durationMs, text }) => ((text?.tokensPerSecond ?? 0) * durationMs) / 1000 / batch,
      );
      expect(farthestFromOne(ratios)).toBeLessThan(5e-6);
    }
  });

  test("where the batch grows, tokens are the sum over all steps, also after a restart", () => {
    const told = pretraining({
      wanted: wantedRun("Falcon-40B", "A100-40:384", 4e9),
      batchRamp: true,
      incidents: [{ kind: "software-crash", step: 150 }],
    });
    const [recipe] = ofType(told, "recipe-described");
    const [dataset] = ofType(told, "dataset-described");
    const [plan] = ofType(told, "plan-made");
    const sequence = dataset?.sequenceTokens ?? 0;
    const ramp = recipe?.batchRamp ?? [];
    expect(ramp.length).toBeGreaterThan(0);
    const sequencesAt = (step: number): number =>
      ramp.find(({ untilStep }) => step <= untilStep)?.globalBatchSequences ??
      recipe?.globalBatchSequences ??
      0;
    const sums = [0];
    for (let step = 1; step <= (plan?.stepsTotal ?? 0); step += 1) {
      sums.push((sums.at(-1) ?? 0) + sequencesAt(step));
    }
    expect(ofType(told, "run-restored")).toHaveLength(1);
    expect(
      told.steps.map(({ text }) => [text?.tokens, text?.consumedSamples, text?.consumedTokens]),
    ).toEqual(
      told.steps.map(({ step }) => [
        sequencesAt(step) * sequence,
        sums[step],
        (sums[step] ?? 0) * sequence,
      ]),
    );
    expect(dataset?.samples).toBe(sums.at(-1));
    expect(plan?.tokensTotal).toBe(dataset?.tokens);
    expect(ofType(told, "run-summarised")[0]?.tokens).toBe(dataset?.tokens);
    expect(dataset?.tokens ?? 0).toBeGreaterThanOrEqual(4e9);
    const mfu = (step: number) => told.steps[step - 1]?.text?.mfu ?? 0;
    // Fewer micro-batches leave the pipeline emptier, so small batches are less efficient.
    expect(mfu(ramp[0]?.untilStep ?? 0)).toBeLessThan(mfu(told.steps.length - 5));
  });

  test("TFLOP/s, MFU and perplexity follow from tokens, time and loss", () => {
    const [recipe] = ofType(eventful, "recipe-described");
    const flopsOf = ({ text, durationMs }: RunRecording["steps"][number]): number =>
      ((recipe?.flopsPerToken ?? 0) * (text?.tokens ?? 0) * 1000) / durationMs / 32;
    const { steps } = eventful;
    const flops = steps.map((one) => ((one.text?.tflopsPerGpu ?? 0) * 1e12) / flopsOf(one));
    expect(farthestFromOne(flops)).toBeLessThan(1e-3);
    const mfus = steps.map((one) => 1 + (one.text?.mfu ?? 0) - flopsOf(one) / 989e12);
    expect(farthestFromOne(mfus)).toBeLessThan(5e-4);
    const perplexities = steps.map(
      ({ text, loss = 0 }) => (text?.perplexity ?? 0) / Math.exp(loss),
    );
    expect(farthestFromOne(perplexities)).toBeLessThan(5e-4);
    for (const { loss, perplexity, accuracy } of ofType(eventful, "evaluation-done")) {
      expect(perplexity / Math.exp(loss)).toBeCloseTo(1, 3);
      expect(accuracy).toBeCloseTo(accuracyAt(loss), 3);
    }
  });

  test("energy is the sum of power over time", () => {
    const all = ofType(eventful, "cluster-status");
    expect(all.length).toBeGreaterThan(5);
    for (const [i, status] of all.entries()) {
      const before = all[i - 1];
      if (before === undefined) continue;
      const joules = (status.powerWatts * (status.atMs - before.atMs)) / 1000;
      expect(Math.abs(status.energyJoules - before.energyJoules - joules)).toBeLessThan(10);
    }
  });

  test("checkpoints hold 14 bytes a parameter and are never ahead of the steps", () => {
    const [model] = ofType(eventful, "model-described");
    const saved = ofType(eventful, "checkpoint-saved");
    expect(saved.length).toBeGreaterThan(2);
    for (const { bytes, step, atMs } of saved) {
      expect(bytes).toBe(14 * (model?.parameters ?? 0));
      const done = eventful.steps.filter((one) => one.atMs <= atMs).map((one) => one.step);
      expect(Math.max(...done)).toBeGreaterThanOrEqual(step);
    }
  });

  test("after a restart the consumed samples roll back to the checkpoint, and losses nearly repeat", () => {
    const restored = ofType(eventful, "run-restored");
    expect(restored).toHaveLength(2);
    for (const back of restored) {
      const before = eventful.steps.filter(({ atMs }) => atMs <= back.atMs);
      const next = eventful.steps.find(({ atMs }) => atMs > back.atMs);
      expect(next?.step).toBe(back.step + 1);
      expect(back.lostSteps).toBe((before.at(-1)?.step ?? 0) - back.step);
      expect((next?.text?.consumedSamples ?? 0) - back.consumedSamples).toBe(
        eventful.steps[0]?.text?.consumedSamples,
      );
      const first = before.findLast(({ step }) => step === back.step + 1);
      // Sums are added up in another order, on another machine.
      const change = (next?.loss ?? 0) / (first?.loss ?? 1) - 1;
      if (first !== undefined) expect(Math.abs(change)).toBeLessThan(1e-3);
      if (first !== undefined) expect(next?.durationMs).not.toBe(first.durationMs);
    }
  });

  test("warm machines change by a few degrees between two samples, and most are well", () => {
    const warm = ofType(pretraining({ seed: 9 }, 1500), "cluster-status").slice(2);
    expect(warm.length).toBeGreaterThan(5);
    let changeMax = 0;
    let good = 0;
    let all = 0;
    for (const [i, { nodes }] of warm.entries()) {
      for (const [n, { gpus }] of nodes.entries()) {
        for (const [g, { temperatureC }] of gpus.entries()) {
          const before = warm[i - 1]?.nodes[n]?.gpus[g]?.temperatureC ?? temperatureC;
          changeMax = Math.max(changeMax, Math.abs(temperatureC - before));
          good += temperatureC <= 75 ? 1 : 0;
          all += 1;
        }
      }
    }
    expect(changeMax).toBeGreaterThan(0);
    expect(changeMax).toBeLessThan(4);
    expect(good / all).toBeGreaterThan(0.7);
  });

  test("loss falls, the learning rate rises and falls, and steps are slow at the start and seldom later", () => {
    const { steps } = pretraining({ seed: 2 });
    const losses = steps.map(({ loss = 0 }) => loss);
    const mean = (from: number, to: number) => {
      const part = losses.slice(from, to);
      return part.reduce((sum, loss) => sum + loss, 0) / part.length;
    };
    const quarter = Math.floor(losses.length / 4);
    for (let i = 1; i < 4; i += 1) {
      expect(mean(i * quarter, (i + 1) * quarter)).toBeLessThan(
        mean((i - 1) * quarter, i * quarter),
      );
    }
    const rates = steps.map(({ learningRate }) => learningRate);
    expect(rates.indexOf(Math.max(...rates))).toBeLessThan(rates.length / 5);
    expect(rates.at(-1)).toBeLessThan(Math.max(...rates) / 5);
    const usualMs = steps[100]?.durationMs ?? 0;
    expect((steps[0]?.durationMs ?? 0) / usualMs).toBeGreaterThan(5);
    const slow = steps.slice(1).filter(({ durationMs }) => durationMs / usualMs > 1.1);
    expect(slow.length / steps.length).toBeLessThan(0.005);
    for (const { durationMs } of slow) expect(durationMs / usualMs).toBeLessThan(5);
  });

  test("the mean goodput of runs with many restarts is what the planner expects", () => {
    // Four times as many failures as usual, each over in a quarter of the time: two days are enough.
    const wanted = {
      ...wantedRun("Llama-3.1-405B", "H100:16384", 4e12),
      failuresPerNodeDay: 0.016,
      recoverySeconds: 150,
      checkpointSeconds: 4,
    };
    const runs = [1, 2, 3, 4, 5, 6].map((seed) =>
      goodputAfter({ ...smallRun, seed, byChance: true, wanted }, 2 * 86_400_000),
    );
    for (const { restarts } of runs) expect(restarts).toBeGreaterThan(30);
    const mean = runs.reduce((sum, { told }) => sum + told, 0) / runs.length;
    expect(Math.abs(mean - (runs[0]?.planned ?? 0))).toBeLessThan(0.015);
  });
});

describe("a stack that writes its checkpoints while training waits", () => {
  const wanted = { ...wantedRun("TinyLlama-1.1B", "H100:32", 9e9), failuresPerNodeDay: 5 };
  const waits = pretraining({ wanted, stack: "nanotron" });
  const goesOn = pretraining({ wanted, stack: "torchtitan" });
  /** Checkpoints of the way, and how much later the next step began. */
  const gapsMs = (told: RunRecording): number[] =>
    ofType(told, "checkpoint-saved")
      .filter(({ step }) => step !== told.steps.at(-1)?.step)
      .map((saved) => {
        const next = told.steps.find(({ step }) => step === saved.step + 1);
        return (next?.atMs ?? 0) - (next?.durationMs ?? 0) - saved.atMs;
      });

  test("has each of them before its next step begins, and another has not", () => {
    expect(gapsMs(waits).length).toBeGreaterThan(2);
    for (const gapMs of gapsMs(waits)) expect(gapMs).toBeGreaterThanOrEqual(0);
    for (const gapMs of gapsMs(goesOn)) expect(gapMs).toBeLessThan(0);
  });

  test("saves less often, and expects less goodput", () => {
    const [[slow], [quick]] = [
      ofType(waits, "recipe-described"),
      ofType(goesOn, "recipe-described"),
    ];
    const everyMs = (recipe: typeof slow): number =>
      (recipe?.stepsPerCheckpoint ?? 0) * (recipe?.planned.stepMs ?? 0);
    expect(everyMs(slow)).toBeGreaterThanOrEqual(everyMs(quick));
    expect(slow?.planned.goodput).toBeLessThan(quick?.planned.goodput ?? 0);
  });
});

function goodputAfter(
  options: Parameters<typeof llmPretraining.start>[0],
  endMs: number,
): { planned: number; told: number; restarts: number } {
  let planned = 0;
  let told = 0;
  let restarts = 0;
  for (const item of llmPretraining.start(options).items) {
    if (item.atMs > endMs) break;
    if (!("news" in item)) continue;
    if (item.news.type === "recipe-described") planned = item.news.planned.goodput;
    if (item.news.type === "cluster-status") told = item.news.goodput;
    if (item.news.type === "run-restored") restarts += 1;
  }
  return { planned, told, restarts };
}

describe("the same seed", () => {
  test("tells the same run, byte for byte, and another seed another", () => {
    const text = (seed: number): string =>
      JSON.stringify(pretraining({ seed, byChance: true }, 300).items);
    expect(text(11)).toBe(text(11));
    expect(text(11)).not.toBe(text(12));
  });

  test("tells the same run in an engine that rounds its functions otherwise", () => {
    const training = { ...smallRun, seed: 21, wanted: {} };
    const text = (): string =>
      JSON.stringify([
        pretraining({ seed: 21, byChance: true }, 500).items,
        recordingOf(llmTraining.start(training).items, 500).items,
      ]);
    const usual = text();
    const restore = withOtherRounding();
    try {
      expect(text()).toBe(usual);
    } finally {
      restore();
    }
  });
});

/** Of what should be one everywhere: how far it is from that at its worst. */
function farthestFromOne(ratios: readonly number[]): number {
  expect(ratios.length).toBeGreaterThan(100);
  return ratios.reduce((most, ratio) => Math.max(most, Math.abs(ratio - 1)), 0);
}

/** Simulated time never goes back, steps count upward, and only a restart takes them back. */
function expectGrammar(told: RunRecording): void {
  let atMs = 0;
  let step = 0;
  const wrong = told.news.filter((one) => {
    const isInTime = one.atMs >= atMs;
    atMs = one.atMs;
    if (one.type !== "step-done" && one.type !== "run-restored") return !isInTime;
    const isNext = one.type === "step-done" ? one.step === step + 1 : one.step <= step;
    step = one.step;
    return !isInTime || !isNext;
  });
  expect(wrong).toEqual([]);
}

/** The functions whose last bits the language leaves open, each off by one in the last place. */
function withOtherRounding(): () => void {
  const names = [
    "exp",
    "log",
    "log2",
    "log10",
    "pow",
    "sin",
    "cos",
    "tan",
    "expm1",
    "log1p",
    "cbrt",
  ] as const;
  const originals = names.map((name) => [name, Math[name]] as const);
  for (const [name, original] of originals) {
    const other = (...given: number[]): number => {
      const value = (original as (...all: number[]) => number)(...given);
      return Number.isInteger(value) ? value : value * (1 + Number.EPSILON);
    };
    Object.assign(Math, { [name]: other });
  }
  return () => {
    for (const [name, original] of originals) Object.assign(Math, { [name]: original });
  };
}

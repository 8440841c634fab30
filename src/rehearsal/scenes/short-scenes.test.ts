/** The scenes that are not told of a whole pretraining or training: finite, consistent, repeatable. */

import { describe, expect, test } from "vitest";
import {
  ofType,
  type RunRecording,
  recordingOf,
  smallRun,
} from "../../../test/support/simulated.ts";
import { findModel } from "../catalog/models.ts";
import type { Scene, SceneOptions } from "../engine/scene.ts";
import { clusterBurnIn } from "./cluster-burn-in.ts";
import { adapterCount } from "./finetuning/finetuning-run.ts";
import { llmFinetuning } from "./llm-finetuning.ts";
import { rlPostTraining } from "./rl-post-training.ts";

const scenes = [clusterBurnIn, llmFinetuning, rlPostTraining];
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];

describe.each(scenes)("$name", (scene) => {
  const runs = seeds.map((seed) => told(scene, { seed }));

  test("starts once, ends by itself within four minutes, and time never goes back", () => {
    for (const run of runs) {
      expect(run.news[0]).toMatchObject({ type: "run-started", source: "simulated" });
      expect(run.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
      const shownMs = run.items.reduce((sum, { shownMs: pause = 0 }) => sum + pause, 0);
      expect(shownMs).toBeGreaterThan(3000);
      expect(shownMs).toBeLessThan(4 * 60_000);
      let atMs = 0;
      for (const item of run.items) {
        expect(item.shownMs).toBeDefined();
        expect(item.atMs).toBeGreaterThanOrEqual(atMs);
        atMs = item.atMs;
      }
    }
  });

  test("tells the same with the same seed, and something else with another", () => {
    const text = (run: RunRecording | undefined): string => JSON.stringify(run?.items);
    expect(text(told(scene, { seed: 3 }))).toBe(text(runs[2]));
    expect(new Set(runs.map(text)).size).toBe(seeds.length);
  });

  test("survives JSON, and gives energy as the sum of power over time", () => {
    for (const { news } of runs) expect(JSON.parse(JSON.stringify(news))).toEqual(news);
    const statuses = ofType(runs[0] as RunRecording, "cluster-status");
    for (const [i, status] of statuses.entries()) {
      const before = statuses[i - 1];
      if (before === undefined) continue;
      const joules = (status.powerWatts * (status.atMs - before.atMs)) / 1000;
      const told_ = status.energyJoules - before.energyJoules;
      expect(Math.abs(told_ - joules)).toBeLessThan(2 + 0.0002 * joules);
    }
  });

  test("fits the memory and the power of its GPUs", () => {
    for (const run of runs) {
      for (const { nodes, memoryBytesTotal } of ofType(run, "cluster-status")) {
        for (const { memoryBytes, temperatureC } of nodes.flatMap(({ gpus }) => gpus)) {
          expect(memoryBytes).toBeLessThanOrEqual(memoryBytesTotal);
          expect(temperatureC).toBeLessThan(95);
        }
      }
    }
  });
});

describe.each([llmFinetuning, rlPostTraining])("$name", (scene) => {
  test("has steps, tokens, rates and utilisation that agree", () => {
    for (const run of seeds.map((seed) => told(scene, { seed }))) {
      const [recipe] = ofType(run, "recipe-described");
      const [plan] = ofType(run, "plan-made");
      const [cluster] = ofType(run, "cluster-described");
      const [summary] = ofType(run, "run-summarised");
      expect(run.steps).toHaveLength(plan?.stepsTotal ?? 0);
      let tokens = 0;
      for (const { text, durationMs, loss = 0 } of run.steps) {
        tokens += text?.tokens ?? 0;
        expect(text?.consumedTokens).toBe(tokens);
        expect(
          ((text?.tokensPerSecond ?? 0) * durationMs) / 1000 / (text?.tokens ?? 1),
        ).toBeCloseTo(1, 3);
        const flops =
          ((recipe?.flopsPerToken ?? 0) * (text?.tokens ?? 0)) /
          durationMs /
          (cluster?.gpuCount ?? 1);
        expect((text?.tflopsPerGpu ?? 0) * 1e9).toBeCloseTo(flops, -8);
        if (text?.perplexity !== undefined)
          expect(text.perplexity / Math.exp(loss)).toBeCloseTo(1, 3);
      }
      expect(summary).toMatchObject({ tokens, steps: run.steps.length });
      expect(
        (recipe?.microBatch ?? 0) * (recipe?.accumulation ?? 0) * (cluster?.gpuCount ?? 0),
      ).toBe(recipe?.globalBatchSequences);
    }
  });
});

test("adapters on every linear layer of Llama 3.1 8B have the published number of parameters", () => {
  expect(adapterCount(findModel("Llama-3.1-8B").shape, 16)).toBe(41_943_040);
});

test("a fine-tuning lowers its loss, and overfits when it sees the same examples again", () => {
  const many = Array.from({ length: 20 }, (_, i) => told(llmFinetuning, { seed: 50 + i }));
  for (const { steps } of many) {
    const losses = steps.map(({ loss = 0 }) => loss);
    const mean = (part: readonly number[]) => part.reduce((sum, one) => sum + one, 0) / part.length;
    expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 10)) - 0.2);
  }
  const long = many.filter((run) => ofType(run, "plan-made")[0]?.epochsTotal === 3);
  expect(long.length).toBeGreaterThan(0);
  for (const run of long) {
    const gap = ofType(run, "evaluation-done").map(({ loss, trainLoss }) => loss - trainLoss);
    expect(gap.at(-1)).toBeGreaterThan(gap[1] ?? 0);
  }
});

test("a reinforcement run raises the reward, and pays with entropy, length and drift", () => {
  for (const { steps } of seeds.map((seed) => told(rlPostTraining, { seed }))) {
    const ends = [steps.slice(0, 15), steps.slice(-15)].map((part) => ({
      reward: mean(part.map(({ policy }) => policy?.reward ?? 0)),
      entropy: mean(part.map(({ policy }) => policy?.entropy ?? 0)),
      length: mean(part.map(({ policy }) => policy?.responseTokens ?? 0)),
      kl: mean(part.map(({ policy }) => policy?.kl ?? 0)),
    }));
    const [first, last] = ends as [(typeof ends)[0], (typeof ends)[0]];
    expect(last.reward).toBeGreaterThan((first?.reward ?? 1) + 0.08);
    expect(last.entropy).toBeLessThan(0.7 * (first?.entropy ?? 0));
    expect(last.length).toBeGreaterThan(1.3 * (first?.length ?? 9));
    expect(last.kl).toBeGreaterThan(5 * (first?.kl ?? 9));
    for (const { loss, policy, durationMs } of steps) {
      const { policyLoss = 0, kl = 0, klWeight = 0 } = policy ?? {};
      expect(loss).toBeCloseTo(policyLoss + klWeight * kl, 5);
      expect(policy?.reward).toBeLessThanOrEqual(1);
      expect(policy?.generationMs).toBeLessThan(durationMs);
    }
  }
});

test("a burn-in measures bus bandwidth by the rule of nccl-tests, and replaces what is slow", () => {
  let replaced = 0;
  for (const seed of Array.from({ length: 20 }, (_, i) => 100 + i)) {
    const messages = ofType(told(clusterBurnIn, { seed }), "cluster-message");
    const results = messages.filter(({ code }) => code === "collective-result");
    expect(results.length).toBe(12);
    for (const { values = {} } of results) {
      const number = (key: string) => Number(values[key]);
      const algorithm = number("bytes") / number("microseconds") / 1e3;
      const ranks = number("ranks");
      expect(number("algorithmGbPerSecond") / algorithm).toBeCloseTo(1, 1);
      expect(number("busGbPerSecond") / (algorithm * ((2 * (ranks - 1)) / ranks))).toBeCloseTo(
        1,
        1,
      );
    }
    const drained = messages.filter(({ code }) => code === "node-drained").length;
    const [passed] = messages.filter(({ code }) => code === "burn-in-passed");
    expect(passed?.values?.["replaced"]).toBe(drained);
    replaced += drained;
  }
  expect(replaced).toBeGreaterThan(4);
});

function told(scene: Scene, options: Partial<SceneOptions>): RunRecording {
  return recordingOf(scene.start({ ...smallRun, wanted: {}, ...options }).items);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

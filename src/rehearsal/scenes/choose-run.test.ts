import { describe, expect, test } from "vitest";
import { smallRun, wantedRun } from "../../../test/support/simulated.ts";
import { countParameters } from "../catalog/architecture.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { streamOf } from "../engine/chance.ts";
import type { SceneOptions } from "../engine/scene.ts";
import { planRun } from "../plan/plan.ts";
import type { Setup } from "../plan/setup.ts";
import type { StackName } from "../plan/stacks.ts";
import { choosePretraining, chooseTraining } from "./choose-run.ts";

/** What a person who knows the stack would look for in a log, said without the planner's table. */
const OF_THE_STACK: { readonly [N in StackName]: (setup: Setup) => void } = {
  huggingface: replicasOnly(["none", "full"]),
  lightning: replicasOnly(["none", "full"]),
  deepspeed: replicasOnly(["optimizer", "full"]),
  torchtitan(setup) {
    expect(setup).toMatchObject({ interleave: 1, compiled: true, recomputeShare: 1 });
    expect(setup.shape.kvHeads % setup.tensorParallel).toBe(0);
    // FSDP, which gathers once a step for all micro-batches of a pipeline.
    expect(setup.sharding).toBe(setup.pipelineParallel > 1 ? "optimizer" : "full");
  },
  nanotron(setup) {
    const one = { contextParallel: 1, expertParallel: 1, interleave: 1 };
    expect(setup).toMatchObject({ ...one, sharding: "optimizer", recomputeShare: 1 });
    expect(setup.shape.kvHeads % setup.tensorParallel).toBe(0);
    expect(["none", "full"]).toContain(setup.recompute);
  },
};

function replicasOnly(shardings: readonly string[]) {
  return (setup: Setup): void => {
    const one = { tensorParallel: 1, pipelineParallel: 1, contextParallel: 1, expertParallel: 1 };
    const eager = { compiled: false, recomputeShare: 1, dataParallel: setup.gpuCount };
    expect(setup).toMatchObject({ ...one, ...eager, interleave: 1 });
    expect(shardings).toContain(setup.sharding);
    expect(["none", "full"]).toContain(setup.recompute);
  };
}

const stacks = Object.keys(OF_THE_STACK) as StackName[];
const seeds = Array.from({ length: 12 }, (_, i) => i + 1);

describe.each(stacks)("a run of %s", (stack) => {
  test.each([
    ["SmolLM2-135M", "H100:8"],
    ["TinyLlama-1.1B", "A100-40:16"],
    // Key heads that cannot be cut as often as the others.
    ["Falcon-7B", "A100-40:8"],
    ["SmolLM3-3B", "H100:384"],
    ["Llama-3.1-8B", "H100:1024"],
    ["Qwen3-30B-A3B", "H100:64"],
    ["Llama-2-70B", "A100-80:128"],
    ["Llama-3.1-405B", "H100:16384"],
  ])("of %s on %s is one that it can do", (model, gpus) => {
    const { setup, modelName } = chosen(stack, { wanted: wantedRun(model, gpus, 2e12) });
    OF_THE_STACK[stack](setup);
    expect(`${modelName} ${setup.gpu.name}:${setup.gpuCount}`).toBe(`${model} ${gpus}`);
  });

  test.each(seeds)("that nobody described is one that it can do, with seed %d", (seed) => {
    const { setup } = chosen(stack, { seed, wanted: {} });
    OF_THE_STACK[stack](setup);
    const short = { steps: 900, globalBatchSequences: 512, sequence: 4096 };
    const options = { ...smallRun, stack, seed, wanted: {} };
    OF_THE_STACK[stack](chooseTraining(streamOf(seed, "choice"), options, short).setup);
  });
});

describe("a scene that is a public run takes its recipe", () => {
  const planned = (model: string, gpus: string, tokens: number) =>
    choosePretraining(streamOf(1, "choice"), {
      ...smallRun,
      wanted: wantedRun(model, gpus, tokens),
    });

  test("DeepSeek-V3 on 2,048 H800: fp8, 16 stages, 54 days by its makers", () => {
    const { setup, days } = planned("DeepSeek-V3", "H800:2048", 14.8e12);
    const split = { tensorParallel: 1, pipelineParallel: 16, expertParallel: 64 };
    expect(setup).toMatchObject({ ...split, precision: "fp8", globalBatchSequences: 15_360 });
    // 2,664 thousand GPU hours.
    expect(days).toBeCloseTo(54.2, 1);
  });

  test("BLOOM on 384 A100: full recomputation, 104.5 s a step by its chronicle", () => {
    const { setup, stepSeconds } = planned("BLOOM-176B", "A100-80:384", 366e9);
    const split = { tensorParallel: 4, pipelineParallel: 12, dataParallel: 8 };
    expect(setup).toMatchObject({ ...split, recompute: "full", globalBatchSequences: 2048 });
    expect(stepSeconds / 104.5).toBeGreaterThan(0.9);
    expect(stepSeconds / 104.5).toBeLessThan(1.1);
  });

  test.each([
    { model: "Llama-3.1-405B", gpus: "H100:16384", replicas: 128, batchTokens: 2048 * 8192 },
    { model: "Falcon-40B", gpus: "A100-40:384", replicas: 12, batchTokens: 1152 * 2048 },
  ])("$model has $replicas replicas", ({ model, gpus, replicas, batchTokens }) => {
    const { setup } = planned(model, gpus, 1e12);
    expect(setup.dataParallel).toBe(replicas);
    expect(setup.globalBatchSequences * setup.sequence).toBe(batchTokens);
  });

  test("but not on other machines, nor by another stack", () => {
    expect(planned("DeepSeek-V3", "H800:1024", 1e12).setup.precision).toBe("bf16");
    const { setup } = chosen("torchtitan", {
      wanted: wantedRun("BLOOM-176B", "A100-80:384", 1e12),
    });
    expect(setup.globalBatchSequences).not.toBe(2048);
  });
});

test.each(["huggingface", "lightning"] as const)(
  "nobody takes %s for a model that it would have to split on thousands of cards",
  (stack) => {
    const plans = seeds.map((seed) => chosen(stack, { seed, wanted: {} }));
    for (const { setup, parameters } of plans) {
      expect(parameters).toBeLessThan(33e9);
      expect(setup.gpuCount).toBeLessThanOrEqual(512);
    }
    expect(new Set(plans.map(({ modelName }) => modelName)).size).toBeGreaterThan(3);
    const joke = chosen(stack, { funny: true, wanted: {} });
    expect(joke.parameters).toBeLessThan(33e9);
  },
);

test("the same model is slower where its blocks run eagerly", () => {
  const wanted = wantedRun("Llama-3.1-8B", "H100:128", 1e12);
  const [eager, compiled] = [chosen("huggingface", { wanted }), chosen("torchtitan", { wanted })];
  expect(eager.stepSeconds).toBeGreaterThan(1.05 * compiled.stepSeconds);
});

test("what is given of the split stays, whatever the stack can do", () => {
  const { shape } = findModel("Llama-3.1-8B");
  const given = { pipelineParallel: 4, interleave: 2, tensorParallel: 2, compiled: true } as const;
  const { gpu } = wantedRun("Llama-3.1-8B", "H100:64", 1e12);
  if (gpu === undefined) throw new Error("The run has no GPU");
  const plan = planRun({ shape, gpu, gpuCount: 64, ...given, stack: "nanotron" });
  expect(plan.setup).toMatchObject(given);
});

describe("a run that is beyond a stack is planned as without one", () => {
  test.each([
    ["huggingface", "Llama-3.1-405B", "H100:128"],
    ["nanotron", "DeepSeek-V3", "H800:2048"],
  ] as const)("%s: %s on %s", (stack, model, gpus) => {
    const wanted = wantedRun(model, gpus, 1e12);
    expect(chosen(stack, { wanted })).toEqual(chosen(undefined, { wanted }));
  });

  test("with the machines that would be drawn without one", () => {
    const { name: modelName, shape } = findModel("Llama-3.1-405B");
    const withMachines = seeds.flatMap((seed) => {
      const options = { seed, wanted: { modelName, shape } };
      try {
        return [{ options, free: chosen(undefined, options) }];
      } catch {
        return [];
      }
    });
    expect(withMachines.length).toBeGreaterThan(0);
    for (const { options, free } of withMachines)
      expect(chosen("lightning", options).setup).toEqual(free.setup);
  });

  test("in the short story too, instead of drawing for ever", () => {
    const wanted = wantedRun("Llama-3.1-70B", "H100:512", 1e9);
    const short = { steps: 900, globalBatchSequences: 256, sequence: 4096 };
    const plan = chooseTraining(
      streamOf(1, "choice"),
      { ...smallRun, stack: "deepspeed", wanted },
      short,
    );
    // Fewer sequences than GPUs.
    expect(plan.setup.dataParallel).toBeLessThanOrEqual(256);
    expect(countParameters(plan.setup.shape).total).toBeGreaterThan(70e9);
  });
});

function chosen(stack: StackName | undefined, parts: Partial<SceneOptions>) {
  const options: SceneOptions = { ...smallRun, ...parts, ...(stack !== undefined && { stack }) };
  return choosePretraining(streamOf(options.seed, "choice"), options);
}

describe("machines that are asked for", () => {
  const tooSmall = { gpu: findGpu("T4"), gpuCount: 1 };

  test.each([0, 1, 2, 3, 4, 5])("get a model that they hold, seed %d", (seed) => {
    const wanted = { gpu: findGpu("H100"), gpuCount: 7 };
    const plan = choosePretraining(streamOf(seed, "choice"), { ...smallRun, seed, wanted });
    expect(plan.setup.gpuCount).toBe(7);
    expect(plan.memory.total).toBeLessThanOrEqual(80e9);
  });

  test("get a small one where none of the usual ones fits", () => {
    const plan = choosePretraining(streamOf(1, "choice"), { ...smallRun, wanted: tooSmall });
    expect(plan.parameters).toBeGreaterThan(1e8);
    expect(plan.memory.total).toBeLessThanOrEqual(16e9);
  });

  test("get the smallest there is where they hold no model of a short training", () => {
    const short = { steps: 100, globalBatchSequences: 64, sequence: 2048 };
    const plan = chooseTraining(streamOf(1, "choice"), { ...smallRun, wanted: tooSmall }, short);
    expect(plan.modelName).toBe("GPT-2-124M");
  });
});

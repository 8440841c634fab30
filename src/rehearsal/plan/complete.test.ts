import { describe, expect, it } from "vitest";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { arrangements, type Frame } from "./arrangements.ts";
import { complete } from "./complete.ts";
import { capacityBytes, memoryOf } from "./memory.ts";
import { planRun } from "./plan.ts";
import type { PlanRequest } from "./request.ts";
import type { Setup } from "./setup.ts";
import { stepTime } from "./step-time.ts";

function request(model: string, gpus: readonly [string, number], parts: Partial<PlanRequest> = {}) {
  const [gpu, gpuCount] = gpus;
  return { shape: findModel(model).shape, gpu: findGpu(gpu), gpuCount, ...parts };
}

describe("what is left open", () => {
  it.each([
    ["Llama-3.1-8B", ["H100", 64]],
    ["Llama-2-70B", ["A100-80", 128]],
    ["Mixtral-8x7B", ["H200", 64]],
  ] as const)(
    "%s on %j: no split that fits is 2 %% faster than the chosen one, or as fast and simpler",
    (model, gpus) => {
      const asked = request(model, gpus);
      const { setup } = complete(asked);
      const frame: Frame = setup;
      const secondsOf = (one: Setup) => stepTime(one).total / one.globalBatchSequences;
      const burden = { none: 1, selective: 2, full: 4 };
      const burdenOf = (one: Setup) =>
        one.tensorParallel * one.pipelineParallel * one.contextParallel * burden[one.recompute];
      const fitting: Setup[] = [];
      for (const split of arrangements(asked, frame)) {
        const other = { ...setup, ...split };
        if (memoryOf(other).total > 0.96 * capacityBytes(other)) continue;
        fitting.push(other);
      }
      expect(fitting.length).toBeGreaterThan(20);
      const least = Math.min(...fitting.map(secondsOf));
      expect(secondsOf(setup)).toBeLessThanOrEqual(1.02 * least);
      const alike = fitting.filter((other) => secondsOf(other) <= 1.02 * least);
      expect(burdenOf(setup)).toBe(Math.min(...alike.map(burdenOf)));
    },
  );

  it("spreads experts over as many GPUs as asked, which a stage must have", () => {
    const { setup } = complete(request("Mixtral-8x7B", ["H100", 32], { expertParallel: 8 }));
    const { tensorParallel, dataParallel, contextParallel } = setup;
    expect((tensorParallel * dataParallel * contextParallel) % 8).toBe(0);
  });

  it("does not hope for memory that is not there where nobody says that the run exists", () => {
    // The states alone need 141 GB on each.
    const asked = request("Llama-3-70B", ["H200", 8]);
    expect(() => complete(asked)).toThrow(/152\.0 GB needed .*need at most 141 GB/);
    const described = { ...asked, tensorParallel: 8, pipelineParallel: 1 };
    expect(complete(described).warnings).toEqual([expect.stringMatching(/^Memory is tight/)]);
  });

  it("recomputes no more layers than the memory asks for, unless full is asked for", () => {
    const parts = {
      ...{ tensorParallel: 1, pipelineParallel: 1, microBatch: 2, sequence: 4096 },
      ...{ globalBatchSequences: 128, sharding: "full" as const },
    };
    const open = planRun(request("Llama-2-70B", ["H100", 64], parts));
    expect(open.setup.recompute).toBe("full");
    expect(open.setup.recomputeShare).toBeGreaterThan(0);
    expect(open.setup.recomputeShare).toBeLessThan(1);
    expect(open.memory.total).toBeLessThanOrEqual(0.96 * 80e9);
    const fewer = { ...open.setup, recomputeShare: open.setup.recomputeShare - 1 / 80 };
    expect(memoryOf(fewer).total).toBeGreaterThan(0.96 * 80e9);

    const asked = planRun(request("Llama-2-70B", ["H100", 64], { ...parts, recompute: "full" }));
    expect(asked.setup.recomputeShare).toBe(1);
    expect(asked.stepSeconds).toBeGreaterThan(open.stepSeconds);
  });

  it("splits a large run as people do rather than enlarge its batch for one sequence per GPU", () => {
    const { setup } = planRun(request("Llama-3.1-405B", ["H100", 16384]));
    expect(setup.tensorParallel).toBe(8);
    expect(setup.pipelineParallel).toBeGreaterThan(1);
    const tokens = setup.globalBatchSequences * setup.sequence;
    expect(tokens).toBeGreaterThan(8e6);
    expect(tokens).toBeLessThan(33e6);
  });

  it("enlarges the batch where nothing else keeps all GPUs busy", () => {
    const { setup } = planRun(request("GPT-2-124M", ["A100-80", 4096]));
    expect(setup.globalBatchSequences * setup.sequence).toBeGreaterThan(4e6);
  });

  it("takes a pipeline where only its chunks are given", () => {
    const { setup } = planRun(request("Llama-3.1-8B", ["H100", 64], { interleave: 2 }));
    expect(setup.interleave).toBe(2);
    expect(setup.pipelineParallel).toBeGreaterThan(1);
  });

  it("closes the product over context ranks where everything else is given", () => {
    const parts = { tensorParallel: 1, pipelineParallel: 1, dataParallel: 4, sequence: 8192 };
    const { setup } = planRun(request("Llama-3.1-8B", ["H100", 8], parts));
    expect(setup.contextParallel).toBe(2);
  });
});

describe("what the time depends on", () => {
  const seconds = (parts: Partial<PlanRequest>, model = "Llama-3.1-8B") =>
    planRun(
      request(model, ["H100", 8], {
        ...{ tensorParallel: 1, pipelineParallel: 1, microBatch: 1 },
        ...{ globalBatchSequences: 64, sequence: 8192, recompute: "full" as const },
        ...parts,
      }),
    ).step;

  it("works on long sequences faster than on short ones, score by score", () => {
    const perScore = (sequence: number) => seconds({ sequence }).layers.attention / sequence ** 2;
    expect(perScore(32768)).toBeLessThan(perScore(8192));
    expect(perScore(8192)).toBeLessThan(0.8 * perScore(1024));
  });

  it("has slower attention where plain blocks run eagerly, as in 2022", () => {
    const attention = (compiled: boolean) =>
      seconds({ compiled, sequence: 2048 }, "MPT-7B").layers.attention;
    expect(attention(false)).toBeGreaterThan(1.4 * attention(true));
  });

  it("adds gradients up by a kernel of its own only where the first bf16 runs did", () => {
    const optimizer = (precision: "bf16" | "fp16") =>
      planRun({
        ...request("GPT-3-175B", ["A100-80", 256]),
        ...{ tensorParallel: 8, pipelineParallel: 8, microBatch: 1, globalBatchSequences: 512 },
        ...{ sequence: 2048, recompute: "full" as const, precision },
      }).step.optimizer;
    expect(optimizer("bf16")).toBeGreaterThan(10 * optimizer("fp16"));
  });

  it("cannot start the kernels of many local experts faster than the host launches them", () => {
    const parts = { microBatch: 1, globalBatchSequences: 64, sequence: 512 };
    const split = { ...parts, tensorParallel: 1, pipelineParallel: 1 };
    const perLayer = (expertParallel: number) => {
      const { setup, step } = planRun(
        request("Qwen3-30B-A3B", ["B200", 8], { ...split, expertParallel, recompute: "none" }),
      );
      return step.compute / (setup.shape.layers * 8);
    };
    expect(perLayer(8)).toBeGreaterThan(3 * 1.1e-4 + 3 * 60e-5);
    expect(perLayer(4)).toBeGreaterThan(perLayer(8) + 3 * 12 * 15e-5);
  });
});

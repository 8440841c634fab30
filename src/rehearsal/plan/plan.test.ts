import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planRequest } from "../../../test/support/simulated.ts";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { flopsPerToken } from "./flops.ts";
import { keptBytesPerToken, memoryOf } from "./memory.ts";
import { type Plan, planRun } from "./plan.ts";
import { planToJson } from "./plan-json.ts";
import { readRequest } from "./read-request.ts";
import { dalyInterval, goodputOf } from "./reliability.ts";
import type { PlanRequest } from "./request.ts";
import { microBatchCount } from "./setup.ts";

const MODEL_NAMES = ["GPT-2-355M", "Llama-3.2-1B", "Llama-3.1-8B", "Llama-3.1-70B", "Mixtral-8x7B"];

function exampleRequest(): fc.Arbitrary<PlanRequest> {
  return fc
    .record({
      model: fc.constantFrom(...MODEL_NAMES),
      gpu: fc.constantFrom("A100-80", "H100", "H200", "B200", "MI300X"),
      gpuCount: fc.constantFrom(64, 128, 256, 512),
      sequence: fc.constantFrom(2048, 4096, 8192),
      tokens: fc.double({ min: 1e9, max: 1e13, noNaN: true }),
      failuresPerNodeDay: fc.double({ min: 0, max: 0.05, noNaN: true }),
    })
    .map(({ model, gpu, gpuCount, ...parts }) =>
      planRequest(model, gpuCount, { ...parts, gpu: findGpu(gpu) }),
    );
}

function holds(check: (plan: Plan) => void): void {
  fc.assert(
    fc.property(exampleRequest(), (example) => check(planRun(example))),
    { numRuns: 10, seed: 3 },
  );
}

describe("the figures agree with each other", () => {
  it("counts tokens as steps x batch x sequence, to within one step", () => {
    holds(({ setup, steps }) => {
      const perStep = setup.globalBatchSequences * setup.sequence;
      expect(steps * perStep).toBeGreaterThanOrEqual(setup.tokens);
      expect((steps - 1) * perStep).toBeLessThan(setup.tokens);
    });
  });

  it("covers the tokens at the stated rate in the stated days", () => {
    holds(({ setup, steps, days, tokensPerSecond, gpuHours }) => {
      const read = steps * setup.globalBatchSequences * setup.sequence;
      expect((tokensPerSecond * days * 86400) / read).toBeCloseTo(1, 9);
      expect(gpuHours / (days * 24 * setup.gpuCount)).toBeCloseTo(1, 9);
    });
  });

  it("adds the parts of a step up to the step, and of the memory up to the memory", () => {
    holds((plan) => {
      const parts = planToJson(plan)["stepParts"] as Record<string, number>;
      const sum = Object.values(parts).reduce((total, part) => total + part, 0);
      expect(sum / plan.stepSeconds).toBeCloseTo(1, 6);
      const { total, weights, gradients, optimizer, activations, logits, overhead } = plan.memory;
      const least = weights + gradients + optimizer + overhead + Math.max(activations, logits);
      expect(total).toBeGreaterThanOrEqual(least * (1 - 1e-12));
      expect(total).toBeLessThanOrEqual(least + Math.min(activations, logits) + 1);
    });
  });

  it("splits the GPUs and the batch without a remainder, and stays within the memory", () => {
    holds(({ setup, memoryGiBPerGpu, warnings }) => {
      const { tensorParallel, pipelineParallel, contextParallel, dataParallel } = setup;
      expect(tensorParallel * pipelineParallel * contextParallel * dataParallel).toBe(
        setup.gpuCount,
      );
      expect(Number.isInteger(microBatchCount(setup))).toBe(true);
      if (warnings.length === 0) {
        expect(memoryGiBPerGpu * 2 ** 30).toBeLessThanOrEqual(setup.gpu.memoryGb * 1e9);
      }
    });
  });

  it("never promises more than the chip can do, nor a goodput above one", () => {
    holds(({ mfu, reliability, calendarDays, days }) => {
      expect(mfu).toBeGreaterThan(0);
      expect(mfu).toBeLessThan(0.85);
      expect(reliability.goodput).toBeLessThanOrEqual(1);
      expect(calendarDays).toBeGreaterThanOrEqual(days);
    });
  });

  it("gives the same plan again when its echo is read as a description", () => {
    holds((plan) => {
      const echo = (planToJson(plan) as { inputs: unknown }).inputs;
      const again = planRun(readRequest(JSON.parse(JSON.stringify(echo))));
      expect(again.stepSeconds).toBe(plan.stepSeconds);
      expect(again.memory).toEqual(plan.memory);
    });
  });
});

describe("the figures move the right way", () => {
  it("never trains fewer tokens per second in all with twice the GPUs", () => {
    for (const model of MODEL_NAMES) {
      let before = 0;
      for (const gpuCount of [16, 32, 64, 128, 256, 512]) {
        const { tokensPerSecond } = planRun(planRequest(model, gpuCount, { sequence: 4096 }));
        expect(tokensPerSecond, `${model} on ${gpuCount}`).toBeGreaterThan(before);
        before = tokensPerSecond;
      }
    }
  });

  it("splits sequences before it lets pipelines run empty", () => {
    const parts = { sequence: 4096, globalBatchSequences: 2048 } as const;
    const days = [4096, 8192, 16384, 32768].map(
      (gpuCount) => planRun(planRequest("Llama-3.1-405B", gpuCount, parts)).days,
    );
    expect(days).toEqual(days.toSorted((a, b) => b - a));
    expect(days[3]).toBeLessThan(0.7 * (days[2] ?? 0));
    const most = planRun(planRequest("Llama-3.1-405B", 32768, parts));
    expect(most.setup.contextParallel).toBeGreaterThan(1);
  });

  it("scales almost perfectly when batch and replicas double together", () => {
    const parts = {
      tensorParallel: 4,
      pipelineParallel: 2,
      microBatch: 1,
      sequence: 4096,
    } as const;
    const small = planRun(planRequest("Llama-3.1-8B", 64, { ...parts, globalBatchSequences: 256 }));
    const large = planRun(
      planRequest("Llama-3.1-8B", 1024, { ...parts, globalBatchSequences: 4096 }),
    );
    expect(large.stepSeconds).toBeGreaterThanOrEqual(small.stepSeconds);
    expect(large.stepSeconds).toBeLessThan(1.1 * small.stepSeconds);
  });

  it("fills a pipeline: the bubble's share falls towards nothing with more micro-batches", () => {
    const share = (batch: number) => {
      const { step } = planRun(
        planRequest("Llama-3.1-70B", 64, {
          tensorParallel: 8,
          pipelineParallel: 8,
          interleave: 1,
          microBatch: 1,
          globalBatchSequences: batch,
          recompute: "full",
        }),
      );
      return step.bubble / (step.compute + step.bubble);
    };
    expect(share(8)).toBeCloseTo(7 / 15, 9);
    expect(share(64)).toBeCloseTo(7 / 71, 9);
    expect(share(4096)).toBeLessThan(0.002);
  });

  it("needs more memory for a larger micro-batch and less the more is recomputed", () => {
    const bytes = (microBatch: number, recompute: "none" | "selective" | "full") =>
      planRun(
        planRequest("Llama-3.2-1B", 8, {
          microBatch,
          recompute,
          globalBatchSequences: 64,
          sequence: 2048,
        }),
      ).memory.total;
    for (const recompute of ["none", "selective", "full"] as const) {
      expect(bytes(2, recompute)).toBeGreaterThan(bytes(1, recompute));
      expect(bytes(4, recompute)).toBeGreaterThan(bytes(2, recompute));
    }
    expect(bytes(2, "selective")).toBeLessThan(bytes(2, "none"));
    expect(bytes(2, "full")).toBeLessThan(bytes(2, "selective"));
  });

  it("takes longer with a lower power limit and with eager code", () => {
    const seconds = (parts: Partial<PlanRequest>) =>
      planRun(
        planRequest("Llama-3.1-8B", 8, { globalBatchSequences: 16, sequence: 8192, ...parts }),
      ).stepSeconds;
    expect(seconds({ gpu: findGpu("H100 500W") })).toBeGreaterThan(seconds({}));
    expect(seconds({ compiled: false })).toBeGreaterThan(seconds({}));
    expect(seconds({ precision: "fp8" })).toBeLessThan(seconds({}));
  });
});

describe("single formulas", () => {
  it.each([
    ["Llama-3.1-8B", 51.5],
    ["Llama-3.1-70B", 449],
    ["Llama-3.1-405B", 2524],
  ])("%s takes %d GF per token at 8,192 tokens, causal convention", (model, gigaflops) => {
    const { shape } = findModel(model);
    expect(flopsPerToken(shape, 8192) / 1e9 / gigaflops).toBeCloseTo(1, 2);
    expect(flopsPerToken(shape, 8192, "full-attention")).toBeGreaterThan(
      flopsPerToken(shape, 8192),
    );
    expect(flopsPerToken(shape, 8192, "six-n")).toBe(flopsPerToken(shape, 1, "six-n"));
  });

  it("keeps the paper's 34 + 5 a s / h bytes per token and hidden unit without fused attention", () => {
    const { setup } = planRun({
      shape: { ...findModel("GPT-3-175B").shape },
      gpu: findGpu("A100-80"),
      gpuCount: 64,
      precision: "fp16",
      tensorParallel: 8,
      pipelineParallel: 8,
      interleave: 3,
      microBatch: 1,
      globalBatchSequences: 64,
      sequence: 2048,
      recompute: "selective",
    });
    const perUnit = (recompute: "none" | "selective") =>
      (keptBytesPerToken(setup, recompute) * 8) / setup.shape.hidden;
    expect(perUnit("selective")).toBeGreaterThan(24);
    expect(perUnit("selective")).toBeLessThanOrEqual(34);
    expect(perUnit("none") - perUnit("selective")).toBeCloseTo((5 * 96 * 2048) / 12288, 9);
    expect(memoryOf(setup).total).toBeLessThan(80e9);
  });

  it("saves 14 bytes per parameter: 5.68 TB for 405 B", () => {
    const plan = planRun(planRequest("Llama-3.1-405B", 4096));
    expect(plan.checkpointBytes).toBe(14 * 405_853_388_800);
  });

  it("agrees with the worked example of goodput: 0.898 at 2.78 h, 10 s and 10 min", () => {
    const between = 2.78 * 3600;
    const interval = Math.sqrt(2 * 10 * between);
    expect(interval).toBeCloseTo(447, 0);
    expect(goodputOf({ interval, stall: 10, recoverySeconds: 600, between })).toBeCloseTo(0.898, 3);
    expect(dalyInterval(10, between)).toBeCloseTo(440.7, 0);
    expect(dalyInterval(10, Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
  });

  it("tells Young's interval as it is, also where the run is over sooner", () => {
    const parts = { tokens: 1e9, checkpointSeconds: 10, failuresPerNodeDay: 1e-3 } as const;
    const { reliability, days } = planRun(planRequest("Llama-3.1-8B", 64, parts));
    const between = 86400 / (8 * 1e-3);
    expect(reliability.checkpointIntervalSeconds).toBeCloseTo(Math.sqrt(2 * 10 * between), 6);
    expect(reliability.checkpointIntervalSeconds).toBeGreaterThan(days * 86400);
    expect(reliability.savingIntervalSeconds).toBe(days * 86400);
  });

  it("has an energy where failures let no run end, and says of what", () => {
    const plan = planRun(planRequest("Llama-3.1-8B", 512, { failuresPerNodeDay: 100 }));
    expect(plan.reliability.goodput).toBe(0);
    expect(plan.energyMWh).toBeCloseTo(plan.powerMW * plan.days * 24, 9);
    expect(plan.warnings.join()).toContain("it never ends (energy is of training alone)");
  });

  it("guesses that early stacks did not fuse attention, and says so", () => {
    const parts = { sequence: 2048, recompute: "full" } as const;
    const a100 = { ...planRequest("GPT-3-175B", 256, parts), gpu: findGpu("A100-80") };
    expect(planRun(a100).warnings.join()).toContain("Attention is taken as unfused");
    const fused = planRun({ ...a100, attention: "flash" });
    expect(fused.warnings.join()).not.toContain("Attention");
    expect(fused.stepSeconds).toBeLessThan(0.85 * planRun(a100).stepSeconds);
  });

  it("loses nothing where nothing fails and saving is free", () => {
    const plan = planRun(
      planRequest("Llama-3.1-8B", 64, { failuresPerNodeDay: 0, checkpointSeconds: 0 }),
    );
    expect(plan.reliability.goodput).toBe(1);
    expect(plan.calendarDays).toBe(plan.days);
    expect(planToJson(plan)["meanTimeToInterruptSeconds"]).toBeNull();
  });

  it("expects the published interruptions: about 466 for 16,384 GPUs in 54 days", () => {
    const plan = planRun(planRequest("Llama-3.1-405B", 16384, { tokens: 15.6e12, sequence: 8192 }));
    const perDay = 86400 / plan.reliability.meanTimeToInterruptSeconds;
    expect(perDay * 54).toBeGreaterThan(380);
    expect(perDay * 54).toBeLessThan(480);
    expect(plan.reliability.goodput).toBeGreaterThan(0.88);
  });
});

describe("what cannot be is refused with a way out", () => {
  it.each([
    [
      { tensorParallel: 8, pipelineParallel: 4, dataParallel: 3 },
      /found tensor 8 x pipeline 4 x context 1 x data 3 = 96 GPUs, need 64/,
    ],
    [{ tensorParallel: 7 }, /tensorParallel 7, need a divisor of 64 GPUs/],
    [{ tensorParallel: 64 }, /found tensorParallel 64, need a divisor of 32 heads/],
    [
      { pipelineParallel: 32, interleave: 4 },
      /32 stages x interleave 4 = 128 chunks, need chunks of the same length/,
    ],
    [{ pipelineParallel: 1, interleave: 2 }, /interleave 2 without a pipeline/],
    [{ expertParallel: 8 }, /expertParallel 8 without experts, need 1/],
    [
      { shape: findModel("Mixtral-8x7B").shape, pipelineParallel: 16, expertParallel: 8 },
      /expertParallel 8 over 4 GPUs of a pipeline stage, need a divisor/,
    ],
    [
      { globalBatchSequences: 100, microBatch: 8 },
      /microBatch 8, need a divisor of the 100 sequences/,
    ],
    [{ sequence: 8192, contextParallel: 3 }, /contextParallel 3, need a divisor/],
  ] as const)("%j", (parts, message) => {
    expect(() => planRun(planRequest("Llama-3.1-8B", 64, parts))).toThrow(message);
  });

  it("refuses a precision that the chip does not have", () => {
    expect(() =>
      planRun(planRequest("Llama-3.1-8B", 64, { gpu: findGpu("A100"), precision: "fp8" })),
    ).toThrow(/found precision fp8 on A100-80, need fp16 or bf16/);
  });

  it("says how many GPUs would do where the model does not fit", () => {
    try {
      planRun(planRequest("Llama-3.1-405B", 16));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "does-not-fit", exitCode: 2 });
      expect((error as { hint: string }).hint).toMatch(/^Use \d+ GPUs: tensor \d.*would fit\.$/);
    }
  });

  it("says which split would fit where the given one does not", () => {
    expect(() =>
      planRun(
        planRequest("Llama-3.1-70B", 64, {
          tensorParallel: 1,
          pipelineParallel: 1,
          sharding: "optimizer",
        }),
      ),
    ).toThrow(expect.objectContaining({ hint: expect.stringMatching(/^This would fit: tensor/) }));
  });
});

describe("pipelines for experts", () => {
  const request = {
    ...planRequest("DeepSeek-V3", 2048, { gpu: findGpu("H800"), precision: "fp8" }),
    sequence: 4096,
    globalBatchSequences: 15_360,
  };
  const free = planRun(request);

  it("are among what is searched, also where the layers do not divide", () => {
    expect(free.setup.pipelineParallel).toBeGreaterThan(1);
  });

  it.each([1, 2, 4, 8, 16])("are not beaten by one of %d stages that somebody gives", (stages) => {
    const given = planRun({ ...request, pipelineParallel: stages, tuned: false });
    expect(free.stepSeconds).toBeLessThan(1.03 * given.stepSeconds);
  });
});

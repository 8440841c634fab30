import { describe, expect, it } from "vitest";
import { findGpu } from "../catalog/gpus.ts";
import { findModel } from "../catalog/models.ts";
import { checkRequest, requestWarnings } from "./check-request.ts";
import type { PlanRequest } from "./request.ts";

/** 32 layers, 32 heads in groups of 4, on 64 H100, as far as not given. */
function request(parts: Partial<PlanRequest> = {}): PlanRequest {
  return { shape: findModel("Llama-3.1-8B").shape, gpu: findGpu("H100"), gpuCount: 64, ...parts };
}

const shape = request().shape;
const experts = findModel("Mixtral-8x7B").shape;
const of405B = findModel("Llama-3.1-405B").shape;

describe("what Megatron would refuse is refused with a way out", () => {
  it.each([
    [
      { pipelineParallel: 4, interleave: 3 },
      "found 32 layers over 4 stages x interleave 3 = 12 chunks, need chunks of the same length",
      "Set interleave to 1, 2, 4 or 8.",
    ],
    [
      { shape: { ...shape, layers: 36 }, pipelineParallel: 5, interleave: 2, gpuCount: 80 },
      "found 36 layers over 5 stages x interleave 2 = 10 chunks, need chunks of the same length",
      "Leave interleave out.",
    ],
    [
      { pipelineParallel: 1, interleave: 2 },
      "found interleave 2 without a pipeline, need pipelineParallel above 1",
      "Set interleave to 1.",
    ],
    [
      { tensorParallel: 8, shape: { ...shape, heads: 12, kvHeads: 12 } },
      "found tensorParallel 8, need a divisor of 12 heads",
      "Use 4.",
    ],
    [
      { tensorParallel: 4, shape: { ...shape, heads: 12, kvHeads: 6 } },
      "found tensorParallel 4, need a divisor of 6 kvHeads",
      "Use 2.",
    ],
    [
      { tensorParallel: 8, shape: { ...shape, hidden: 4100 } },
      "found tensorParallel 8, need a divisor of the hidden size 4100",
      "Use 4.",
    ],
    [
      { tensorParallel: 8, shape: { ...shape, ffn: 14340 } },
      "found tensorParallel 8, need a divisor of the ffn size 14340",
      "Use 4.",
    ],
    [
      { shape: experts, expertParallel: 16 },
      "found expertParallel 16, need a divisor of 8 experts",
      "Use 1, 2, 4 or 8.",
    ],
    [
      { sequence: 8192, contextParallel: 3, gpuCount: 96 },
      "found a sequence of 8192 tokens over 3 context ranks, need a multiple of 2 x 3 = 6",
      "Use a sequence of 8190 tokens, or another contextParallel.",
    ],
    [
      { sequence: 4100, contextParallel: 4 },
      "found a sequence of 4100 tokens over 4 context ranks, need a multiple of 2 x 4 = 8",
      "Use a sequence of 4104 tokens, or another contextParallel.",
    ],
    [
      {
        ...{ tensorParallel: 2, pipelineParallel: 2, dataParallel: 2, gpuCount: 24 },
        ...{ sequence: 4096 },
      },
      "found a sequence of 4096 tokens over 3 context ranks, need a multiple of 2 x 3 = 6",
      "Use a sequence of 4098 tokens, or another contextParallel.",
    ],
    [
      { tensorParallel: 2, pipelineParallel: 4, globalBatchSequences: 50 },
      "found globalBatchSequences 50 for 8 replicas, need a multiple of 8",
      "Use 48.",
    ],
    [
      { globalBatchSequences: 8, dataParallel: 64 },
      "found globalBatchSequences 8 for 64 replicas, need a multiple of 64",
      "Use 64.",
    ],
    [
      { globalBatchSequences: 512, microBatch: 3, tensorParallel: 2, pipelineParallel: 1 },
      "found microBatch 3, need a divisor of 16: 512 sequences over 32 replicas",
      "Use 2 or 4, or set globalBatchSequences to 480.",
    ],
    [
      { globalBatchSequences: 512, microBatch: 3 },
      "found microBatch 3, need a divisor of the 512 sequences of a step",
      "Use 2 or 4, or set globalBatchSequences to 513.",
    ],
    [
      { globalBatchSequences: 64, microBatch: 100_000, dataParallel: 64 },
      "found microBatch 100000, need a divisor of 1: 64 sequences over 64 replicas",
      "Use 1, or set globalBatchSequences to 6400000.",
    ],
    [{ tensorParallel: 3 }, "found tensorParallel 3, need a divisor of 64 GPUs", "Use 2 or 4."],
    [{ tensorParallel: 128 }, "found tensorParallel 128, need a divisor of 64 GPUs", "Use 32."],
    [{ pipelineParallel: 100 }, "found pipelineParallel 100, need a divisor of 64 GPUs", "Use 32."],
    [
      { pipelineParallel: 64 },
      "found pipelineParallel 64, need at most 32 for as many layers",
      "Use 32.",
    ],
    [
      { dataParallel: 48 },
      "found dataParallel 48, need a divisor of 64 GPUs",
      "Use 32 or 64, or a multiple of 48 GPUs.",
    ],
    [
      { tensorParallel: 4, dataParallel: 6 },
      "found tensorParallel 4 x dataParallel 6 = 24, need a divisor of 64 GPUs",
      "Use a multiple of 24 GPUs, or smaller parallel sizes.",
    ],
    [
      { pipelineParallel: 4, interleave: 99 },
      "found 32 layers over 4 stages x interleave 99 = 396 chunks, need chunks of the same length",
      "Set interleave to 1, 2, 4 or 8.",
    ],
    [
      { shape: experts, expertParallel: 8, gpuCount: 4 },
      "found expertParallel 8 over 4 GPUs of a pipeline stage, need a divisor of them",
      "Use 4.",
    ],
    [
      { recompute: "none", recomputeShare: 0.5 },
      "found recomputeShare 0.5 with recompute none, need recompute full",
      "Set recompute to full, or leave recomputeShare out.",
    ],
  ] satisfies [Partial<PlanRequest>, string, string][])("%#: %j", (parts, found, hint) => {
    expect(() => checkRequest(request(parts))).toThrow(
      expect.objectContaining({ message: `Cannot plan: ${found}`, hint, exitCode: 2 }),
    );
  });
});

describe("what runs somewhere is planned", () => {
  it.each([
    [
      "126 layers with embedding and loss on 8 x 8 chunks",
      { shape: of405B, gpuCount: 512, pipelineParallel: 8, interleave: 8 },
    ],
    ["126 layers on 16 stages", { shape: of405B, pipelineParallel: 16 }],
    [
      "70 layers on 12 stages that are not interleaved",
      { shape: { ...shape, layers: 70 }, gpuCount: 384, pipelineParallel: 12, interleave: 1 },
    ],
    ["fewer key heads than ranks, copied", { tensorParallel: 16 }],
    [
      "experts narrower than the ranks cut them, kept whole",
      { shape: { ...experts, ffn: 100 }, tensorParallel: 8 },
    ],
    [
      "an odd number of micro-batches without interleaving",
      { tensorParallel: 2, pipelineParallel: 4, globalBatchSequences: 24, interleave: 1 },
    ],
    [
      "a long sequence whose context ranks are open",
      { tensorParallel: 4, pipelineParallel: 4, globalBatchSequences: 1, sequence: 65536 },
    ],
  ] satisfies [string, Partial<PlanRequest>][])("%s", (_what, parts) => {
    expect(() => checkRequest(request(parts))).not.toThrow();
    expect(requestWarnings(request(parts))).toEqual([]);
  });

  it.each([
    [
      61,
      4,
      4,
      "61 layers do not divide evenly over 4 stages x 4: it takes a layout written by hand",
    ],
    [32, 5, 1, "32 layers do not divide evenly over 5 stages: it takes a layout written by hand"],
  ])(
    "with a warning: %d layers on %d stages x %d",
    (...[layers, pipelineParallel, interleave, text]) => {
      const parts = { shape: { ...shape, layers }, gpuCount: 80, pipelineParallel, interleave };
      expect(() => checkRequest(request(parts))).not.toThrow();
      expect(requestWarnings(request(parts))).toEqual([text]);
    },
  );

  it("with a warning: micro-batches that do not fill whole groups of interleaved stages", () => {
    const parts = {
      ...{ tensorParallel: 2, pipelineParallel: 4, interleave: 2 },
      ...{ globalBatchSequences: 48, sequence: 8192 },
    };
    expect(() => checkRequest(request(parts))).not.toThrow();
    expect(requestWarnings(request(parts))).toEqual([
      "6 micro-batches are no multiple of 4 interleaved stages: older stacks refuse that",
    ]);
  });
});

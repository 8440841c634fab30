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
      "Use another tensor-parallel size.",
    ],
    [
      { tensorParallel: 4, shape: { ...shape, heads: 12, kvHeads: 6 } },
      "found tensorParallel 4, need a divisor of 6 kvHeads",
      "Use another tensor-parallel size.",
    ],
    [
      { tensorParallel: 8, shape: { ...shape, hidden: 4100 } },
      "found tensorParallel 8, need a divisor of the hidden size 4100",
      "Use another tensor-parallel size.",
    ],
    [
      { tensorParallel: 8, shape: { ...shape, ffn: 14340 } },
      "found tensorParallel 8, need a divisor of the ffn size 14340",
      "Use another tensor-parallel size.",
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
      "found a global batch of 50 sequences, need a multiple of micro-batch 1 x data parallel 8 = 8",
      "Use 48 sequences.",
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

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wantedRun } from "../../../../test/support/simulated.ts";
import { planRun } from "../../plan/plan.ts";
import type { PlanRequest } from "../../plan/request.ts";
import { batchOf } from "./batch.ts";
import { jobSizesOf, nearestBatch } from "./job-sizes.ts";

const RUNS = [
  ["TinyLlama-1.1B", "H100:32"],
  ["Qwen3-32B", "H100:128"],
  ["Llama-3.1-70B", "H100:512"],
  ["Falcon-40B", "A100-40:384"],
  ["Mixtral-8x7B", "H100:64"],
] as const;

describe.each(RUNS)("%s on %s with nodes missing", (model, gpus) => {
  const plan = planRun(wantedRun(model, gpus, 1e12) as PlanRequest);
  const batch = batchOf(plan, { ramped: true });
  const jobSizes = jobSizesOf({ plan, batch, evaluationBatches: 20 });
  const { full } = jobSizes;
  const smaller = Array.from({ length: full.nodes - 1 }, (_, i) => jobSizes.largestOn(i + 1));

  test("is the plan itself where none are", () => {
    expect(full.plan).toBe(plan);
    expect(jobSizes.largestOn(full.nodes)).toBe(full);
    expect(jobSizes.largestOn(full.nodes + 3)).toBe(full);
    expect(full.at(1)).toEqual(batch.at(1));
  });

  test("keeps its groups whole, and takes as many replicas as there are nodes for", () => {
    const { tensorParallel, pipelineParallel, contextParallel, expertParallel } = plan.setup;
    const replica = tensorParallel * pipelineParallel * contextParallel;
    expect(smaller.some((jobSize) => jobSize !== undefined)).toBe(true);
    for (const [i, jobSize] of smaller.entries()) {
      if (jobSize === undefined) continue;
      const { setup } = jobSize.plan;
      const room = (i + 1) * setup.gpu.gpusPerNode;
      expect(setup).toMatchObject({ tensorParallel, pipelineParallel, contextParallel });
      expect(setup.expertParallel).toBe(expertParallel);
      expect(setup.gpuCount).toBe(replica * setup.dataParallel);
      expect((setup.dataParallel * contextParallel) % expertParallel).toBe(0);
      expect(jobSize.nodes).toBeLessThanOrEqual(i + 1);
      expect(setup.dataParallel).toBeLessThan(plan.setup.dataParallel);
      const group = Math.max(1, expertParallel / contextParallel);
      const next = setup.dataParallel + group;
      expect(next * replica > room || next >= plan.setup.dataParallel).toBe(true);
    }
  });

  test("has fewer tokens a second, more memory on each GPU and a batch that divides", () => {
    let before = full;
    for (const jobSize of smaller.toReversed()) {
      if (jobSize === undefined || jobSize === before) continue;
      const { setup, memory, tokensPerSecond, checkpointWriteSeconds } = jobSize.plan;
      expect(tokensPerSecond).toBeLessThan(before.plan.tokensPerSecond);
      expect(memory.total).toBeGreaterThanOrEqual(before.plan.memory.total * 0.999);
      expect(memory.total).toBeLessThanOrEqual(setup.gpu.memoryGb * 1e9);
      expect(checkpointWriteSeconds).toBeGreaterThanOrEqual(before.plan.checkpointWriteSeconds);
      for (const { fromStep } of batch.stages) {
        const { sequences, stepMs } = jobSize.at(fromStep);
        expect(sequences % (setup.dataParallel * setup.microBatch)).toBe(0);
        expect(stepMs).toBeGreaterThan(0);
      }
      expect(jobSize.at(batch.stepsTotal).sequences).toBe(setup.globalBatchSequences);
      before = jobSize;
    }
  });
});

test("a model that needs every node has no smaller size", () => {
  const plan = planRun(wantedRun("Llama-3.1-70B", "H100:16", 1e9) as PlanRequest);
  const jobSizes = jobSizesOf({
    plan,
    batch: batchOf(plan, { ramped: true }),
    evaluationBatches: 20,
  });
  expect(jobSizes.largestOn(1)).toBeUndefined();
});

test("nearestBatch() keeps what divides, and else differs by half a round at most", () => {
  const size = fc.integer({ min: 1, max: 64 });
  fc.assert(
    fc.property(
      fc.record({ microBatch: size, dataParallel: size, pipelineParallel: size }),
      fc.integer({ min: 1, max: 20_000 }),
      fc.boolean(),
      (sizes, sequences, isInterleaved) => {
        const setup = { ...sizes, interleave: isInterleaved ? 2 : 1 };
        const { microBatch, dataParallel, pipelineParallel } = setup;
        const round = microBatch * dataParallel * (isInterleaved ? pipelineParallel : 1);
        const found = nearestBatch(setup, sequences);
        expect(found % round).toBe(0);
        expect(found).toBeGreaterThan(0);
        if (sequences % round === 0) expect(found).toBe(sequences);
        if (sequences >= round) expect(Math.abs(found - sequences)).toBeLessThanOrEqual(round / 2);
      },
    ),
  );
});

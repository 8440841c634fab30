import fc from "fast-check";
import { expect, test } from "vitest";
import { wantedRun } from "../../../../test/support/simulated.ts";
import { planRun } from "../../plan/plan.ts";
import type { PlanRequest } from "../../plan/request.ts";
import { batchOf } from "./batch.ts";

test("is the planned one in every step unless it is to grow", () => {
  const plan = planRun(wantedRun("Llama-3.1-405B", "H100:1024", 1e12) as PlanRequest);
  expect(batchOf(plan).stages).toHaveLength(1);
  expect(batchOf(plan).stepsTotal).toBe(plan.steps);
  expect(batchOf(plan, { ramped: true }).stages.length).toBeGreaterThan(1);
});

test.each([
  ["Llama-3.1-8B", "H100:64"],
  ["Llama-3.1-405B", "H100:1024"],
])("knows for which steps the sequences of a batch were planned, %s", (model, gpus) => {
  const plan = planRun(wantedRun(model, gpus, 1e12) as PlanRequest);
  const batch = batchOf(plan, { ramped: true });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: batch.stepsTotal }), fc.nat(5000), (step, more) => {
      expect(batch.plannedFor(batch.consumed(step - 1), batch.consumed(step))).toEqual([
        { step, share: 1 },
      ]);
      const from = batch.consumed(step - 1) + 1;
      const shares = batch.plannedFor(from, from + 1 + more);
      expect(shares.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
      shares.forEach((one, i) => {
        expect(one.step).toBe((shares[0]?.step ?? 0) + i);
        expect(batch.consumed(one.step)).toBeGreaterThan(from);
        expect(one.share).toBeGreaterThan(0);
      });
    }),
  );
});

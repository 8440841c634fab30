import { expect, test } from "vitest";
import { ofType, pretraining, wantedRun } from "../../../../../test/support/simulated.ts";

test("an operator who stops a run for maintenance saves before it, and only then", () => {
  const wanted = wantedRun("Llama-3.1-8B", "H100:32", 40e9);
  const incidents = [{ kind: "planned-maintenance", step: 700 }] as const;
  const told = pretraining({ wanted, incidents, byChance: false }, 800);
  const [message] = ofType(told, "cluster-message").filter(({ code }) => code === "maintenance");
  const [stopped] = ofType(told, "run-interrupted");
  const [restored] = ofType(told, "run-restored");
  const between = ofType(told, "checkpoint-saved").filter(
    ({ atMs }) => atMs > (message?.atMs ?? 0) && atMs < (stopped?.atMs ?? 0),
  );
  expect(between).toHaveLength(1);
  expect(restored?.step).toBe(between[0]?.step);
  const stepMs = told.steps.at(-1)?.durationMs ?? 0;
  expect((restored?.lostSteps ?? 0) * stepMs).toBeLessThan(150_000);
});

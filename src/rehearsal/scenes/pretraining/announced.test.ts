import { expect, test } from "vitest";
import { ofType, pretraining, wantedRun } from "../../../../test/support/simulated.ts";

test.each([
  { model: "Llama-3.1-8B", gpus: "H100:32", step: 700 },
  // A step takes more than two minutes.
  { model: "Llama-3.1-70B", gpus: "H100:64", step: 63 },
  { model: "Llama-3.1-405B", gpus: "H100:512", step: 64 },
])("who stops $model for maintenance saves before it, and only then", ({ model, gpus, step }) => {
  const wanted = wantedRun(model, gpus, 400e9);
  const incidents = [{ kind: "planned-maintenance", step }] as const;
  const told = pretraining({ wanted, incidents, byChance: false }, step + 100);
  const [message] = ofType(told, "cluster-message").filter(({ code }) => code === "maintenance");
  const [stopped] = ofType(told, "run-interrupted");
  const [restored] = ofType(told, "run-restored");
  const between = ofType(told, "checkpoint-saved").filter(
    ({ atMs }) => atMs > (message?.atMs ?? 0) && atMs < (stopped?.atMs ?? 0),
  );
  expect(between).toHaveLength(1);
  expect(restored?.step).toBe(between[0]?.step);
  const stepMs = told.steps.at(-1)?.durationMs ?? 0;
  expect(((restored?.lostSteps ?? 0) - 1) * stepMs).toBeLessThan(150_000);
  expect(ofType(told, "cluster-message").map(({ code }) => code)).not.toContain(
    "checkpoint-overlap",
  );
});

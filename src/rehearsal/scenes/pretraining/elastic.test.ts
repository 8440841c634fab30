/** Jobs that go on without a node that nobody can replace. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ofType,
  pretraining,
  type RunRecording,
  wantedRun,
} from "../../../../test/support/simulated.ts";
import type { ClusterMessage } from "../../../events/cluster.ts";
import type { StepDone } from "../../../events/events.ts";
import type { SceneOptions } from "../../engine/scene.ts";
import { planRun } from "../../plan/plan.ts";
import type { PlanRequest } from "../../plan/request.ts";

/** Sixteen nodes, two of them a replica; the loss of one leaves another without its other half. */
const wanted = { ...wantedRun("Llama-3.1-70B", "H100:128", 30e9), failuresPerNodeDay: 0.01 };

const lonely: Partial<SceneOptions> = { seed: 3, wanted, spareNodes: 0 };

describe("a node that fails without a spare", () => {
  const told = pretraining({ ...lonely, incidents: [{ kind: "host-failure", step: 900 }] });
  const [cluster] = ofType(told, "cluster-described");
  const [stopped] = ofType(told, "run-interrupted");
  const [shrunk, grown] = ofType(told, "run-restored");
  const statuses = ofType(told, "cluster-status");
  const [full, fewer] = [cluster?.dataParallel ?? 0, shrunk?.dataParallel ?? 0];

  test("takes its replica out, and the job goes on with the others", () => {
    const replica = (cluster?.gpuCount ?? 0) / full;
    expect(replica % 8).toBe(0);
    expect(fewer).toBe(full - 1);
    expect(shrunk).toMatchObject({ worldSize: 128 - replica, nodesReplaced: [] });
    expect(stopped).toMatchObject({ symptom: "heartbeat-lost", elastic: true });
    expect(codes(told)).not.toContain("no-spare-node");
  });

  test("is told of in order, up to the return of the node and the larger job", () => {
    const story = codes(told).filter((code) => !["nccl-ready", "rendezvous"].includes(code));
    expect(story).toEqual([
      "node-unreachable",
      "workers-stopped",
      "spares-exhausted",
      "node-drained",
      "resharding",
      "checkpoint-loading",
      "node-returned",
      "workers-stopped",
      "resharding",
      "checkpoint-loading",
    ]);
    const jobSizes = messages(told, "rendezvous").map(({ values }) => values?.["worldSize"]);
    expect(jobSizes).toEqual([128, shrunk?.worldSize, 128]);
    const loads = messages(told, "checkpoint-loading").map(({ values }) => values);
    expect(loads).toMatchObject([
      { ranksBefore: 128, ranks: shrunk?.worldSize },
      { ranksBefore: shrunk?.worldSize, ranks: 128 },
    ]);
  });

  test("counts the node that failed as gone, not as ill", () => {
    const reduced = statuses.filter(({ worldSize }) => worldSize !== undefined);
    expect(reduced.some(({ state }) => state === "down")).toBe(true);
    expect(new Set(reduced.map(({ nodesHealthy }) => nodesHealthy))).toEqual(
      new Set([(shrunk?.worldSize ?? 0) / 8]),
    );
  });

  test("makes steps as long as the planner says of the replicas that are left", () => {
    const setup = planRun(wanted as PlanRequest).setup;
    const { checkpointSeconds, ...same } = setup;
    const [gpuCount, globalBatchSequences] = [
      shrunk?.worldSize ?? 0,
      shrunk?.globalBatchSequences ?? 0,
    ];
    const plan = planRun({ ...same, gpuCount, dataParallel: fewer, globalBatchSequences });
    const reduced = told.steps.filter(
      ({ atMs }) => atMs > (shrunk?.atMs ?? 0) && atMs < (grown?.atMs ?? 0),
    );
    expect(reduced.length).toBeGreaterThan(10);
    const usualMs = median(reduced.map(({ durationMs }) => durationMs));
    // It is night or day, and steps differ by a little.
    expect(Math.abs(usualMs / (plan.stepSeconds * 1000) - 1)).toBeLessThan(0.015);
    const mfu = median(reduced.map(({ text }) => text?.mfu ?? 0));
    expect(Math.abs(mfu / plan.mfu - 1)).toBeLessThan(0.015);
    for (const { text } of reduced)
      expect(text?.tokens).toBe(globalBatchSequences * setup.sequence);
    expect(plan.stepSeconds).toBeGreaterThan(planRun(wanted as PlanRequest).stepSeconds);
  });

  test("leaves a node that is well without work: under power, cold and spare", () => {
    const reduced = statuses.filter(({ worldSize, state }) => worldSize && state === "training");
    const [first] = reduced;
    expect(first).toMatchObject({ dataParallel: fewer, spareNodes: 1 });
    expect(first?.nodesInRepair).toEqual([stopped?.node]);
    const idle = first?.nodes.filter((one) => one.idle) ?? [];
    expect(idle).toHaveLength(1);
    for (const { powerWatts, utilisation, memoryBytes } of idle[0]?.gpus ?? []) {
      expect(powerWatts).toBeLessThan(120);
      expect([utilisation, memoryBytes]).toEqual([0, 0]);
    }
    const usual = median(
      statuses.filter((one) => !one.worldSize && one.state === "training").map(wattsOf),
    );
    expect(median(reduced.map(wattsOf)) / usual).toBeLessThan(0.93);
  });

  test("is taken in again right after a checkpoint, so that no step is lost", () => {
    const [, planned] = ofType(told, "run-interrupted");
    expect(planned).toMatchObject({ symptom: "nodes-returned", elastic: true });
    expect(grown).toMatchObject({ lostSteps: 0, step: planned?.step, dataParallel: full });
    expect(grown?.nodesReplaced).toContain(stopped?.node);
    expect(ofType(told, "checkpoint-saved").map(({ step }) => step)).toContain(grown?.step);
    expect(grown?.downtimeMs).toBeLessThan(shrunk?.downtimeMs ?? 0);
    expect(statuses.at(-1)?.worldSize).toBeUndefined();
  });

  test("is over in the truth when training goes on, and what follows is a stretch of its own", () => {
    const over = told.truths.find(({ type }) => type === "incident-over");
    expect(over).toMatchObject({
      atMs: shrunk?.atMs,
      lostSteps: shrunk?.lostSteps,
      downtimeMs: shrunk?.downtimeMs,
    });
    const resized = told.truths.filter(({ type }) => type === "world-resized");
    const planned = { worldSizePlanned: 128, dataParallelPlanned: full };
    expect(resized).toMatchObject([
      { atMs: shrunk?.atMs, dataParallel: fewer, ...planned },
      { atMs: grown?.atMs, dataParallel: full, ...planned },
    ]);
  });
});

test("the idle node of a broken replica replaces the next one that fails", () => {
  const incidents = [
    { kind: "host-failure", step: 900 },
    { kind: "gpu-lost", step: 901 },
    { kind: "gpu-lost", step: 902 },
  ] as const;
  const told = pretraining({ ...lonely, seed: 4, incidents }, 1100);
  const [shrunk, replaced, again] = ofType(told, "run-restored");
  const idle = ofType(told, "cluster-status").find(({ worldSize }) => worldSize);
  expect(replaced?.nodesReplaced).toEqual([idle?.nodes.find((one) => one.idle)?.node]);
  expect(replaced?.dataParallel).toBe(shrunk?.dataParallel);
  expect(again?.dataParallel).toBe((shrunk?.dataParallel ?? 0) - 1);
});

test("where not one replica is left, the job waits for the node", () => {
  const told = pretraining({
    seed: 4,
    wanted: wantedRun("Llama-3.1-70B", "H100:16", 4e8),
    spareNodes: 0,
    incidents: [{ kind: "host-failure", step: 20 }],
  });
  const [back] = ofType(told, "run-restored");
  expect(codes(told)).toEqual(expect.arrayContaining(["no-spare-node", "node-repaired"]));
  expect(back?.worldSize).toBeUndefined();
  expect(back?.downtimeMs).toBeGreaterThan(20 * 60_000);
  expect(told.news.at(-1)).toMatchObject({ type: "run-ended", outcome: "finished" });
});

test("however often nodes fail, every run comes to its last step, and its numbers agree", () => {
  let shrunk = 0;
  let grown = 0;
  const runs = fc.record({
    seed: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    spareNodes: fc.integer({ min: 0, max: 1 }),
    cluster: fc.constantFrom(
      ["Llama-3.1-70B", "H100:64", 2e9] as const,
      ["TinyLlama-1.1B", "H100:48", 12e9] as const,
      ["Mixtral-8x7B", "H100:64", 8e9] as const,
    ),
  });
  fc.assert(
    fc.property(runs, ({ cluster: [model, gpus, tokens], ...options }) => {
      const crowded = { ...wantedRun(model, gpus, tokens), failuresPerNodeDay: 3 };
      const told = pretraining({ ...options, wanted: crowded, byChance: true });
      expectWhole(told);
      const sizes = worldSizes(told);
      for (const [i, size] of sizes.entries()) {
        shrunk += size < (sizes[i - 1] ?? size) ? 1 : 0;
        grown += size > (sizes[i - 1] ?? size) ? 1 : 0;
      }
    }),
    { numRuns: 12, seed: 7 },
  );
  expect(shrunk).toBeGreaterThan(10);
  expect(grown).toBeGreaterThan(5);
});

/** What holds of every run, whatever happens to it. */
function expectWhole(told: RunRecording): void {
  const [cluster] = ofType(told, "cluster-described");
  const [plan] = ofType(told, "plan-made");
  const [dataset] = ofType(told, "dataset-described");
  const [recipe] = ofType(told, "recipe-described");
  const sequence = dataset?.sequenceTokens ?? 0;
  const gpus = cluster?.gpuCount ?? 0;
  const last = told.news.at(-1);
  expect(last).toMatchObject({ type: "run-ended", outcome: "finished", step: plan?.stepsTotal });
  for (const size of worldSizes(told)) {
    expect(size).toBeGreaterThan(0);
    expect(size).toBeLessThanOrEqual(gpus);
  }
  let worldSize = gpus;
  let batch = recipe?.globalBatchSequences ?? 0;
  let consumed = 0;
  let step = 0;
  const consumedAt = new Map([[0, 0]]);
  const wrong: StepDone[] = [];
  for (const one of told.news) {
    if (one.type === "run-restored") {
      expect(one.lostSteps).toBe(step - one.step);
      expect(one.consumedSamples).toBe(consumedAt.get(one.step));
      worldSize = one.worldSize ?? gpus;
      batch = one.globalBatchSequences ?? recipe?.globalBatchSequences ?? 0;
      consumed = one.consumedSamples;
      step = one.step;
    }
    if (one.type !== "step-done") continue;
    consumed += batch;
    consumedAt.set(one.step, consumed);
    const agrees = one.step === step + 1 && agreesWith(one, { consumed, batch, sequence });
    const flops = ((recipe?.flopsPerToken ?? 0) * batch * sequence * 1000) / one.durationMs;
    const useful = (one.text?.tflopsPerGpu ?? 0) * 1e12 * worldSize;
    if (!agrees || Math.abs(useful / flops - 1) > 0.01) wrong.push(one);
    step = one.step;
  }
  expect(wrong).toEqual([]);
  expect(ofType(told, "run-summarised")[0]?.tokens).toBe(consumed * sequence);
  expectPower(told);
}

interface Expected {
  readonly consumed: number;
  readonly batch: number;
  readonly sequence: number;
}

function agreesWith(
  { text, durationMs }: StepDone,
  { consumed, batch, sequence }: Expected,
): boolean {
  const { tokens = 0, tokensPerSecond = 0, consumedSamples, consumedTokens } = text ?? {};
  return (
    tokens === batch * sequence &&
    consumedSamples === consumed &&
    consumedTokens === consumed * sequence &&
    Math.abs((tokensPerSecond * durationMs) / 1000 / tokens - 1) < 1e-4
  );
}

function expectPower(told: RunRecording): void {
  const [cluster] = ofType(told, "cluster-described");
  const statuses = ofType(told, "cluster-status");
  const nodesAtMost = (cluster?.nodeCount ?? 0) + (cluster?.spareNodes ?? 0);
  // Collected: thousands of expectations would take longer than the run.
  const wrong = statuses.filter(({ energyJoules, powerWatts, atMs, ...status }, i) => {
    const inJob = (status.worldSize ?? cluster?.gpuCount ?? 0) / (cluster?.gpusPerNode ?? 8);
    const machines = new Set(status.nodes.map(({ node }) => node));
    const before = statuses[i - 1] ?? { energyJoules, atMs };
    const joules = (powerWatts * (atMs - before.atMs)) / 1000;
    return !(
      status.nodesHealthy <= inJob &&
      status.nodesHealthy + status.spareNodes <= nodesAtMost &&
      machines.size === status.nodes.length &&
      !status.nodesInRepair?.some((away) => machines.has(away)) &&
      Math.abs(energyJoules - before.energyJoules - joules) < 10
    );
  });
  expect(wrong).toEqual([]);
  // Whoever ends with fewer replicas had no checkpoint after the last node came back.
  const end = statuses.at(-1);
  if (end?.worldSize === undefined) return;
  const saved = ofType(told, "checkpoint-saved").findLast(({ reason }) => reason === "interval");
  const then = statuses.findLast(({ atMs }) => atMs <= (saved?.atMs ?? 0));
  expect(then?.nodesInRepair?.length ?? 0).toBeGreaterThan(0);
}

/** Of the start and after each restart. */
function worldSizes(told: RunRecording): number[] {
  const gpus = ofType(told, "cluster-described")[0]?.gpuCount ?? 0;
  return [gpus, ...ofType(told, "run-restored").map(({ worldSize = gpus }) => worldSize)];
}

function messages(told: RunRecording, code: string): ClusterMessage[] {
  return ofType(told, "cluster-message").filter((one) => one.code === code);
}

function codes(told: RunRecording): string[] {
  return ofType(told, "cluster-message").map(({ code }) => code);
}

function wattsOf({ powerWatts }: { readonly powerWatts: number }): number {
  return powerWatts;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

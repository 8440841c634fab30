/**
 * A pretraining on a cluster, from first principles: the plan gives step time, memory and power,
 * the laws give loss and gradient norm, and failures come as they do on real machines.
 */

import { fixedShare } from "../engine/chance.ts";
import { PRETRAINING_DRAW } from "../engine/draws.ts";
import { exp, ln, rounded } from "../engine/portable-math.ts";
import type { Scene, SceneItem } from "../engine/scene.ts";
import { INCIDENT_NAMES } from "../incidents/library.ts";
import { WEIGHT_BYTES } from "../plan/memory.ts";
import { companionsOf, EXPORT_RATE, outputPath, SHARD_BYTES_MAX, shardsOf } from "./export.ts";
import { checkpointPath, elapse } from "./pretraining/elapse.ts";
import { goodputOf, newRun, type PretrainingRun, post } from "./pretraining/pretraining-run.ts";
import { recover } from "./pretraining/recovery.ts";
import { ncclMs, ncclValues, rendezvousValues } from "./pretraining/restart.ts";
import { oneStep } from "./pretraining/step.ts";

/** Time until the machines are warm; samples before that say little. */
const WARM_UP_MS = 180_000;

export const llmPretraining: Scene = {
  name: "llm_pretraining",
  summary: "pretraining on a cluster, with physics, failures and restarts",
  takes: ["dialect", "model", "gpus", "tokens", "plan", "spares", "batchRamp"],
  incidents: INCIDENT_NAMES,
  start(options) {
    const run = newRun(options);
    return { isEven: true, items: story(run) };
  },
};

function* story(run: PretrainingRun): Generator<SceneItem> {
  yield* opening(run);
  while (run.step < run.stepsTotal) {
    const stop = yield* oneStep(run);
    if (stop !== undefined) yield* recover(run, stop);
  }
  yield* ending(run);
}

/** Durations of the start in seconds; all of them grow with the number of nodes. */
function startTimes({ seed, jobSize, plan }: PretrainingRun) {
  const size = 1 + ln(jobSize.nodes) / 8;
  const between = (low: number, high: number, which: number) =>
    size * (low + (high - low) * fixedShare(seed, 4, which));
  return {
    rendezvous: between(3, 8, PRETRAINING_DRAW.rendezvousTime),
    /** Each worker reads some gigabytes of Python and libraries from the shared storage. */
    imports: between(10, 28, PRETRAINING_DRAW.importTime),
    building: between(2, 6, PRETRAINING_DRAW.buildTime) + plan.memory.weights / 4e9,
    data: between(3, 12, PRETRAINING_DRAW.dataTime),
  };
}

function* opening(run: PretrainingRun): Generator<SceneItem> {
  const { described, plan, stepsTotal } = run;
  const { started, model, dataset, cluster, recipe } = described;
  const at = (seconds: number) => Math.round(seconds * 1000);
  const takes = startTimes(run);
  yield { atMs: 0, news: started };
  yield {
    atMs: at(0.2),
    news: { type: "phase-started", phase: "preparing", text: "Starting the job" },
  };
  yield { atMs: at(1.5), news: cluster };
  const rendezvous = rendezvousValues(run, 0);
  const launcher = { type: "cluster-message", level: "info", source: "launcher" } as const;
  const metMs = at(takes.rendezvous);
  yield { atMs: metMs, news: { ...launcher, code: "rendezvous", values: rendezvous } };
  const readyMs = metMs + at(takes.imports) + ncclMs(run);
  post(run, {
    atMs: readyMs,
    news: {
      type: "cluster-message",
      level: "info",
      source: "nccl",
      code: "nccl-ready",
      values: ncclValues(run),
    },
  });
  yield* elapse(run, readyMs + 1, "stalled");
  const builtMs = readyMs + at(takes.building);
  yield { atMs: builtMs, news: model };
  const openMs = builtMs + at(takes.data);
  yield { atMs: openMs, news: dataset };
  const { stepsPerCheckpoint, stepsPerEvaluation } = run.rhythm;
  yield { atMs: openMs + 500, news: { ...recipe, stepsPerCheckpoint, stepsPerEvaluation } };
  yield {
    atMs: openMs + 800,
    news: {
      type: "plan-made",
      epochsTotal: 1,
      stepsPerEpoch: stepsTotal,
      stepsTotal,
      batchSize: recipe.globalBatchSequences,
      tokensTotal: dataset.tokens,
      parameterCount: plan.parameters,
    },
  };
  for (const news of run.warnings) yield { atMs: openMs + 800, news };
  yield* elapse(run, openMs + 1400, "stalled");
  run.statusDueMs = run.nowMs + WARM_UP_MS;
  yield { atMs: run.nowMs, news: { type: "phase-started", phase: "training", text: "Training" } };
}

function* ending(run: PretrainingRun): Generator<SceneItem> {
  const { plan, described, stepsTotal, jobSize, machines } = run;
  yield {
    atMs: run.nowMs,
    news: { type: "phase-started", phase: "saving", text: "Saving the last checkpoint" },
  };
  const path = checkpointPath(run, stepsTotal);
  yield* elapse(run, run.nowMs + jobSize.writeMs, "saving");
  const saved = {
    step: stepsTotal,
    epoch: 1,
    path,
    bytes: plan.checkpointBytes,
    durationMs: jobSize.writeMs,
  };
  yield { atMs: run.nowMs, news: { type: "checkpoint-saved", ...saved, reason: "finished" } };
  yield {
    atMs: run.nowMs,
    news: { type: "phase-started", phase: "exporting", text: "Exporting the weights" },
  };
  const bytes = plan.parameters * WEIGHT_BYTES;
  const shards = shardsOf(plan.parameters, Math.ceil(bytes / SHARD_BYTES_MAX));
  const folder = outputPath(described.model.name);
  for (const [index, shard] of shards.entries()) {
    yield* elapse(run, run.nowMs + Math.round((shard.bytes / EXPORT_RATE) * 1000), "down");
    yield {
      atMs: run.nowMs,
      news: { type: "file-written", kind: "shard", path: shard.name, bytes: shard.bytes },
    };
    yield {
      atMs: run.nowMs,
      news: { type: "phase-progress", phase: "exporting", done: index + 1, total: shards.length },
    };
  }
  const { vocabulary, layers } = described.model;
  for (const file of companionsOf(vocabulary, shards.length, layers))
    yield { atMs: run.nowMs, news: file };
  const loss = run.recentLosses.at(-1) ?? 0;
  const elapsedMs = run.nowMs;
  yield {
    atMs: elapsedMs,
    news: {
      type: "run-summarised",
      elapsedMs,
      epochs: 1,
      steps: stepsTotal,
      loss,
      perplexity: rounded(exp(loss), 6),
      bestLoss: run.bestLoss,
      utilisation: 0.985,
      memoryBytesPeak: machines.peakMemoryBytes,
      path: folder,
      bytes,
      tokens: run.learned.tokens,
      energyJoules: Math.round(machines.energyJoules),
      goodput: rounded(goodputOf(run), 4),
      interruptions: run.restarts,
    },
  };
  yield {
    atMs: elapsedMs,
    news: { type: "run-ended", outcome: "finished", step: stepsTotal, elapsedMs },
  };
}

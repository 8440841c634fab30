/** Hand-made events of several jobs, for pictures that must not change with the simulator. */

import type { GpuStatus } from "../../src/events/cluster.ts";
import { type News, PROTOCOL_VERSION, type RunEvent } from "../../src/events/events.ts";

const STEPS = 400;

/** Each job another model, of another size, at another place of its run. */
export function exampleJob(job: number): readonly RunEvent[] {
  const gpuCount = 8 * 4 ** (job % 6);
  const steps = Math.round((STEPS * ((job * 37) % 100)) / 100);
  const news: News[] = [
    start(job, gpuCount),
    { type: "phase-started", phase: "preparing", text: "Starting the job" },
    machines(gpuCount),
    plan,
    { type: "phase-started", phase: "training", text: "Training" },
  ];
  for (let step = 1; step <= steps; step += 1) {
    news.push(stepDone(step, job));
    if (step % 50 === 0) news.push(saved(step), status(step, job));
  }
  if (job % 4 === 2) {
    news.push({
      type: "cluster-message",
      level: "error",
      source: "driver",
      code: "xid",
      node: 0,
      gpu: 1,
      values: { xid: 79 },
    });
    news.push({
      type: "run-interrupted",
      step: steps,
      symptom: "gpu-unreachable",
      node: 0,
    });
  }
  if (job % 4 === 3) {
    news.push({ type: "phase-started", phase: "validating", text: "Validating" });
    news.push({ type: "phase-progress", phase: "validating", done: 30, total: 80 });
  }
  return news.map((one, seq) => ({ ...one, seq, atMs: 7000 * seq }));
}

function start(job: number, gpuCount: number): News {
  const common = {
    protocol: PROTOCOL_VERSION,
    source: "simulated",
    program: "etude 0.0.0",
  } as const;
  return {
    ...common,
    type: "run-started",
    title: `Llama-3.1-${job}0B on ${gpuCount} H100`,
    seed: job,
    device: `${gpuCount} × H100`,
    configuration: {},
    resumedAtStep: 0,
    wallMs: 1_793_653_200_000,
  };
}

const plan: News = {
  type: "plan-made",
  epochsTotal: 1,
  stepsPerEpoch: STEPS,
  stepsTotal: STEPS,
  batchSize: 256,
  parameterCount: 8e9,
  tokensTotal: STEPS * 1e6,
};

function machines(gpuCount: number): News {
  const splits = { tensorParallel: 8, pipelineParallel: 1, contextParallel: 1, expertParallel: 1 };
  return {
    ...splits,
    type: "cluster-described",
    gpuName: "H100",
    gpuCount,
    nodeCount: gpuCount / 8,
    gpusPerNode: 8,
    spareNodes: 1,
    memoryBytesPerGpu: 80e9,
    network: "InfiniBand",
    master: "10.0.0.1:29500",
    backend: "nccl",
    versions: {},
    dataParallel: gpuCount / 8,
    sharding: "optimizer",
    plannedMemoryBytes: 60e9,
  };
}

function stepDone(step: number, job: number): News {
  const loss = 2 + 8 * Math.exp(-step / (20 + 10 * job));
  const consumed = { consumedSamples: 256 * step, consumedTokens: 1e6 * step };
  const speed = { tokensPerSecond: 1e6 / 7, tflopsPerGpu: 400, mfu: 0.404 };
  return {
    type: "step-done",
    step,
    epoch: 1,
    loss,
    learningRate: 3e-4,
    gradientNorm: 0.25,
    clipped: false,
    skipped: false,
    durationMs: 7000,
    text: { perplexity: Math.exp(loss), tokens: 1e6, ...consumed, ...speed },
  };
}

function saved(step: number): News {
  const path = `step-${step}`;
  return {
    type: "checkpoint-saved",
    step,
    epoch: 1,
    path,
    bytes: 112e9,
    durationMs: 4200,
    reason: "interval",
  };
}

/** One GPU in two is warm in every third job, and one is hot. */
function status(step: number, job: number): News {
  const gpus = Array.from({ length: 8 }, (_, i): GpuStatus => {
    const temperatureC = job % 3 !== 0 ? 64 : i === 7 ? 88 : 66 + 10 * (i % 2);
    return { utilisation: 0.99, temperatureC, powerWatts: 640 + i, memoryBytes: 70e9 };
  });
  return {
    type: "cluster-status",
    step,
    state: "training",
    nodesHealthy: 1,
    spareNodes: 1,
    utilisation: 0.99,
    temperatureC: 65,
    powerWatts: 5000,
    energyJoules: 1e9,
    goodput: 0.97,
    nodes: [0, 1].map((node) => ({ node, gpus })),
    memoryBytesTotal: 80e9,
  };
}

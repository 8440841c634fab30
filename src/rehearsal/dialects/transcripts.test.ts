import { expect, test } from "vitest";
import type { ClusterNews } from "../../events/cluster.ts";
import { type News, PROTOCOL_VERSION, type RunEvent, type StepDone } from "../../events/events.ts";
import { DIALECTS, type DialectName, openDialect } from "./dialects.ts";

const BATCH = 512;
const SEQUENCE = 8192;
const STEP_MS = 8120;

const described: readonly ClusterNews[] = [
  {
    type: "model-described",
    name: "Llama-3.1-8B",
    family: "Llama 3",
    parameters: 8_030_261_248,
    activeParameters: 8_030_261_248,
    layers: 32,
    hidden: 4096,
    heads: 32,
    kvHeads: 8,
    experts: 0,
    tokenizer: "Llama 3 BPE",
    vocabulary: 128_256,
    feedForward: 14_336,
    headSize: 128,
    tiedEmbeddings: false,
    gated: true,
  },
  {
    type: "dataset-described",
    name: "FineWeb",
    samples: 6 * BATCH,
    tokens: 6 * BATCH * SEQUENCE,
    sequenceTokens: SEQUENCE,
  },
  {
    type: "recipe-described",
    precision: "bf16",
    globalBatchSequences: BATCH,
    microBatch: 2,
    accumulation: 32,
    schedule: "cosine",
    peakLearningRate: 3e-4,
    warmupSteps: 2,
    clipNorm: 1,
    finalLearningRate: 3e-5,
    recompute: "selective",
    stepsPerCheckpoint: 2,
    stepsPerEvaluation: 2,
    flopsPerToken: 51_539_607_552,
    mfuConvention: "causal",
    planned: { stepMs: STEP_MS, tokensPerSecond: 516_539, mfu: 0.42, goodput: 0.97, days: 0.1 },
  },
];

const cluster: News = {
  type: "cluster-described",
  gpuName: "NVIDIA H100 80GB HBM3",
  gpuCount: 16,
  nodeCount: 2,
  gpusPerNode: 8,
  spareNodes: 1,
  memoryBytesPerGpu: 80e9,
  network: "400 Gb/s",
  master: "10.0.3.17:29500",
  backend: "nccl",
  versions: { torch: "2.12.1", cuda: "13.0", nccl: "2.29.7" },
  tensorParallel: 2,
  pipelineParallel: 1,
  dataParallel: 8,
  contextParallel: 1,
  expertParallel: 1,
  sharding: "optimizer",
  plannedMemoryBytes: 61.3e9,
};

const LOSSES = [11.9312, 10.4417, 9.2263, 8.9041, 8.5127, 8.2019];

/** Six steps on two machines; in the fourth a card is lost, and a spare machine takes over. */
const story: readonly (readonly [seconds: number, news: News])[] = [
  [0, started()],
  [1.5, cluster],
  [6, message("launcher", "rendezvous", { restart: 0, master: "10.0.3.17:29500", worldSize: 16 })],
  [11, message("nccl", "nccl-ready", { version: "2.29.7", ranks: 16, nodes: 2, ms: 3100 })],
  ...described.map((news, i): [number, News] => [12 + i, news]),
  [15, plan()],
  [16, { type: "phase-started", phase: "training", text: "Training" }],
  [64, step(1, 48_000)],
  [73, step(2)],
  [76, evaluation(2)],
  [81, step(3)],
  [88, saved(2)],
  [90.1, { ...message("driver", "xid", { xid: 79 }), level: "error", node: 1, gpu: 5, rank: 13 }],
  [104, { type: "run-interrupted", step: 3, symptom: "gpu-unreachable", node: 1, rank: 13 }],
  [130, { ...message("launcher", "node-drained"), node: 1, rank: 13 }],
  [150, { ...message("launcher", "node-joined", { spares: 0 }), node: 2 }],
  [
    190,
    message("launcher", "rendezvous", { restart: 1, master: "10.0.3.17:29500", worldSize: 16 }),
  ],
  [210, message("nccl", "nccl-ready", { version: "2.29.7", ranks: 16, nodes: 2, ms: 3100 })],
  [
    220,
    message("storage", "checkpoint-loading", { path: "checkpoints/x/step-00000002", bytes: 1e11 }),
  ],
  [260, restored()],
  [260, { type: "phase-started", phase: "training", text: "Training" }],
  [284, step(3, 24_000)],
  [293, step(4)],
  [301, step(5)],
  [309, step(6)],
  [309, { type: "phase-started", phase: "saving", text: "Saving the last checkpoint" }],
  [318, saved(6)],
  [318, { type: "run-ended", outcome: "finished", step: 6, elapsedMs: 318_000 }],
];

/** What is the same for all of them, or long: shown once, of Megatron-LM's first start. */
const COMMON = /NCCL INFO|site-packages\/torch|^ {2}[a-zA-Z_0-9]+ (?:\.| )(?! *:)/;

test.each(Object.keys(DIALECTS) as DialectName[])("%s reads like this", async (name) => {
  const dialect = openDialect(name);
  const lines = story.flatMap(([seconds, news], seq) => {
    return dialect.lines({ ...news, seq, atMs: Math.round(seconds * 1000) } as RunEvent);
  });
  const once = name === "megatron" ? lines.findIndex((line) => line.includes(" iteration ")) : 1;
  const shown = lines.filter((line, i) => i < once || !COMMON.test(line));
  await expect(`${shown.join("\n")}\n`).toMatchFileSnapshot(`__snapshots__/${name}.log`);
});

function started(): News {
  return {
    type: "run-started",
    protocol: PROTOCOL_VERSION,
    source: "simulated",
    title: "Llama-3.1-8B on 16 H100",
    program: "etude 0.0.0",
    seed: 4,
    device: "16 × NVIDIA H100 80GB HBM3",
    configuration: {},
    resumedAtStep: 0,
    wallMs: 1_795_322_225_000,
  };
}

function plan(): News {
  const sizes = { epochsTotal: 1, stepsPerEpoch: 6, stepsTotal: 6, batchSize: BATCH };
  return { type: "plan-made", ...sizes, parameterCount: 8_030_261_248 };
}

function message(
  source: "launcher" | "nccl" | "driver" | "storage",
  code: string,
  values: Record<string, string | number> = {},
): Extract<ClusterNews, { type: "cluster-message" }> {
  return { type: "cluster-message", level: "info", source, code, values };
}

function step(number: number, durationMs = STEP_MS): StepDone {
  const loss = LOSSES[number - 1] ?? 0;
  const tokens = BATCH * SEQUENCE;
  return {
    type: "step-done",
    step: number,
    epoch: 1,
    loss,
    learningRate: number === 1 ? 1.5e-4 : 3e-4 - 4.1e-5 * (number - 2),
    gradientNorm: 8.0171 / number,
    clipped: true,
    skipped: false,
    durationMs,
    text: {
      perplexity: Math.exp(loss),
      tokens,
      consumedSamples: number * BATCH,
      consumedTokens: number * tokens,
      tokensPerSecond: (tokens * 1000) / durationMs,
      tflopsPerGpu: (51.54 * tokens) / durationMs / 16,
      mfu: (51.54 * tokens) / durationMs / 16 / 989,
    },
  };
}

function evaluation(at: number): News {
  return {
    type: "evaluation-done",
    step: at,
    epoch: 1,
    batches: 1,
    loss: 9.8124,
    perplexity: 18_259.1,
    accuracy: 0.05,
    trainLoss: 10.4417,
    best: true,
    sinceBest: 0,
    tokensPerSecond: 1.5e6,
    durationMs: 2760,
  };
}

function saved(at: number): News {
  const file = { path: `checkpoints/x/step-0000000${at}`, bytes: 1e11, durationMs: 9310 };
  return { type: "checkpoint-saved", step: at, epoch: 1, ...file, reason: "interval" };
}

function restored(): News {
  return {
    type: "run-restored",
    step: 2,
    lostSteps: 1,
    consumedSamples: 2 * BATCH,
    consumedTokens: 2 * BATCH * SEQUENCE,
    downtimeMs: 156_000,
    path: "checkpoints/x/step-00000002",
    restart: 1,
    nodesReplaced: [2],
  };
}

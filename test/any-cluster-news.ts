/** News of a cluster with arbitrary contents, for tests of the wire. */

import fc from "fast-check";
import type { ClusterNews } from "../src/events/cluster.ts";

type Arbitraries = {
  readonly [T in ClusterNews["type"]]: fc.Arbitrary<Extract<ClusterNews, { type: T }>>;
};

const count = fc.nat();
const text = fc.string({ unit: "grapheme" });
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);

const gpu = fc.record(
  {
    utilisation: real,
    temperatureC: real,
    powerWatts: real,
    memoryBytes: count,
    clockMhz: count,
    tensorActive: real,
  },
  { requiredKeys: ["utilisation", "temperatureC", "powerWatts", "memoryBytes"] },
);

const activity = fc.record(
  { tensorActive: real, memoryActive: real, linkGbPerSecond: real, memoryRiseC: real },
  { requiredKeys: ["tensorActive", "memoryActive"] },
);

const node = fc.record(
  { node: count, idle: fc.constant(true), gpus: fc.array(gpu, { maxLength: 3 }) },
  { requiredKeys: ["node", "gpus"] },
);

const descriptions: Pick<
  Arbitraries,
  "model-described" | "dataset-described" | "cluster-described" | "recipe-described"
> = {
  "model-described": fc.record({
    type: fc.constant("model-described"),
    name: text,
    family: text,
    parameters: count,
    activeParameters: count,
    layers: count,
    hidden: count,
    heads: count,
    kvHeads: count,
    experts: count,
    tokenizer: text,
    vocabulary: count,
  }),
  "dataset-described": fc.record({
    type: fc.constant("dataset-described"),
    name: text,
    samples: count,
    tokens: count,
    sequenceTokens: count,
  }),
  "cluster-described": fc.record({
    type: fc.constant("cluster-described"),
    gpuName: text,
    gpuCount: count,
    nodeCount: count,
    gpusPerNode: count,
    spareNodes: count,
    memoryBytesPerGpu: count,
    network: text,
    master: text,
    backend: text,
    versions: fc.constant({ torch: "2.9.1" }),
    tensorParallel: count,
    pipelineParallel: count,
    dataParallel: count,
    contextParallel: count,
    expertParallel: count,
    sharding: text,
    plannedMemoryBytes: count,
  }),
  "recipe-described": fc.record({
    type: fc.constant("recipe-described"),
    precision: text,
    globalBatchSequences: count,
    microBatch: count,
    accumulation: count,
    schedule: fc.constantFrom("cosine", "wsd"),
    peakLearningRate: real,
    warmupSteps: count,
    clipNorm: real,
    flopsPerToken: real,
    mfuConvention: fc.constant("causal"),
    planned: fc.record({
      stepMs: real,
      tokensPerSecond: real,
      mfu: real,
      goodput: real,
      days: real,
    }),
  }),
};

/** Complete by construction: a new kind of news does not compile until it is here. */
export const anyClusterNews: Arbitraries = {
  ...descriptions,
  "cluster-message": fc.record(
    {
      type: fc.constant("cluster-message"),
      level: fc.constantFrom("info", "warning", "error"),
      source: fc.constantFrom("nccl", "driver", "launcher"),
      code: text,
      node: count,
      gpu: count,
      rank: count,
      values: fc.constant({ xid: 79, path: "a" }),
    },
    { requiredKeys: ["type", "level", "source", "code"] },
  ),
  "cluster-status": fc
    .tuple(
      fc.record({
        type: fc.constant("cluster-status"),
        step: count,
        state: fc.constantFrom("training", "hanging", "down"),
        nodesHealthy: count,
        spareNodes: count,
        utilisation: real,
        temperatureC: real,
        powerWatts: real,
        energyJoules: real,
        goodput: real,
        nodes: fc.array(node, { maxLength: 3 }),
        memoryBytesTotal: count,
      }),
      fc.record({ activity }, { requiredKeys: [] }),
    )
    .map(([status, doing]) => ({ ...status, ...doing })),
  "evaluation-done": fc.record({
    type: fc.constant("evaluation-done"),
    step: count,
    epoch: count,
    batches: count,
    loss: real,
    perplexity: real,
    accuracy: real,
    trainLoss: real,
    best: fc.boolean(),
    sinceBest: count,
    tokensPerSecond: real,
    durationMs: real,
  }),
  "run-interrupted": fc.record(
    {
      type: fc.constant("run-interrupted"),
      step: count,
      symptom: text,
      node: count,
      rank: count,
      elastic: fc.constant(true),
    },
    { requiredKeys: ["type", "step", "symptom"] },
  ),
  "run-restored": fc
    .tuple(
      fc.record({
        type: fc.constant("run-restored"),
        step: count,
        lostSteps: count,
        consumedSamples: count,
        consumedTokens: count,
        downtimeMs: real,
        path: text,
        restart: count,
        nodesReplaced: fc.array(count),
      }),
      fc.record(
        { worldSize: count, dataParallel: count, globalBatchSequences: count },
        { requiredKeys: [] },
      ),
    )
    .map(([restored, world]) => ({ ...restored, ...world })),
  "file-written": fc.record({
    type: fc.constant("file-written"),
    kind: fc.constantFrom("shard", "companion"),
    path: text,
    bytes: count,
  }),
  "run-summarised": fc.record({
    type: fc.constant("run-summarised"),
    elapsedMs: real,
    epochs: count,
    steps: count,
    loss: real,
    perplexity: real,
    bestLoss: real,
    utilisation: real,
    memoryBytesPeak: count,
    path: text,
    bytes: count,
    tokens: count,
    energyJoules: real,
    goodput: real,
    interruptions: count,
  }),
};

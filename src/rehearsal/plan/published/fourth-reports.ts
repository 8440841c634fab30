/**
 * Dense 16-bit runs of a fourth set: the step times that the builders of a model tell of its own
 * pretraining. `fourth-runs.ts` says what was collected and how.
 *
 * - MegaScale (NSDI 2024), table 2, its own rows, in a transcription; the baseline is in
 *   `held-out-runs.ts`, and shape, split and vocabulary are as there (768 sequences of 2,048 in
 *   32 s are its 49,000 tokens/s). Attention and feed-forward block work side by side, so one norm
 *   a layer; attention slides over a window, for which there is no field.
 * - EleutherAI Pythia, table 5: GPU hours, which its caption makes of the iteration times in the
 *   logs, 143,000 iterations and the number of GPUs. Splits: EleutherAI/pythia models/. Files that
 *   name no attention leave it open here.
 * - GPT-NeoX-20B: 117 teraflop/s on 96 GPUs. EleutherAI/gpt-neox counted 6 x parameters and 60 x
 *   tokens x hidden x layers then. 1,536 sequences by its config, 1,538 by the paper. One of four
 *   200 Gb/s cards serves two GPUs.
 * - OPT-175B: "up to" 147 teraflop/s by Megatron's formula with a second forward pass, on 992 GPUs
 *   that each hold a piece of everything (FSDP) beside eight-way tensor parallelism. 2M tokens are
 *   992 sequences, eight for each of 124 replicas. Its logbook's plan, 300 B tokens in 33 days on
 *   1,024 GPUs, is the same rate.
 * - BloombergGPT: 32.5 s a step on 64 p4d machines (400 Gb/s each), ZeRO stage 3 within 128 GPUs,
 *   569 B tokens in 139,200 steps.
 * - Nemotron-4 15B report, table 2: iteration times while the batch grows.
 * - Hugging Face's Smol training playbook: a 1B test bed on eight H100, 42,000 tokens/s per GPU.
 * - swiss-ai/Megatron-LM pull requests 23 (300M: its script and 0.9 s) and 29 (8B as it was before:
 *   430 and 413 teraflop/s, whole score matrix), the latter's split from pull request 33.
 */

import { type Architecture, countParameters } from "../../catalog/architecture.ts";
import { findModel } from "../../catalog/models.ts";
import { flopsPerToken } from "../flops.ts";
import { recomputedFlopsPerToken } from "./fourth-stacks.ts";
import { gpt, llama, nemotron, type Row, split } from "./published-run.ts";

const MEGASCALE: readonly Row[] = (
  [
    [256, 768, 32],
    [512, 768, 16.5],
    [768, 768, 11.5],
    [1024, 768, 8.9],
    [3072, 6144, 23.66],
    [6144, 6144, 12.21],
    [8192, 6144, 9.56],
    [12288, 6144, 6.34],
  ] as const
).map(([gpus, batch, seconds]) => ({
  name: `MegaScale 175B | ${gpus} A100`,
  shape: { ...gpt(96, 12288, 128), vocab: 64000, normsPerLayer: 1 },
  gpus: ["A100-80", gpus],
  parts: { ...split([8, 8, 6], [1, batch, 2048]), precision: "bf16", attention: "flash" },
  measured: { seconds },
}));

/** Layers, hidden, heads, vocabulary; GPUs, tensor, micro-batch; hours of all GPUs. */
const PYTHIA: readonly Row[] = (
  [
    ["70M", [6, 512, 8, 50304], [32, 1, 32], "fp16", {}, 510],
    ["160M", [12, 768, 12, 50304], [32, 1, 32], "fp16", { attention: "flash" }, 1030],
    ["410M", [24, 1024, 16, 50304], [32, 1, 32], "fp16", { attention: "flash" }, 2540],
    ["1B", [16, 2048, 8, 50304], [64, 1, 16], "bf16", {}, 4830],
    ["1.4B", [24, 2048, 16, 50304], [64, 1, 16], "fp16", { attention: "flash" }, 7120],
    ["2.8B", [32, 2560, 32, 50304], [64, 1, 16], "fp16", { attention: "flash" }, 14240],
    ["6.9B", [32, 4096, 32, 50432], [128, 2, 8], "fp16", { attention: "flash" }, 33500],
    ["12B", [36, 5120, 40, 50688], [256, 4, 4], "fp16", { attention: "flash" }, 72300],
  ] as const
).map(
  ([size, [layers, hidden, heads, vocab], [gpus, tensor, micro], precision, attention, hours]) => ({
    name: `Pythia | ${size}, ${gpus} A100-40`,
    shape: { ...gpt(layers, hidden, heads), vocab, tiedEmbeddings: false, positions: 0 },
    gpus: ["A100-40", gpus],
    parts: {
      ...split([tensor, 1, 1], [micro, 1024, 2048]),
      precision,
      ...attention,
      recompute: "full",
      sharding: "optimizer",
    },
    measured: { seconds: (hours * 3600) / (143_000 * gpus) },
  }),
);

const NEOX_20B: Architecture = findModel("GPT-NeoX-20B").shape;
const OPT_175B: Architecture = findModel("OPT-175B").shape;

const EARLY_REPORTS: readonly Row[] = [
  {
    name: "GPT-NeoX-20B | 96 A100-40",
    shape: NEOX_20B,
    gpus: ["A100-40", 96],
    nicGbPerSecond: 12.5,
    parts: {
      ...split([2, 4, 1], [4, 1536, 2048]),
      precision: "fp16",
      recompute: "full",
      attention: "unfused",
      sharding: "optimizer",
    },
    measured: {
      tokensPerSecond: 117e12 / (6 * countParameters(NEOX_20B).total + 60 * 2048 * 6144 * 44),
    },
  },
  {
    name: "OPT-175B | 992 A100",
    shape: OPT_175B,
    gpus: ["A100-80", 992],
    parts: {
      tensorParallel: 8,
      pipelineParallel: 1,
      globalBatchSequences: 992,
      sequence: 2048,
      precision: "fp16",
      recompute: "full",
      attention: "unfused",
      sharding: "full",
    },
    measured: { tokensPerSecond: 147e12 / recomputedFlopsPerToken(OPT_175B, 2048) },
  },
  {
    name: "BloombergGPT 50B | 512 A100-40",
    shape: { ...gpt(70, 7680, 40), vocab: 131072, positions: 0 },
    gpus: ["A100-40", 512],
    nicGbPerSecond: 6.25,
    parts: {
      tensorParallel: 1,
      pipelineParallel: 1,
      globalBatchSequences: 2048,
      sequence: 2048,
      precision: "bf16",
      recompute: "full",
      attention: "unfused",
      sharding: "full",
    },
    measured: { seconds: 32.5 },
  },
];

const NEMOTRON_15B: readonly Row[] = (
  [
    [768, 384, 0.57],
    [1536, 768, 0.58],
    [2304, 1152, 0.64],
  ] as const
).map(([gpus, batch, seconds]) => ({
  name: `Nemotron-4 15B report | ${gpus} H100`,
  shape: { ...nemotron(32, 6144, 48), kvHeads: 8 },
  gpus: ["H100", gpus],
  parts: {
    tensorParallel: 8,
    pipelineParallel: 1,
    globalBatchSequences: batch,
    sequence: 4096,
    precision: "bf16",
    sharding: "optimizer",
  },
  measured: { seconds },
}));

const SMOL_1B: Row = {
  name: "Smol playbook 1B | 8 H100",
  shape: { ...llama([16, 2048, 8], 8192, 128256), heads: 32, headDim: 64, tiedEmbeddings: true },
  gpus: ["H100", 8],
  parts: { ...split([1, 1, 1], [3, 384, 4096]), precision: "bf16" },
  measured: { tokensPerSecond: 42_000 },
};

const SWISS_8B = llama([32, 4096, 8], 14336, 131072);

const SWISS_AI: readonly Row[] = [
  {
    name: "Swiss AI | 300M, 32 GH200",
    shape: { ...llama([6, 2048, 4], 6144, 131072), tiedEmbeddings: true },
    gpus: ["GH200", 32],
    parts: { ...split([1, 1, 1], [2, 256, 4096]), precision: "bf16", sharding: "optimizer" },
    measured: { seconds: 0.9 },
  },
  ...(
    [
      [64, 430],
      [128, 413],
    ] as const
  ).map(([gpus, tflops]) => ({
    name: `Swiss AI | 8B, ${gpus} GH200`,
    shape: SWISS_8B,
    gpus: ["GH200", gpus] as const,
    parts: {
      ...split([2, 1, 1], [4, 512, 4096]),
      precision: "bf16" as const,
      sharding: "optimizer" as const,
    },
    measured: {
      tokensPerSecond: (tflops * 1e12) / flopsPerToken(SWISS_8B, 4096, "full-attention"),
    },
  })),
];

export const FOURTH_REPORTS: readonly Row[] = [
  ...MEGASCALE,
  ...PYTHIA,
  ...EARLY_REPORTS,
  ...NEMOTRON_15B,
  SMOL_1B,
  ...SWISS_AI,
];

/**
 * Dense 16-bit runs of a fourth set: the figures that builders of training stacks give for
 * configurations of their own. `fourth-runs.ts` says what was collected and how.
 *
 * - NVIDIA/Megatron-LM images/tables.tex and README.md of autumn 2020: iteration times in ms of
 *   four models of 1,024 tokens. Its teraflop/s follow from them only if everything is computed
 *   twice in the forward pass; there was no accumulation yet, so a replica's batch is one piece.
 *   A100 of 40 GB (there was no other), and the V100 of a DGX-2, which is clocked a little higher
 *   than ours.
 * - Narayanan et al. 2021, table 2, its own method, in a transcription: teraflop/s by the formula
 *   with a second forward pass. The models of table 1 are in `held-out-runs.ts`.
 * - alpa-projects/alpa osdi22_artifact/results_e2e.tsv, "auto": Alpa's own figures with the plans that
 *   its search found, which are not beside them; the formula is in benchmark/alpa/util.py and the
 *   shapes, batch and recomputation in its suites. Eight machines of eight V100 at 25 Gb/s each (the
 *   paper). Everything is compiled, by XLA.
 * - NVIDIA/NeMo-Framework-Launcher README.md, "Performance", GPT 5B on A100 of 80 GB. NeMo Megatron
 *   22.08, with two-way tensor parallelism: 1,440 sequences as its table of the whole run says, and
 *   as its numbers of nodes all divide. NeMo Framework 23.07, with replicas and a distributed
 *   optimiser: 2,048 sequences by conf/training/gpt3/5b.yaml; only the numbers of GPUs that 22.08
 *   does not have. Fused attention came in 23.03. Batches of its 175B are not found.
 * - NVIDIA/Megatron-LM README.md of July 2024: GPT-3 175B, 47 % of the peak on 96 H100 and 42 % on
 *   4,608, at 1,152 sequences of 4,096 tokens, vocabulary 131,072. Megatron counted the whole score
 *   matrix then. The split is only in a picture.
 * - InternLM/InternLM doc/en/train_performance.md: the 7B on 512 and 1,024 GPUs (`fresh-megatron.ts`
 *   has 8 and 128), 4 links of 100 Gb/s for the eight GPUs of a machine.
 * - Dao-AILab/flash-attention training/README.md and training/configs: tokens/s of eight GPUs with
 *   its own fused kernels. FlashAttention-2 paper, table 1: 220 and 225 teraflop/s at 8k tokens,
 *   by 6 x parameters + 12 x layers x hidden x tokens; batches by the configs. The 2.7B has 20
 *   heads by the README and the file for 2k, 32 by the one for 8k; 20 is here. Its rows at 2k are
 *   the README's once more and left out.
 * - NVIDIA/dgxc-benchmarking: the examples of the readmes of Nemotron and Llama 3.1.
 * - NVIDIA's Megatron Bridge card of Qwen3 8B: said to be not tuned.
 * - hpcaitech/ColossalAI examples/language/llama2: README.md and scripts/benchmark_7B/gemini.sh;
 *   fp16 is the default. Its 167 teraflop/s are 8 x parameters x tokens.
 * - DeepSpeed's post on mixtures of experts (December 2021), the dense 6.7B: 70 samples/s. Memory
 *   of the A100, batch and recomputation by the Megatron-DeepSpeed example that it points to.
 */

import { type Architecture, countParameters } from "../../catalog/architecture.ts";
import { findModel } from "../../catalog/models.ts";
import { flopsPerToken } from "../flops.ts";
import {
  GPT3_175B,
  gpt,
  LLAMA_405B,
  llama,
  NEMOTRON_340B,
  nemotron,
  type Row,
  split,
} from "./published-run.ts";

/** Megatron's formula of 2021, with a second forward pass. */
export function recomputedFlopsPerToken(shape: Architecture, sequence: number): number {
  const { layers, hidden, vocab } = shape;
  return 96 * layers * hidden ** 2 * (1 + sequence / (6 * hidden) + vocab / (16 * layers * hidden));
}

/** Before flash attention, every layer computed twice. */
const MEGATRON_CLASSIC = { precision: "fp16", recompute: "full", attention: "unfused" } as const;

const MEGATRON_2020: readonly Row[] = (
  [
    ["1B", [24, 1920, 15], 1, [1121, 1076, 1153]],
    ["2B", [30, 2304, 18], 2, [1093, 1026, 1101]],
    ["4B", [36, 3072, 24], 4, [1238, 1162, 1242]],
    ["8B", [42, 4096, 32], 8, [1407, 1343, 1380]],
  ] as const
).flatMap(([size, [layers, hidden, heads], tensor, [volta, ampere, cluster]]) =>
  (
    [
      ["V100-32", 1, 8, volta],
      ["A100-40", 1, 16, ampere],
      ["A100-40", 128, 16, cluster],
    ] as const
  ).map(([gpu, replicas, micro, milliseconds]) => ({
    name: `Megatron 2020 ${gpu} | ${size}, ${replicas * tensor} GPUs`,
    shape: { ...gpt(layers, hidden, heads), positions: 1024 },
    gpus: [gpu, replicas * tensor] as const,
    parts: { ...split([tensor, 1, 1], [micro, micro * replicas, 1024]), ...MEGATRON_CLASSIC },
    measured: { seconds: milliseconds / 1000 },
  })),
);

/** Layers, hidden, heads; stages, sequences; GPUs and their teraflop/s. */
const MEGATRON_2021: readonly Row[] = (
  [
    ["175B", [96, 12288, 96], [12, 1536], 384, 153],
    ["175B", [96, 12288, 96], [12, 1536], 768, 149],
    ["175B", [96, 12288, 96], [12, 1536], 1536, 141],
    ["530B", [105, 20480, 128], [35, 2240], 560, 171],
    ["530B", [105, 20480, 128], [35, 2240], 1120, 167],
    ["530B", [105, 20480, 128], [35, 2240], 2240, 159],
  ] as const
).map(([size, [layers, hidden, heads], [pipeline, batch], gpus, tflops]) => {
  const shape = gpt(layers, hidden, heads);
  return {
    name: `Megatron PTD-P | ${size}, ${gpus} A100`,
    shape,
    gpus: ["A100-80", gpus],
    parts: {
      tensorParallel: 8,
      pipelineParallel: pipeline,
      microBatch: 1,
      globalBatchSequences: batch,
      sequence: 2048,
      ...MEGATRON_CLASSIC,
    },
    measured: { tokensPerSecond: (tflops * 1e12) / recomputedFlopsPerToken(shape, 2048) },
  };
});

/** Layers, hidden, heads; GPUs and their teraflop/s. */
const ALPA: readonly Row[] = (
  [
    ["350M", [24, 1024, 16], 1, 45.07],
    ["760M", [24, 1536, 16], 2, 57.92],
    ["1.3B", [24, 2048, 32], 4, 58.21],
    ["2.6B", [32, 2560, 32], 8, 61.61],
    ["6.7B", [32, 4096, 32], 16, 60],
    ["15B", [48, 5120, 40], 32, 59.9],
    ["39B", [48, 8192, 64], 64, 57],
  ] as const
).map(([size, [layers, hidden, heads], gpus, tflops]) => {
  const shape = { ...gpt(layers, hidden, heads), positions: 1024 };
  return {
    name: `Alpa | GPT ${size}, ${gpus} V100`,
    shape,
    gpus: ["V100-16", gpus],
    nicGbPerSecond: 25 / 8 / 8,
    parts: {
      globalBatchSequences: 1024,
      sequence: 1024,
      compiled: true,
      // Found by a search over all of them.
      tuned: true,
      ...MEGATRON_CLASSIC,
    },
    measured: { tokensPerSecond: (tflops * 1e12) / recomputedFlopsPerToken(shape, 1024) },
  };
});

const NEMO_5B: Architecture = { ...gpt(24, 4096, 32), vocab: 50304 };

/** GPUs and tokens/s of all. */
const NEMO_2022: readonly Row[] = (
  [
    [8, 39543],
    [16, 79128],
    [40, 195047],
    [72, 344523],
    [80, 383500],
    [144, 670254],
    [160, 731791],
  ] as const
).map(([gpus, tokens]) => ({
  name: `NeMo Megatron 22.08 5B | ${gpus} A100`,
  shape: NEMO_5B,
  gpus: ["A100-80", gpus],
  parts: {
    tensorParallel: 2,
    pipelineParallel: 1,
    globalBatchSequences: 1440,
    sequence: 2048,
    precision: "bf16",
    attention: "unfused",
  },
  measured: { tokensPerSecond: tokens / gpus },
}));

const NEMO_2023: readonly Row[] = (
  [
    [32, 161754],
    [64, 312774],
    [128, 659481],
    [256, 1159288],
  ] as const
).map(([gpus, tokens]) => ({
  name: `NeMo Framework 23.07 5B | ${gpus} A100`,
  shape: NEMO_5B,
  gpus: ["A100-80", gpus],
  parts: {
    tensorParallel: 1,
    pipelineParallel: 1,
    globalBatchSequences: 2048,
    sequence: 2048,
    precision: "bf16",
    sharding: "optimizer",
  },
  measured: { tokensPerSecond: tokens / gpus },
}));

const GPT3_131K: Architecture = { ...GPT3_175B, vocab: 131072, positions: 4096 };

const MEGATRON_CORE: readonly Row[] = (
  [
    [96, 0.47],
    [4608, 0.42],
  ] as const
).map(([gpus, utilisation]) => ({
  name: `Megatron-Core 2024 175B | ${gpus} H100`,
  shape: GPT3_131K,
  gpus: ["H100", gpus],
  parts: { globalBatchSequences: 1152, sequence: 4096, precision: "bf16" },
  measured: {
    tokensPerSecond: (utilisation * 989e12) / flopsPerToken(GPT3_131K, 4096, "full-attention"),
  },
}));

const INTERNEVO: readonly Row[] = (
  [
    [512, 4096, 3835],
    [1024, 8192, 3625],
    [512, 2048, 3084],
    [1024, 2048, 2346],
  ] as const
).map(([gpus, batch, tokensPerSecond]) => ({
  name: `InternEvo 7B large | ${gpus} A100, batch ${batch}`,
  shape: llama([32, 4096, 32], 11008, 103168),
  gpus: ["A100-80", gpus],
  nicGbPerSecond: 6.25,
  parts: {
    ...split([1, 1, 1], [2, batch, 2048]),
    precision: "bf16",
    compiled: false,
    attention: "flash",
    recompute: "none",
  },
  measured: { tokensPerSecond },
}));

function flashGpt(size: readonly [number, number, number], positions: number): Architecture {
  return { ...gpt(...size), vocab: 50264, positions };
}

const FLASH_PARTS = {
  precision: "bf16",
  compiled: true,
  attention: "flash",
  recompute: "none",
} as const;

/** Layers, hidden, heads; micro-batch, sequences; thousand tokens/s of all GPUs. */
const FLASH_TRAINER: readonly Row[] = (
  [
    ["125M", [12, 768, 12], [32, 256], "none", 1310],
    ["355M", [24, 1024, 16], [16, 256], "none", 503],
    ["760M", [24, 1536, 16], [16, 256], "optimizer", 245],
    ["1.3B", [24, 2048, 16], [8, 512], "optimizer", 169],
    ["2.7B", [32, 2560, 20], [4, 512], "optimizer", 85],
  ] as const
).map(([size, shape, [micro, batch], sharding, kiloTokens]) => ({
  name: `FlashAttention trainer | GPT ${size}, 8 A100`,
  shape: flashGpt(shape, 2048),
  gpus: ["A100-80", 8],
  parts: { ...split([1, 1, 1], [micro, batch, 2048]), ...FLASH_PARTS, sharding },
  measured: { tokensPerSecond: (kiloTokens * 1000) / 8 },
}));

const FLASH_2_LONG: readonly Row[] = (
  [
    ["1.3B", [24, 2048, 16], 220],
    ["2.7B", [32, 2560, 20], 225],
  ] as const
).map(([size, [layers, hidden, heads], tflops]) => {
  const shape = flashGpt([layers, hidden, heads], 8192);
  const flops = 6 * countParameters(shape).total + 12 * layers * hidden * 8192;
  return {
    name: `FlashAttention-2 paper | GPT ${size}, 8 A100, 8192 tokens`,
    shape,
    gpus: ["A100-80", 8],
    parts: { ...split([1, 1, 1], [4, 128, 8192]), ...FLASH_PARTS, sharding: "optimizer" },
    measured: { tokensPerSecond: (tflops * 1e12) / flops },
  };
});

const NVIDIA_PAGES: readonly Row[] = (
  [
    [
      "DGXC fourth Nemotron 15B",
      { ...nemotron(32, 6144, 48), kvHeads: 8 },
      ["H100", 64],
      { ...split([2, 1, 1], [2, 256, 4096]) },
      2.693,
    ],
    [
      "DGXC fourth Nemotron 340B",
      NEMOTRON_340B,
      ["H100", 256],
      { ...split([8, 8, 12], [1, 64, 4096]) },
      4.31,
    ],
    [
      "DGXC fourth Llama 405B",
      LLAMA_405B,
      ["GB200", 256],
      { ...split([4, 8, 8], [1, 128, 8192]), contextParallel: 2 },
      9.479,
    ],
    [
      "Bridge card Qwen3 8B",
      findModel("Qwen3-8B").shape,
      ["H100", 16],
      { ...split([1, 1, 1], [1, 1024, 4096]) },
      25.07032,
    ],
  ] as const
).map(([name, shape, gpus, parts, seconds]) => ({
  name: `${name} bf16 | ${gpus[1]} ${gpus[0]}`,
  shape,
  gpus,
  parts: { ...parts, precision: "bf16" },
  measured: { seconds },
}));

const COLOSSAL_AI: Row = {
  name: "Colossal-AI Gemini 7B | 32 A800",
  shape: llama([32, 4096, 32], 11008, 32000),
  gpus: ["A800-80", 32],
  parts: {
    ...split([1, 1, 1], [16, 512, 4096]),
    precision: "fp16",
    compiled: false,
    attention: "flash",
    recompute: "full",
    sharding: "full",
  },
  measured: { seconds: 512 / 24.26 },
};

const DEEPSPEED: Row = {
  name: "DeepSpeed NLG 6.7B dense | 128 A100",
  shape: gpt(32, 4096, 32),
  gpus: ["A100-80", 128],
  parts: { globalBatchSequences: 1024, sequence: 2048, ...MEGATRON_CLASSIC, sharding: "optimizer" },
  measured: { seconds: 1024 / 70 },
};

export const FOURTH_STACKS: readonly Row[] = [
  ...MEGATRON_2020,
  ...MEGATRON_2021,
  ...ALPA,
  ...NEMO_2022,
  ...NEMO_2023,
  ...MEGATRON_CORE,
  ...INTERNEVO,
  ...FLASH_TRAINER,
  ...FLASH_2_LONG,
  ...NVIDIA_PAGES,
  COLOSSAL_AI,
  DEEPSPEED,
];

/**
 * Dense runs in 16 bits of a third set, written down before any figure of the planner was looked
 * at for them. What a page does not state is left open.
 *
 * - bigscience-workshop/bigscience train/tr11-176B-ml/chronicles-prequel.md: from "GBS Variations"
 *   on, every fifth row from the second, without rows that ran out of memory, without 78 layers on
 *   12 stages (uneven, as the page says itself) and without the row of `held-out-runs.ts`. fp16
 *   until "Rebalancing layers", bf16 from there. The softmax is a fused kernel on the whole score
 *   matrix; ZeRO stage 1. And train/tr1-13B-base/README.md: the last step, on 128 nodes.
 * - Hugging Face nanotron/old_bench, llama-1B: `log_metrics.csv` of runs on 8 and 16 GPUs, the
 *   largest micro-batch seen for each split, median of steps 8 to 12 (a profiler ran before them).
 *   Shape and settings: huggingface/bench_cluster. Runs on 64 GPUs jump between 2.5 and 10 s
 *   within one log and are left out.
 * - NVIDIA/dgxc-benchmarking: llama3.1/README_405b.md (its models of 7 to 42 layers),
 *   ft_llama3/README_8b.md and README_70b.md (full fine-tuning), llama3.1/README.md (GB200).
 * - mosaicml/llm-foundry scripts/train/benchmarking/README.md: of the rows that neither
 *   `held-out-runs.ts` nor `fresh-sharded.ts` has, in the order of the page, every seventh for
 *   H100 and every fourteenth of each A100 table.
 * - pytorch/pytorch.github.io _posts/2024-03-13-maximizing-training.md, table 1. What it calls
 *   selective recomputes whole blocks; how many is not said, so that is open.
 * - pytorch/torchtitan benchmarks/asyncTP_llama3_h100_2025-06_torchtitan.md (plain tensor
 *   parallelism) and docs/performance.md of 2024 (405 B on 128 GPUs); 8,192 tokens are the default
 *   of their recipes.
 * - VectorInstitute/vectorlm docs/reference_throughput.md (four GPUs) and profiling/configs: the
 *   median over micro-batches, of which every fourth also has the optimiser's step.
 * - alibaba/Megatron-LLaMA README.md, with its overlapped optimiser.
 * - FlagOpen/FlagPerf training/nvidia and training/benchmarks: a row for each model and split. For
 *   A100 of 40 GB the Paddle page says 2 M tokens a step, its accumulation 4 M: the latter is here.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import {
  gpt,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  llama,
  mpt,
  OMNI_PATH_NIC,
  type Row,
  split,
} from "./published-run.ts";

const LLAMA2_7B = llama([32, 4096, 32], 11008, 32000);
const LLAMA2_13B = llama([40, 5120, 40], 13824, 32000);
const LLAMA2_70B = llama([80, 8192, 8], 28672, 32000);

/** Attention biases, layer norms and tied tables as in BLOOM; no learned positions. */
function alibi(layers: number, hidden: number, heads: number): Architecture {
  return { ...gpt(layers, hidden, heads), vocab: 250880, positions: 0 };
}

/** 384 A100 each; layers, hidden, heads; tensor, pipeline; micro-batch, sequences; seconds. */
const BIGSCIENCE: readonly Row[] = (
  [
    ["fp16", [72, 14336, 64], [8, 6], [4, 2048], 114.11],
    ["fp16", [72, 14336, 64], [8, 12], [2, 2048], 128.82],
    ["fp16", [72, 14336, 64], [8, 2], [2, 2016], 136.13],
    ["fp16", [72, 14336, 64], [4, 6], [2, 2048], 111.71],
    ["fp16", [96, 12288, 64], [1, 48], [1, 2048], 142.17],
    ["fp16", [72, 14336, 128], [4, 12], [4, 2048], 137.53],
    ["fp16", [84, 13312, 64], [8, 6], [2, 2048], 129.61],
    ["fp16", [106, 12288, 64], [4, 12], [2, 2048], 110.96],
    ["bf16", [100, 12288, 64], [8, 6], [2, 2048], 139.72],
    ["bf16", [82, 13312, 128], [4, 12], [2, 2048], 108.78],
  ] as const
).map(([precision, [layers, hidden, heads], [tensor, pipeline], [micro, batch], seconds]) => ({
  name: `BigScience prequel ${precision} | ${layers} x ${hidden}, ${heads} heads, TP${tensor} PP${pipeline}, micro ${micro}`,
  shape: alibi(layers, hidden, heads),
  gpus: ["A100-80", 384],
  nicGbPerSecond: OMNI_PATH_NIC,
  parts: {
    ...split([tensor, pipeline, 1], [micro, batch, 2048]),
    precision,
    recompute: "full",
    attention: "unfused",
    sharding: "optimizer",
  },
  measured: { seconds },
}));

const BIGSCIENCE_V100: Row = {
  name: "BigScience 13B | 512 V100, TP2 PP4",
  shape: { ...gpt(40, 5120, 32), vocab: 50304 },
  gpus: ["V100-32", 512],
  parts: {
    tensorParallel: 2,
    pipelineParallel: 4,
    globalBatchSequences: 1024,
    sequence: 2048,
    precision: "fp16",
    recompute: "full",
    sharding: "optimizer",
  },
  measured: { seconds: 13.2482 },
};

/** Grids are tensor, pipeline; the rest are replicas. */
const NANOTRON: readonly Row[] = (
  [
    [16, [1, 1], 1, 10.9],
    [16, [8, 2], 32, 16.7],
    [16, [4, 4], 8, 16.3],
    [16, [1, 8], 4, 28.1],
    [16, [2, 8], 2, 62.8],
    [16, [1, 16], 1, 47.9],
    [8, [8, 1], 8, 26.2],
  ] as const
).map(([count, [tensor, pipeline], micro, seconds]) => ({
  name: `nanotron old bench 1B | ${count} H100, TP${tensor} PP${pipeline}, micro ${micro}`,
  shape: {
    ...llama([24, 2048, 32], 4096, 50257),
    heads: 32,
    headDim: 64,
    tiedEmbeddings: true,
  },
  gpus: ["H100", count],
  parts: {
    ...split([tensor, pipeline, 1], [micro, 1024, 4096]),
    precision: "bf16",
    compiled: false,
    sharding: "optimizer",
  },
  measured: { seconds },
}));

/** The recipes of fewer layers run with GPT-2's tokens, as the full one does. */
function proxy(layers: number): Architecture {
  return { ...LLAMA_405B, layers, vocab: 50304 };
}

/** Tensor, pipeline, interleave, context; micro-batch, sequences, tokens. */
const DGX_CLOUD: readonly Row[] = (
  [
    ["405B, 7 layers", proxy(7), ["H100", 32], [8, 1, 1, 2], [1, 126, 8192], 8.85],
    ["405B, 21 layers", proxy(21), ["H100", 96], [8, 3, 7, 2], [1, 126, 8192], 8.75],
    ["405B, 42 layers", proxy(42), ["H100", 192], [8, 3, 7, 2], [1, 252, 8192], 16.93],
    ["8B SFT", LLAMA_8B, ["H100", 8], [1, 1, 1, 1], [1, 32, 4096], 1.32],
    ["8B SFT", LLAMA_8B, ["H100", 32], [1, 1, 1, 1], [1, 128, 4096], 1.33],
    ["70B SFT", LLAMA_70B, ["H100", 32], [4, 4, 5, 1], [1, 32, 4096], 3.36],
    ["405B", LLAMA_405B, ["GB200", 128], [4, 8, 8, 2], [1, 64, 8192], 9.347],
  ] as const
).map(([name, shape, gpus, [tensor, pipeline, interleave, context], batch, seconds]) => ({
  name: `DGXC third ${name} bf16 | ${gpus[1]} ${gpus[0]}`,
  shape,
  gpus,
  parts: {
    ...split([tensor, pipeline, interleave], batch),
    contextParallel: context,
    precision: "bf16",
  },
  measured: { seconds },
}));

const MPT_125M = mpt(12, 768, 12);
const MPT_350M = mpt(24, 1024, 16);
const MPT_760M = mpt(24, 1536, 12);
const MPT_1B = mpt(24, 2048, 16);
const MPT_3B = mpt(32, 2560, 20);
const MPT_7B = mpt(32, 4096, 32);

const LLM_FOUNDRY: readonly Row[] = (
  [
    ["13B", mpt(40, 5120, 40), ["H100", 8], [10, 240, 4096], "full", 4717],
    ["3B", MPT_3B, ["H100", 8], [3, 144, 32768], "full", 5873],
    ["1B", MPT_1B, ["H100", 8], [1, 32, 32768], "none", 12025],
    ["1B", MPT_1B, ["H100", 8], [56, 1792, 512], "none", 52275],
    ["760M", MPT_760M, ["H100", 8], [96, 1536, 512], "none", 83749],
    ["7B", MPT_7B, ["A100-80", 8], [64, 1024, 1024], "full", 4357],
    ["760M", MPT_760M, ["A100-80", 8], [1, 16, 32768], "none", 8802],
    ["125M", MPT_125M, ["A100-80", 8], [1, 16, 65536], "none", 20368],
    ["7B", MPT_7B, ["A100-40", 8], [3, 96, 8192], "full", 2887],
    ["3B", MPT_3B, ["A100-40", 16], [5, 80, 2048], "none", 9750],
    ["760M", MPT_760M, ["A100-40", 8], [1, 32, 32768], "full", 7183],
    ["350M", MPT_350M, ["A100-40", 64], [18, 1152, 2048], "none", 52689],
    ["125M", MPT_125M, ["A100-40", 8], [52, 1248, 1024], "none", 148289],
  ] as const
).map(([size, shape, gpus, batch, recompute, tokensPerSecond]) => ({
  name: `llm-foundry ${size} ${gpus[0]} | ${gpus[1]} GPUs, ${batch[2]} tokens`,
  shape: { ...shape, positions: batch[2] },
  gpus,
  parts: {
    ...split([1, 1, 1], batch),
    precision: "bf16",
    compiled: false,
    attention: "flash",
    recompute,
    sharding: "full",
  },
  measured: { tokensPerSecond },
}));

const LLAMA2_34B = llama([48, 8192, 8], 22016, 32000);

/** Two sequences of 4,096 tokens on each GPU. */
const PYTORCH_BLOG: readonly Row[] = (
  [
    ["13B", LLAMA2_13B, ["A100-80", 128], undefined, 1800],
    ["34B", LLAMA2_34B, ["A100-80", 128], "full", 700],
    ["70B", LLAMA2_70B, ["A100-80", 128], "full", 370],
    ["7B", LLAMA2_7B, ["H100", 96], "none", 7500],
    ["13B", LLAMA2_13B, ["H100", 96], undefined, 3800],
    ["34B", LLAMA2_34B, ["H100", 96], "full", 1550],
    ["70B", LLAMA2_70B, ["H100", 96], "full", 800],
  ] as const
).map(([size, shape, gpus, recompute, tokensPerSecond]) => ({
  name: `PyTorch FSDP blog ${gpus[0]} | ${size}`,
  shape,
  gpus,
  parts: {
    ...split([1, 1, 1], [2, 2 * gpus[1], 4096]),
    precision: "bf16",
    compiled: false,
    attention: "flash",
    sharding: "full",
    ...(recompute ? { recompute } : {}),
  },
  measured: { tokensPerSecond },
}));

/** Weights sharded over what eight-way tensor parallelism leaves. */
const TORCHTITAN: readonly Row[] = (
  [
    ["8B", LLAMA_8B, 64, [12, 96, 8192], { recompute: "selective", compiled: true }, 4378],
    ["70B", LLAMA_70B, 256, [16, 512, 8192], { recompute: "full", compiled: true }, 597.3],
    ["405B", LLAMA_405B, 128, [2, 32, 8192], { recompute: "full" }, 109],
  ] as const
).map(([size, shape, count, batch, more, tokensPerSecond]) => ({
  name: `torchtitan TP8 ${size} bf16 | ${count} H100`,
  shape,
  gpus: ["H100 (96 GB, 500 W)", count],
  parts: { ...split([8, 1, 1], batch), precision: "bf16", sharding: "full", ...more },
  measured: { tokensPerSecond },
}));

/** Four accumulated micro-batches; the rate of all four GPUs is the page's. */
const VECTORLM: readonly Row[] = (
  [
    [8, 2048, 12688.44],
    [4, 4096, 12249.74],
    [2, 8192, 11463.46],
  ] as const
).map(([micro, sequence, rate]) => ({
  name: `VectorLM Llama 3 8B | 4 A100, ${sequence} tokens`,
  shape: LLAMA_8B,
  gpus: ["A100-80", 4],
  parts: {
    ...split([1, 1, 1], [micro, 16 * micro, sequence]),
    precision: "bf16",
    compiled: false,
    attention: "flash",
    recompute: "full",
    sharding: "full",
  },
  measured: { tokensPerSecond: rate / 4 },
}));

/** Ten billion tokens over hours on 32 GPUs, then tokens per second. */
const MEGATRON_LLAMA: readonly Row[] = (
  [
    ["DeepSpeed", 32, 10e9 / (49.7 * 3600 * 32), { compiled: false, attention: "flash" }],
    ["Megatron", 32, 10e9 / (40.3 * 3600 * 32), {}],
    ["Megatron", 256, 1890, {}],
    ["Megatron", 512, 1845, {}],
  ] as const
).map(([stack, count, tokensPerSecond, more]) => ({
  name: `Megatron-LLaMA 13B ${stack} | ${count} A100`,
  shape: LLAMA2_13B,
  gpus: ["A100-80", count],
  parts: { sequence: 2048, globalBatchSequences: 2048, precision: "bf16", ...more },
  measured: { tokensPerSecond },
}));

const AQUILA2_7B = llama([32, 4096, 32], 11008, 100008);
const BAICHUAN2_13B = llama([40, 5120, 40], 13696, 125696);

const FLASH = { attention: "flash" } as const;
const OPTIMIZER = { ...FLASH, sharding: "optimizer" } as const;
const ZERO_3 = { ...FLASH, compiled: false, sharding: "full" } as const;
const SELECTIVE = { ...OPTIMIZER, recompute: "selective" } as const;
const PADDLE = { ...OPTIMIZER, precision: "fp16", recompute: "none" } as const;
const PADDLE_FULL = { ...OPTIMIZER, precision: "fp16", recompute: "full" } as const;
/** Gradients are sharded too, which is neither of our choices: left open. */
const ZERO_2 = { ...FLASH, precision: "fp16", recompute: "none" } as const;
const ZERO_2_FULL = { ...FLASH, precision: "fp16", recompute: "full" } as const;
const NO_FLASH = {
  attention: "unfused",
  compiled: false,
  recompute: "full",
  sharding: "optimizer",
} as const;

/** Tensor, pipeline; micro-batch, sequences, tokens. */
const FLAGPERF: readonly Row[] = (
  [
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-80", 8], [1, 1], [4, 2048, 2048], ZERO_2, 4267],
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-80", 8], [2, 1], [4, 2048, 2048], PADDLE, 3888],
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-80", 8], [2, 4], [4, 2048, 2048], PADDLE, 3722],
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-40", 8], [1, 1], [2, 2048, 2048], ZERO_2_FULL, 2744],
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-40", 8], [2, 1], [2, 2048, 2048], PADDLE_FULL, 2163],
    ["LLaMA 7B Paddle", LLAMA2_7B, ["A100-40", 8], [2, 4], [2, 2048, 2048], PADDLE_FULL, 2232],
    ["Aquila2 7B", AQUILA2_7B, ["A800-80", 8], [1, 1], [1, 32, 2048], OPTIMIZER, 3813.2],
    ["Aquila2 7B", AQUILA2_7B, ["A800-80", 8], [2, 1], [1, 32, 2048], OPTIMIZER, 3639.8],
    ["Aquila2 7B", AQUILA2_7B, ["A800-80", 8], [1, 1], [1, 128, 2048], OPTIMIZER, 4318.9],
    ["Llama 2 70B", LLAMA2_70B, ["H800", 32], [8, 4], [1, 44, 4096], FLASH, 641.93],
    ["Llama 2 70B", LLAMA2_70B, ["H800", 32], [4, 8], [1, 44, 4096], FLASH, 791.37],
    ["Llama 3 70B", LLAMA_70B, ["H100", 64], [8, 4], [1, 512, 8192], SELECTIVE, 851],
    ["Llama 3 8B", LLAMA_8B, ["A800-80", 8], [1, 2], [1, 512, 8192], SELECTIVE, 3698.7],
    ["Llama 3 8B", LLAMA_8B, ["H100", 8], [2, 1], [1, 512, 8192], SELECTIVE, 8103],
    ["Llama 3 8B", LLAMA_8B, ["H100", 16], [2, 1], [1, 512, 8192], SELECTIVE, 7914],
    ["Llama 2 7B DeepSpeed", LLAMA2_7B, ["H800", 8], [1, 1], [1, 8, 4096], ZERO_3, 7151],
    ["Llama 2 7B Megatron", LLAMA2_7B, ["A100-40", 8], [4, 1], [1, 64, 4096], FLASH, 2868],
    ["Baichuan2 13B", BAICHUAN2_13B, ["H800", 16], [1, 1], [1, 128, 2048], NO_FLASH, 2068],
    ["Baichuan2 13B", BAICHUAN2_13B, ["H800", 16], [1, 1], [1, 1024, 2048], NO_FLASH, 2710],
  ] as const
).map(([name, shape, gpus, [tensor, pipeline], batch, more, tokensPerSecond]) => ({
  name: `FlagPerf ${name} | ${gpus[1]} ${gpus[0]}, TP${tensor} PP${pipeline}, batch ${batch[1]}`,
  shape,
  gpus,
  parts: { ...split([tensor, pipeline, 1], batch), precision: "bf16", ...more },
  measured: { tokensPerSecond },
}));

export const THIRD_DENSE: readonly Row[] = [
  ...BIGSCIENCE,
  BIGSCIENCE_V100,
  ...NANOTRON,
  ...DGX_CLOUD,
  ...LLM_FOUNDRY,
  ...PYTORCH_BLOG,
  ...TORCHTITAN,
  ...VECTORLM,
  ...MEGATRON_LLAMA,
  ...FLAGPERF,
];

/**
 * Runs of stacks that shard the weights over all replicas, written down before any figure of
 * the planner was looked at for them.
 *
 * Sources: pytorch/torchtitan docs/performance.md (May 2024) and benchmarks/ (December 2024,
 * June 2025); foundation-model-stack/fms-fsdp README; mosaicml/llm-foundry
 * scripts/train/benchmarking/README.md (every fifth H100 row, every tenth of the two A100
 * tables and every fifth fp8 row, in the order of the page, without the rows of
 * `held-out-runs.ts`); NVIDIA/JAX-Toolbox Pax README (23.08); NVIDIA/dgxc-benchmarking paxml and
 * maxtext READMEs; TinyLlama README; llm.c discussion 481 (90 minutes for 10 B tokens).
 */

import type { Architecture } from "../../catalog/architecture.ts";
import {
  gpt,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  llama,
  mpt,
  type Row,
  split,
} from "./published-run.ts";

type Batch = readonly [microBatch: number, globalBatch: number, sequence: number];

/** Fully sharded, nothing else split. */
function sharded(batch: Batch): Row["parts"] {
  return { ...split([1, 1, 1], batch), attention: "flash", sharding: "full" };
}

const LLAMA2_13B = llama([40, 5120, 40], 13824, 32000);
const LLAMA2_70B = llama([80, 8192, 8], 28672, 32000);
const GPT3_5B = gpt(24, 4096, 32);

/** PyTorch without its compiler on A100. */
const PYTORCH: readonly Row[] = (
  [
    ["torchtitan Llama3 8B A100", LLAMA_8B, 64, [1, 64, 8192], "selective", 2973],
    ["torchtitan Llama3 70B A100", LLAMA_70B, 64, [1, 64, 8192], "full", 331],
    ["torchtitan Llama2 13B A100", LLAMA2_13B, 64, [2, 128, 4096], "none", 2162],
    ["torchtitan Llama2 13B A100", LLAMA2_13B, 64, [2, 128, 4096], "selective", 1904],
    ["torchtitan Llama2 70B A100", LLAMA2_70B, 64, [1, 64, 4096], "selective", 355],
    ["torchtitan Llama2 70B A100", LLAMA2_70B, 64, [2, 128, 4096], "full", 353],
    ["fms 7B", llama([32, 4096, 32], 11008, 32000), 128, [2, 256, 4096], "none", 3760],
    ["fms 13B", LLAMA2_13B, 128, [1, 128, 4096], "none", 1700],
    ["fms 34B", llama([48, 8192, 8], 22016, 32000), 128, [8, 1024, 4096], "full", 772],
    ["fms 70B", LLAMA2_70B, 128, [6, 768, 4096], "full", 380],
  ] as const
).map(([series, shape, count, batch, recompute, tokensPerSecond]) => ({
  name: `${series} | ${recompute}`,
  shape,
  gpus: ["A100-80", count],
  parts: { ...sharded(batch), precision: "bf16", compiled: false, recompute },
  measured: { tokensPerSecond },
}));

const MPT_125M = mpt(12, 768, 12);
const MPT_350M = mpt(24, 1024, 16);
const MPT_760M = mpt(24, 1536, 12);
const MPT_1B = mpt(24, 2048, 16);
const MPT_3B = mpt(32, 2560, 20);
const MPT_7B = mpt(32, 4096, 32);
const MPT_13B = mpt(40, 5120, 40);
const MPT_30B = mpt(48, 7168, 56);

const MPT: readonly Row[] = (
  [
    ["30B H100", MPT_30B, 8, [6, 1008, 1024], "full", 2084],
    ["13B H100", MPT_13B, 16, [2, 32, 2048], "none", 4767],
    ["7B H100", MPT_7B, 8, [64, 1024, 1024], "full", 10203],
    ["3B H100", MPT_3B, 8, [5, 240, 4096], "none", 20964],
    ["1B H100", MPT_1B, 8, [1, 16, 65536], "full", 5506],
    ["1B H100", MPT_1B, 64, [20, 1280, 2048], "none", 44402],
    ["760M H100", MPT_760M, 8, [1, 16, 32768], "none", 16291],
    ["760M H100", MPT_760M, 16, [24, 384, 2048], "none", 68551],
    ["13B A100-80", MPT_13B, 8, [40, 960, 1024], "full", 2330],
    ["3B A100-80", MPT_3B, 8, [5, 240, 4096], "none", 9457],
    ["760M A100-80", MPT_760M, 8, [1, 16, 65536], "full", 4143],
    ["350M A100-80", MPT_350M, 8, [4, 64, 16384], "none", 23559],
    ["125M A100-80", MPT_125M, 8, [16, 256, 4096], "none", 118396],
    ["13B A100-40", MPT_13B, 16, [10, 160, 2048], "full", 1993],
    ["7B A100-40", MPT_7B, 16, [16, 256, 2048], "full", 3645],
    ["3B A100-40", MPT_3B, 32, [6, 192, 2048], "none", 9914],
    ["1B A100-40", MPT_1B, 64, [10, 640, 2048], "none", 19001],
    ["760M A100-40", MPT_760M, 128, [12, 1536, 2048], "none", 28940],
    ["350M A100-40", MPT_350M, 8, [8, 256, 4096], "none", 46833],
    ["125M A100-40", MPT_125M, 8, [5, 120, 8192], "none", 86858],
  ] as const
).map(([series, shape, count, batch, recompute, tokensPerSecond]) => ({
  name: `MPT ${series} | ${count} GPUs, ${batch[2]} tokens`,
  shape: { ...shape, positions: batch[2] },
  gpus: [series.split(" ")[1] ?? "", count],
  parts: { ...sharded(batch), precision: "bf16", compiled: false, recompute },
  measured: { tokensPerSecond },
}));

/** Pax on A100: sequences per second with fused attention, and without it. */
const PAX_A100: readonly Row[] = (
  [
    ["126M", gpt(12, 768, 12), 64, [4, 256], "none", 2339.8, 1761.3],
    ["5B", GPT3_5B, 256, [8, 2048], "full", 598.83, 465.45],
    ["175B", gpt(96, 12288, 96), 256, [6, 1536], "full", 19.62, 18.29],
  ] as const
).flatMap(([size, shape, count, [micro, batch], sharding, fused, plain]) =>
  (["flash", "unfused"] as const).map((attention) => ({
    name: `Pax ${size} A100 | ${attention}`,
    shape,
    gpus: ["A100-80", count] as const,
    parts: {
      ...split([1, 1, 1], [micro, batch, 2048]),
      precision: "bf16" as const,
      attention,
      ...(sharding === "full" ? { sharding } : {}),
    },
    measured: { seconds: batch / (attention === "flash" ? fused : plain) },
  })),
);

/** XLA on H100: seconds per step, fully sharded. */
function xla(precision: "bf16" | "fp8"): Row[] {
  const table: readonly (readonly [
    string,
    Architecture,
    number,
    Batch,
    bf16: number,
    fp8: number,
  ])[] = [
    ["MaxText Llama2 70B", LLAMA2_70B, 64, [2, 128, 4096], 6.999, 4.324],
    ["MaxText Llama2 70B", LLAMA2_70B, 2048, [2, 4096, 4096], 7.066, 4.93],
    ["MaxText Llama3 70B", LLAMA_70B, 128, [2, 256, 8192], 15.563, 9.074],
    ["MaxText Llama3 70B", LLAMA_70B, 2048, [2, 4096, 8192], 15.898, 9.339],
    ["Pax 5B H100", GPT3_5B, 16, [4, 64, 2048], 0.634, 0.47],
    ["Pax 5B H100", GPT3_5B, 128, [4, 512, 2048], 0.651, 0.5],
    ["Pax 175B H100", gpt(96, 12288, 96), 128, [2, 256, 2048], 0, 7.47],
    ["Pax 175B H100", gpt(96, 12288, 96), 2048, [2, 4096, 2048], 0, 8.02],
  ];
  return table
    .map(([series, shape, count, batch, bf16, fp8]) => ({
      name: `${series} ${precision} | ${count} GPUs`,
      shape,
      gpus: ["H100", count] as const,
      parts: { ...sharded(batch), precision },
      measured: { seconds: precision === "bf16" ? bf16 : fp8 },
    }))
    .filter(({ measured }) => measured.seconds > 0);
}

const SMALL: readonly Row[] = [
  {
    name: "TinyLlama 1.1B | 16 A100-40",
    shape: { ...llama([22, 2048, 4], 5632, 32000), heads: 32, headDim: 64 },
    gpus: ["A100-40", 16],
    parts: { ...sharded([8, 1024, 2048]), precision: "bf16", recompute: "none" },
    measured: { tokensPerSecond: 24000 },
  },
  {
    name: "llm.c GPT-2 124M | 8 A100",
    shape: { ...gpt(12, 768, 12), vocab: 50304, positions: 1024 },
    gpus: ["A100-80", 8],
    parts: {
      ...split([1, 1, 1], [64, 512, 1024]),
      precision: "bf16",
      attention: "flash",
      recompute: "none",
    },
    measured: { tokensPerSecond: 10e9 / (90 * 60) / 8 },
  },
];

export const FRESH_SHARDED: readonly Row[] = [
  ...PYTORCH,
  ...MPT,
  ...PAX_A100,
  ...xla("bf16"),
  ...SMALL,
];

/** torchtitan in fp8, compiled: replicas, tensor, pipeline, context, batch, tokens per second. */
const TITAN_FP8: readonly Row[] = (
  [
    ["8B long", LLAMA_8B, "H100 (96 GB, 500 W)", 8, [1, 1, 1], [1, 8, 32768], "full", 3890],
    ["8B long", LLAMA_8B, "H100 (96 GB, 500 W)", 8, [1, 1, 2], [1, 4, 65536], "full", 2540],
    ["8B long", LLAMA_8B, "H100 (96 GB, 500 W)", 8, [1, 1, 4], [1, 2, 131072], "full", 1071],
    ["8B long", LLAMA_8B, "H100 (96 GB, 500 W)", 8, [1, 1, 8], [1, 1, 262144], "full", 548],
    ["8B 128", LLAMA_8B, "H100 (96 GB, 500 W)", 128, [1, 1, 1], [2, 256, 8192], "selective", 8380],
    ["70B", LLAMA_70B, "H100 (96 GB, 500 W)", 256, [8, 1, 1], [16, 512, 8192], "full", 876],
    ["405B", LLAMA_405B, "H100 (96 GB, 500 W)", 512, [8, 8, 1], [4, 256, 8192], "full", 100],
    ["405B long", LLAMA_405B, "H100 (96 GB, 500 W)", 512, [8, 8, 1], [1, 64, 32768], "full", 76],
    ["405B long", LLAMA_405B, "H100 (96 GB, 500 W)", 512, [8, 8, 2], [1, 32, 65536], "full", 47],
    ["405B long", LLAMA_405B, "H100 (96 GB, 500 W)", 512, [8, 8, 4], [1, 16, 131072], "full", 31],
    ["405B long", LLAMA_405B, "H100 (96 GB, 500 W)", 512, [8, 8, 8], [1, 8, 262144], "full", 16],
    ["8B H200", LLAMA_8B, "H200", 32, [1, 1, 1], [2, 64, 8192], "selective", 10938],
    ["8B H200", LLAMA_8B, "H200", 64, [1, 1, 1], [2, 128, 8192], "selective", 10753],
  ] as const
).map(([series, shape, gpu, count, [tensor, pipeline, context], batch, recompute, rate]) => ({
  name: `torchtitan fp8 ${series} | ${count} GPUs, ${batch[2]} tokens`,
  shape,
  gpus: [gpu, count],
  parts: {
    ...split([tensor, pipeline, 1], batch),
    contextParallel: context,
    precision: "fp8",
    recompute,
    ...(pipeline === 1 ? { sharding: "full" as const } : {}),
  },
  measured: { tokensPerSecond: rate },
}));

const MPT_FP8: readonly Row[] = (
  [
    ["1B", MPT_1B, [1, 32, 32768], 12580],
    ["350M", MPT_350M, [56, 1792, 512], 154420],
  ] as const
).map(([size, shape, batch, tokensPerSecond]) => ({
  name: `MPT fp8 ${size} | ${batch[2]} tokens`,
  shape: { ...shape, positions: batch[2] },
  gpus: ["H100", 8],
  parts: { ...sharded(batch), precision: "fp8", compiled: false, recompute: "none" },
  measured: { tokensPerSecond },
}));

export const FRESH_SHARDED_FP8: readonly Row[] = [...TITAN_FP8, ...xla("fp8"), ...MPT_FP8];

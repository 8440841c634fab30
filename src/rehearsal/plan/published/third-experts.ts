/**
 * Mixtures of experts of a third set, written down before any figure of the planner was looked at
 * for them.
 *
 * - NVIDIA-NeMo/Automodel docs/performance-summary.md (October 2025): fully sharded, tokens spread
 *   evenly. How gpt-oss splits its experts is not stated.
 * - InternLM/xtuner docs/en/benchmark/megatron_moe_benchmark.md: Megatron-LM on H800, evenly spread
 *   tokens; the rows of its main tables with the usual all-to-all, one for each split and way to
 *   recompute. The precision is that of the Qwen3 example which the page starts from.
 * - NVIDIA/dgxc-benchmarking: grok1/README.md (GB200 on 128 and 256), qwen3/pretrain/README.md.
 * - NeMo Framework user guide, "Performance" of 25.02 and 25.04. The page swaps the batch sizes of
 *   Mixtral 8x22B: 16 accumulated steps on 4 replicas are 64 sequences.
 * - FlagOpen/FlagPerf training/nvidia/qwen1.5_MoE-megatron: README.md and config.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { findModel } from "../../catalog/models.ts";
import { DEEPSEEK_V3, llama, QWEN3_30B, type Row, split } from "./published-run.ts";

const QWEN3_235B: Architecture = {
  ...llama([94, 4096, 4], 1536, 151936),
  heads: 64,
  experts: 128,
  expertsPerToken: 8,
};

const GROK_1: Architecture = {
  ...llama([64, 6144, 8], 32768, 131072),
  experts: 8,
  expertsPerToken: 2,
};

const QWEN15_MOE: Architecture = {
  ...llama([24, 2048, 16], 1408, 151936),
  attentionBias: "qkv",
  experts: 60,
  expertsPerToken: 4,
  sharedFfn: 5632,
  sharedGate: true,
};

const KIMI_K2 = findModel("Kimi-K2").shape;
const GPT_OSS_20B = findModel("gpt-oss-20b").shape;
const GPT_OSS_120B = findModel("gpt-oss-120b").shape;
const MIXTRAL_8X7B = findModel("Mixtral-8x7B").shape;
const MIXTRAL_8X22B = findModel("Mixtral-8x22B").shape;

/** GPUs; pipeline, interleave, experts (0 where open); micro-batch, sequences. */
const AUTOMODEL: readonly Row[] = (
  [
    ["DeepSeek-V3", DEEPSEEK_V3, 1024, [4, 8, 64], [1, 8192, 4096], 37.87],
    ["DeepSeek-V3", DEEPSEEK_V3, 256, [4, 8, 64], [1, 512, 4096], 8.18],
    ["Kimi K2", KIMI_K2, 256, [8, 4, 32], [1, 512, 4096], 8.86],
    ["Qwen3 30B", QWEN3_30B, 8, [1, 1, 8], [4, 512, 4096], 21.773],
    ["gpt-oss 20B", GPT_OSS_20B, 8, [1, 1, 0], [2, 256, 4096], 10.04],
    ["gpt-oss 120B", GPT_OSS_120B, 64, [1, 1, 0], [2, 512, 4096], 4.3],
  ] as const
).map(([name, shape, count, [pipeline, interleave, expertParallel], batch, seconds]) => ({
  name: `AutoModel ${name} | ${count} H100`,
  shape,
  gpus: ["H100", count],
  parts: {
    ...split([1, pipeline, interleave], batch),
    ...(expertParallel ? { expertParallel } : {}),
    precision: "bf16",
    sharding: "full",
  },
  measured: { seconds },
}));

/** Tensor, pipeline, interleave, experts; micro-batch, sequences, tokens; on 256 GPUs. */
const XTUNER: readonly Row[] = (
  [
    [[2, 32, 3, 8], [1, 2048, 4096], "selective", 22.42],
    [[4, 8, 4, 8], [1, 2048, 4096], undefined, 35.481],
    [[2, 8, 4, 32], [1, 2048, 4096], "selective", 35.392],
    [[2, 8, 1, 8], [1, 2048, 4096], "selective", 27.555],
    [[1, 32, 3, 8], [4, 4096, 4096], "full", 42.537],
  ] as const
).map(([[tensor, pipeline, interleave, expertParallel], batch, recompute, seconds]) => ({
  name: `XTuner Qwen3-235B H800 | TP${tensor} PP${pipeline} EP${expertParallel}, micro ${batch[0]}`,
  shape: QWEN3_235B,
  gpus: ["H800", 256],
  parts: {
    ...split([tensor, pipeline, interleave], batch),
    expertParallel,
    precision: "bf16",
    ...(recompute ? { recompute } : {}),
  },
  measured: { seconds },
}));

/** Tensor, pipeline, interleave, context, experts; micro-batch, sequences, tokens. */
const NVIDIA: readonly Row[] = (
  [
    ["bf16", "DGXC Grok-1", GROK_1, ["GB200", 128], [4, 1, 1, 1, 8], [1, 256, 8192], 7.325],
    ["bf16", "DGXC Grok-1", GROK_1, ["GB200", 256], [4, 1, 1, 1, 8], [1, 512, 8192], 7.39],
    ["fp8", "DGXC Grok-1", GROK_1, ["GB200", 128], [4, 1, 1, 1, 8], [1, 256, 8192], 5.298],
    [
      "bf16",
      "DGXC Qwen3-235B",
      QWEN3_235B,
      ["H100", 256],
      [2, 8, 4, 1, 32],
      [1, 2048, 4096],
      25.532,
    ],
  ] as const
).map(([precision, name, shape, gpus, grid, batch, seconds]) => ({
  name: `${name} ${gpus[0]} ${precision} | ${gpus[1]} GPUs`,
  shape,
  gpus,
  parts: {
    ...split([grid[0], grid[1], grid[2]], batch),
    contextParallel: grid[3],
    expertParallel: grid[4],
    precision,
  },
  measured: { seconds },
}));

const MIXTRAL: readonly Row[] = (
  [
    ["8x7B GB200", MIXTRAL_8X7B, ["GB200", 64], [1, 1, 1, 1], [2, 256, 4096], 19275],
    ["8x22B GB200", MIXTRAL_8X22B, ["GB200", 256], [2, 4, 14, 8], [1, 64, 65536], 2731],
    ["8x22B B200", MIXTRAL_8X22B, ["B200", 256], [2, 4, 14, 8], [1, 64, 65536], 2232],
  ] as const
).map(([name, shape, gpus, [tensor, pipeline, interleave, context], batch, tokensPerSecond]) => ({
  name: `NeMo Mixtral ${name} fp8 | ${gpus[1]} GPUs, ${batch[2]} tokens`,
  shape,
  gpus,
  parts: {
    ...split([tensor, pipeline, interleave], batch),
    contextParallel: context,
    expertParallel: 8,
    precision: "fp8",
  },
  measured: { tokensPerSecond },
}));

const FLAGPERF: Row = {
  name: "FlagPerf Qwen1.5-MoE | 8 A800, PP2",
  shape: QWEN15_MOE,
  gpus: ["A800-80", 8],
  parts: { ...split([1, 2, 1], [1, 512, 8192]), precision: "bf16", attention: "flash" },
  measured: { tokensPerSecond: 7450.7 },
};

export const THIRD_EXPERTS: readonly Row[] = [
  ...AUTOMODEL,
  ...XTUNER,
  ...NVIDIA,
  ...MIXTRAL,
  FLAGPERF,
];

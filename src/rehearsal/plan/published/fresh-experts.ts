/**
 * Mixtures of experts, written down before any figure of the planner was looked at for them.
 *
 * Sources: NVIDIA-NeMo/Megatron-Bridge docs/performance-summary-archive.md (25.09 to 26.02, all
 * with evenly spread tokens and none dropped); NVIDIA/dgxc-benchmarking grok1/README_314b.md.
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

const GPT_OSS_120B = findModel("gpt-oss-120b").shape;

export const FRESH_EXPERTS: readonly Row[] = (
  [
    [
      "DeepSeek-V3 GB300",
      DEEPSEEK_V3,
      ["GB300", 256],
      [1, 2, 4, 1, 32],
      [1, 4096, 4096],
      "bf16",
      3848,
    ],
    [
      "DeepSeek-V3 GB200",
      DEEPSEEK_V3,
      ["GB200", 256],
      [1, 4, 4, 1, 64],
      [1, 4096, 4096],
      "bf16",
      3139,
    ],
    [
      "DeepSeek-V3 H100",
      DEEPSEEK_V3,
      ["H100", 1024],
      [2, 8, 4, 1, 64],
      [1, 8192, 4096],
      "fp8",
      1297,
    ],
    [
      "gpt-oss GB300",
      GPT_OSS_120B,
      ["GB300", 64],
      [1, 1, 1, 1, 64],
      [4, 1280, 4096],
      "bf16",
      19412,
    ],
    [
      "gpt-oss GB200",
      GPT_OSS_120B,
      ["GB200", 64],
      [1, 1, 1, 1, 64],
      [4, 1280, 4096],
      "bf16",
      15784,
    ],
    ["gpt-oss H100", GPT_OSS_120B, ["H100", 64], [1, 4, 1, 1, 8], [1, 1280, 4096], "bf16", 5993],
    ["Qwen3-30B GB200", QWEN3_30B, ["GB200", 8], [1, 1, 1, 1, 8], [4, 512, 4096], "fp8", 23766],
    ["Qwen3-30B B200", QWEN3_30B, ["B200", 8], [1, 1, 1, 1, 8], [1, 512, 4096], "fp8", 9299],
    ["Qwen3-30B H100", QWEN3_30B, ["H100", 16], [1, 2, 12, 1, 8], [1, 1024, 4096], "fp8", 5113],
    [
      "Qwen3-235B GB300",
      QWEN3_235B,
      ["GB300", 256],
      [1, 4, 12, 1, 16],
      [2, 8192, 4096],
      "bf16",
      6131,
    ],
    [
      "Qwen3-235B GB200",
      QWEN3_235B,
      ["GB200", 256],
      [1, 8, 3, 1, 32],
      [1, 8192, 4096],
      "bf16",
      4916,
    ],
    ["Qwen3-235B H100", QWEN3_235B, ["H100", 256], [2, 8, 4, 1, 32], [1, 2048, 4096], "fp8", 1575],
  ] as const
)
  .map(([series, shape, gpus, grid, batch, precision, tokensPerSecond]): Row => {
    const [tensor, pipeline, interleave, contextParallel, expertParallel] = grid;
    return {
      name: `Bridge ${series} | ${gpus[1]} GPUs`,
      shape,
      gpus,
      parts: {
        ...split([tensor, pipeline, interleave], batch),
        contextParallel,
        expertParallel,
        precision,
      },
      measured: { tokensPerSecond },
    };
  })
  .concat(
    (
      [
        ["bf16", 512, 1024, 20.83],
        ["bf16", 2048, 4096, 21.09],
        ["fp8", 512, 1024, 16.69],
      ] as const
    ).map(([precision, count, batch, seconds]) => ({
      name: `DGXC Grok-1 ${precision} | ${count} H100`,
      shape: GROK_1,
      gpus: ["H100", count],
      parts: {
        ...split([4, 8, 8], [1, batch, 8192]),
        contextParallel: 2,
        expertParallel: 8,
        precision,
      },
      measured: { seconds },
    })),
  );

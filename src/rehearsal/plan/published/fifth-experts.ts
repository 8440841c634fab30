/**
 * Mixtures of experts of a fifth set; `fifth-runs.ts` says what was collected and how.
 *
 * NVIDIA-NeMo/Megatron-Bridge docs/performance-summary-archive.md (25.11 and 26.02; tokens/s per GPU,
 * evenly spread tokens and none dropped), the rows that `fresh-experts.ts` has not. Each is the only
 * one of its release, model and card; the same model and card in another release is in that file
 * or here. "FP8-MX" is fp8 with a scale for 32 numbers. DeepSeek-V3 without its additional
 * prediction head.
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

const GPT_OSS_120B = findModel("gpt-oss-120b").shape;

/** Tensor, pipeline, interleave, experts; micro-batch, sequences, tokens. */
export const FIFTH_EXPERTS: readonly Row[] = (
  [
    ["25.11", "gpt-oss", GPT_OSS_120B, ["GB300", 64], [1, 1, 1, 64], [2, 1280, 8192], 18347],
    ["25.11", "gpt-oss", GPT_OSS_120B, ["GB200", 64], [1, 1, 1, 64], [1, 1280, 8192], 15876],
    ["25.11", "gpt-oss", GPT_OSS_120B, ["B200", 64], [1, 1, 1, 8], [4, 512, 4096], 8213],
    ["26.02", "gpt-oss", GPT_OSS_120B, ["B200", 64], [1, 1, 1, 64], [4, 1280, 4096], 8047],
    ["26.02", "gpt-oss", GPT_OSS_120B, ["B300", 64], [1, 1, 1, 64], [4, 1280, 4096], 8359],
    ["25.11", "gpt-oss", GPT_OSS_120B, ["H100", 64], [1, 4, 1, 8], [4, 512, 4096], 5630],
    ["25.11", "DeepSeek-V3", DEEPSEEK_V3, ["GB300", 256], [1, 2, 4, 32], [1, 4096, 4096], 4357],
    ["25.11", "DeepSeek-V3", DEEPSEEK_V3, ["GB200", 256], [1, 8, 4, 32], [1, 4096, 4096], 4018],
    ["26.02", "Qwen3-30B", QWEN3_30B, ["GB300", 8], [1, 1, 1, 8], [8, 512, 4096], 30376],
    ["26.02", "Qwen3-30B", QWEN3_30B, ["B300", 8], [1, 1, 1, 8], [8, 512, 4096], 29521],
    ["25.11", "Qwen3-235B", QWEN3_235B, ["B200", 64], [1, 8, 2, 8], [1, 1024, 4096], 3269],
    ["26.02", "Qwen3-235B", QWEN3_235B, ["B200", 256], [1, 8, 1, 8], [1, 8192, 4096], 3805],
    ["26.02", "Qwen3-235B", QWEN3_235B, ["H100", 256], [2, 8, 4, 32], [1, 8192, 4096], 1633],
  ] as const
).map(([release, model, shape, gpus, grid, batch, tokensPerSecond]) => {
  const [tensor, pipeline, interleave, expertParallel] = grid;
  const precision = model === "gpt-oss" ? "bf16" : "fp8";
  return {
    name: `Bridge ${release} ${model} ${gpus[0]} ${precision} | ${gpus[1]} GPUs, batch ${batch[1]}`,
    shape,
    gpus,
    parts: { ...split([tensor, pipeline, interleave], batch), expertParallel, precision },
    measured: { tokensPerSecond },
  };
});

/**
 * Mixtures of experts of a fourth set; `fourth-runs.ts` says what was collected and how.
 *
 * - DeepSpeed's post on mixtures of experts (December 2021): 372 samples/s of a 1.3B with 128
 *   experts in every other layer; the rest by the Megatron-DeepSpeed example that it points to.
 * - NVIDIA's Megatron Bridge card of Qwen3 30B-A3B: tokens go where they like.
 */

import { gpt, QWEN3_30B, type Row, split } from "./published-run.ts";

export const FOURTH_EXPERTS: readonly Row[] = [
  {
    name: "DeepSpeed NLG 1.3B MoE-128 | 128 A100",
    shape: { ...gpt(24, 2048, 16), experts: 128, expertsPerToken: 1, expertEvery: 2 },
    gpus: ["A100-80", 128],
    parts: {
      globalBatchSequences: 512,
      sequence: 2048,
      expertParallel: 128,
      precision: "fp16",
      attention: "unfused",
    },
    measured: { seconds: 512 / 372 },
  },
  {
    name: "Bridge card Qwen3 30B-A3B bf16 | 16 H100",
    shape: QWEN3_30B,
    gpus: ["H100", 16],
    parts: { ...split([1, 1, 1], [1, 1024, 4096]), expertParallel: 16, precision: "bf16" },
    measured: { seconds: 30.28955 },
  },
];

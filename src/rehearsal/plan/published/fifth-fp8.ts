/**
 * Runs in 8 bits of a fifth set, and a 16-bit one from the same pages. `fifth-runs.ts` says what was
 * collected and how.
 *
 * - NVIDIA/NeMo docs/source/performance/performance_long_sequence.md (25.04), Llama 3 8B on B200: the
 *   rows that `third-fp8.ts` left, read as there. One version of the page gives four times as many
 *   GPUs as TP x CP x DP; the product is here.
 * - NVIDIA-NeMo/Megatron-Bridge docs/performance-summary-archive.md, tokens/s per GPU: a row of each
 *   model that `fresh-megatron.ts` has on those cards in another batch or split.
 * - ROCm/TransformerEngine issue 76 (October 2024), AMD's own figures in it: teraflop/s of GPT-2 XL
 *   on eight MI300X, each with the whole model, by 6 x parameters + 12 x layers x hidden x tokens (the
 *   formula and the 1,024 tokens are from the scripts of issues 72 and 79). Batches are for each GPU.
 * - AI-Hypercomputer/gpu-recipes: the step that each NeMo recipe shows from its log (24.07 on A3
 *   Mega, 24.12 on A3 Ultra), split and shape by the configuration beside it: GPT-2's tokens,
 *   and 16 pairs of keys and values in the 405B. That A3 Mega has 200 Gb/s for each GPU is
 *   remembered.
 */

import { type Architecture, countParameters } from "../../catalog/architecture.ts";
import { flopsPerToken } from "../flops.ts";
import {
  GPT3_175B,
  gpt,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  type Row,
  split,
} from "./published-run.ts";

/** GPUs, tensor, context, sequences, thousands of tokens; micro-batches are not stated. */
const NEMO_LONG: readonly Row[] = (
  [
    [4, 1, 1, 256, 16, 1717],
    [16, 1, 4, 64, 64, 1600],
    [64, 4, 4, 16, 256, 1590],
    [256, 4, 16, 4, 1024, 1608],
  ] as const
).map(([count, tensor, context, batch, kiloTokens, tflops]) => ({
  name: `NeMo long fifth Llama 3 8B B200 fp8 | ${count} GPUs, ${kiloTokens}k tokens`,
  shape: LLAMA_8B,
  gpus: ["B200", count],
  parts: {
    tensorParallel: tensor,
    pipelineParallel: 1,
    contextParallel: context,
    globalBatchSequences: batch,
    sequence: kiloTokens * 1024,
    precision: "fp8",
  },
  measured: {
    tokensPerSecond: (tflops * 1e12) / flopsPerToken(LLAMA_8B, kiloTokens * 1024, "full-attention"),
  },
}));

const BRIDGE: readonly Row[] = [
  {
    name: "Bridge 25.11 Llama 70B H100 fp8 | 64 GPUs, batch 128",
    shape: LLAMA_70B,
    gpus: ["H100", 64],
    parts: { ...split([4, 8, 5], [1, 128, 8192]), precision: "fp8" },
    measured: { tokensPerSecond: 1602 },
  },
  {
    name: "Bridge 25.09 Llama 405B GB200 fp8 | 128 GPUs, batch 64, fully sharded",
    shape: LLAMA_405B,
    gpus: ["GB200", 128],
    parts: { ...split([2, 1, 1], [1, 64, 8192]), precision: "fp8", sharding: "full" },
    measured: { tokensPerSecond: 729 },
  },
];

const GPT2_XL: Architecture = { ...gpt(48, 1600, 25), vocab: 50304, positions: 1024 };

const ROCM: readonly Row[] = (
  [
    [28, 315],
    [32, 318],
    [42, 324],
  ] as const
).map(([micro, tflops]) => ({
  name: `ROCm TransformerEngine GPT-2 XL MI300X fp8 | 8 GPUs, micro ${micro}`,
  shape: GPT2_XL,
  gpus: ["MI300X", 8],
  parts: {
    ...split([1, 1, 1], [micro, 8 * micro, 1024]),
    precision: "fp8",
    sharding: "none",
  },
  measured: {
    tokensPerSecond: (tflops * 1e12) / (6 * countParameters(GPT2_XL).total + 12 * 48 * 1600 * 1024),
  },
}));

/** A3 Mega: eight cards of 200 Gb/s. */
const A3_MEGA_NIC = 25;

const GOOGLE_PARTS = { attention: "flash", recompute: "none", sharding: "optimizer" } as const;
const GOOGLE_405B: Architecture = { ...LLAMA_405B, kvHeads: 16 };

const GOOGLE_FP8: readonly Row[] = [
  {
    name: "Google NeMo Llama 3 70B H100 fp8 | 128 GPUs",
    shape: { ...LLAMA_70B, vocab: 50688 },
    gpus: ["H100", 128],
    nicGbPerSecond: A3_MEGA_NIC,
    parts: {
      ...split([4, 4, 5], [1, 1024, 8192]),
      contextParallel: 2,
      precision: "fp8",
      ...GOOGLE_PARTS,
    },
    measured: { seconds: 45.81364 },
  },
  {
    name: "Google NeMo GPT-3 175B H100 fp8 | 256 GPUs",
    shape: { ...GPT3_175B, vocab: 50688 },
    gpus: ["H100", 256],
    nicGbPerSecond: A3_MEGA_NIC,
    parts: {
      ...split([4, 8, 2], [1, 2048, 2048]),
      precision: "fp8",
      recompute: "none",
      sharding: "optimizer",
    },
    measured: { seconds: 25.11555 },
  },
  {
    name: "Google NeMo Llama 3.1 405B H200 fp8 | 576 GPUs",
    shape: { ...GOOGLE_405B, vocab: 51200 },
    gpus: ["H200", 576],
    parts: { ...split([8, 9, 14], [1, 2016, 8192]), precision: "fp8", ...GOOGLE_PARTS },
    measured: { seconds: 92.28738 },
  },
  {
    name: "Google NeMo Llama 3.1 405B B200 fp8 | 224 GPUs",
    shape: { ...GOOGLE_405B, vocab: 50688 },
    gpus: ["B200", 224],
    parts: {
      ...split([4, 14, 9], [1, 2016, 8192]),
      contextParallel: 2,
      precision: "fp8",
      ...GOOGLE_PARTS,
    },
    measured: { seconds: 118.18969 },
  },
];

export const FIFTH_DENSE_RECIPES: readonly Row[] = [
  {
    name: "Google NeMo Llama 3.1 70B H100 bf16 | 256 GPUs",
    shape: { ...LLAMA_70B, vocab: 50688 },
    gpus: ["H100", 256],
    nicGbPerSecond: A3_MEGA_NIC,
    parts: {
      ...split([4, 4, 4], [1, 2048, 8192]),
      contextParallel: 2,
      precision: "bf16",
      ...GOOGLE_PARTS,
    },
    measured: { seconds: 67.82039 },
  },
];

export const FIFTH_FP8: readonly Row[] = [...NEMO_LONG, ...BRIDGE, ...ROCM, ...GOOGLE_FP8];

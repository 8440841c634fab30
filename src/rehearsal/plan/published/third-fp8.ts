/**
 * Dense runs in fp8 of a third set, written down before any figure of the planner was looked at
 * for them.
 *
 * - NVIDIA/dgxc-benchmarking: llama3.1/README_405b.md (its models of 7 to 42 layers),
 *   ft_llama3/README_8b.md and README_70b.md (full fine-tuning).
 * - NVIDIA/NeMo docs/source/performance/performance_summary.md (24.07): full fine-tuning.
 * - NeMo Framework user guide, "Performance" of 25.02 (DGX-B200) and 25.04 (DGX-GB200): the rows
 *   whose model, GPU and split no other file has.
 * - NVIDIA/NeMo docs/source/performance/performance_long_sequence.md (25.04): every second row of
 *   B200, teraflop/s by the formula of nemo/utils/flops_formulas.py, the whole score matrix.
 * - FlagOpen/FlagPerf training/nvidia/llama3_8B-megatron/README.md.
 * - pytorch/torchtitan, the pages of `third-dense.ts`: one scale per tensor, no overlapped tensor
 *   parallelism.
 * - mosaicml/llm-foundry, the page of `third-dense.ts`: every third of the remaining rows.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { flopsPerToken } from "../flops.ts";
import {
  GPT3_175B,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  llama,
  mpt,
  NEMOTRON_340B,
  nemotron,
  type Row,
  split,
} from "./published-run.ts";

/** The recipes of fewer layers run with GPT-2's tokens, as the full one does. */
function proxy(layers: number): Architecture {
  return { ...LLAMA_405B, layers, vocab: 50304 };
}

const NEMOTRON_15B: Architecture = { ...nemotron(32, 6144, 48), kvHeads: 8 };

/** Tensor, pipeline, interleave, context; micro-batch, sequences, tokens. */
const DGX_CLOUD: readonly Row[] = (
  [
    ["405B, 7 layers", proxy(7), 32, [8, 1, 1, 2], [1, 126, 8192], 5.8],
    ["405B, 21 layers", proxy(21), 96, [8, 3, 7, 2], [1, 126, 8192], 5.71],
    ["405B, 42 layers", proxy(42), 192, [8, 3, 7, 2], [1, 252, 8192], 11],
    ["8B SFT", LLAMA_8B, 8, [1, 1, 1, 1], [1, 32, 4096], 0.95],
    ["8B SFT", LLAMA_8B, 32, [1, 1, 1, 1], [1, 128, 4096], 0.96],
    ["70B SFT", LLAMA_70B, 32, [4, 4, 5, 1], [1, 32, 4096], 2.26],
  ] as const
).map(([name, shape, count, [tensor, pipeline, interleave, context], batch, seconds]) => ({
  name: `DGXC third ${name} fp8 | ${count} H100`,
  shape,
  gpus: ["H100", count],
  parts: {
    ...split([tensor, pipeline, interleave], batch),
    contextParallel: context,
    precision: "fp8",
  },
  measured: { seconds },
}));

/** Tensor, pipeline; interleaving is not in this table. */
const NEMO_SFT: readonly Row[] = (
  [
    ["7B", llama([32, 4096, 32], 11008, 32000), 8, [1, 1], 17120],
    ["13B", llama([40, 5120, 40], 13824, 32000), 8, [1, 4], 9741],
    ["70B", llama([80, 8192, 8], 28672, 32000), 16, [4, 4], 1833],
  ] as const
).map(([size, shape, count, [tensorParallel, pipelineParallel], tokensPerSecond]) => ({
  name: `NeMo SFT Llama 2 ${size} fp8 | ${count} H100`,
  shape,
  gpus: ["H100", count],
  parts: {
    tensorParallel,
    pipelineParallel,
    microBatch: 1,
    globalBatchSequences: 32,
    sequence: 4096,
    precision: "fp8",
  },
  measured: { tokensPerSecond },
}));

/** Tensor, pipeline, interleave, context; micro-batch, sequences, tokens. */
const NEMO_BLACKWELL: readonly Row[] = (
  [
    ["GPT-3 175B", GPT3_175B, ["GB200", 128], [4, 4, 12, 1], [2, 256, 2048], 1804],
    ["Llama 3 70B", LLAMA_70B, ["GB200", 64], [1, 1, 1, 1], [1, 128, 8192], 4035],
    ["Llama 3 405B", LLAMA_405B, ["GB200", 128], [4, 8, 8, 2], [1, 64, 8192], 665],
    ["Nemotron 15B", NEMOTRON_15B, ["GB200", 64], [1, 1, 1, 1], [2, 256, 4096], 17809],
    ["GPT-3 175B", GPT3_175B, ["B200", 512], [4, 4, 6, 1], [2, 2048, 2048], 1600],
    ["Llama 3 70B", LLAMA_70B, ["B200", 64], [2, 4, 5, 2], [1, 128, 8192], 3062],
    ["Nemotron 15B", NEMOTRON_15B, ["B200", 64], [1, 1, 1, 1], [2, 256, 4096], 14760],
    ["Nemotron 340B", NEMOTRON_340B, ["B200", 128], [8, 4, 12, 1], [1, 32, 4096], 602],
  ] as const
).map(([name, shape, gpus, [tensor, pipeline, interleave, context], batch, tokensPerSecond]) => ({
  name: `NeMo ${name} ${gpus[0]} fp8 | ${gpus[1]} GPUs`,
  shape,
  gpus,
  parts: {
    ...split([tensor, pipeline, interleave], batch),
    contextParallel: context,
    precision: "fp8",
    // The only one of them that the page marks so.
    ...(shape === LLAMA_70B && gpus[0] === "GB200" ? { sharding: "full" as const } : {}),
  },
  measured: { tokensPerSecond },
}));

/** GPUs, tensor, context, sequences, thousands of tokens; micro-batches are not stated. */
const NEMO_LONG: readonly Row[] = (
  [
    [2, 1, 1, 512, 8, 1671],
    [8, 1, 2, 128, 32, 1624],
    [32, 2, 4, 32, 128, 1588],
    [128, 4, 8, 8, 512, 1619],
  ] as const
).map(([count, tensor, context, batch, kiloTokens, tflops]) => ({
  name: `NeMo long Llama 3 8B B200 fp8 | ${count} GPUs, ${kiloTokens}k tokens`,
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

const FLAGPERF: readonly Row[] = (
  [
    [8, 10486],
    [16, 10280],
  ] as const
).map(([count, tokensPerSecond]) => ({
  name: `FlagPerf Llama 3 8B fp8 | ${count} H100, TP2`,
  shape: LLAMA_8B,
  gpus: ["H100", count],
  parts: {
    ...split([2, 1, 1], [1, 512, 8192]),
    precision: "fp8",
    attention: "flash",
    recompute: "selective",
    sharding: "optimizer",
  },
  measured: { tokensPerSecond },
}));

const TORCHTITAN: readonly Row[] = (
  [
    ["8B", LLAMA_8B, 64, [12, 96, 8192], { recompute: "selective", compiled: true }, 5078.1],
    ["405B", LLAMA_405B, 128, [2, 32, 8192], { recompute: "full" }, 177],
  ] as const
).map(([size, shape, count, batch, more, tokensPerSecond]) => ({
  name: `torchtitan TP8 ${size} fp8 | ${count} H100`,
  shape,
  gpus: ["H100 (96 GB, 500 W)", count],
  parts: { ...split([8, 1, 1], batch), precision: "fp8", sharding: "full", ...more },
  measured: { tokensPerSecond },
}));

const LLM_FOUNDRY: readonly Row[] = (
  [
    ["3B", mpt(32, 2560, 20), [10, 480, 2048], 30586],
    ["1B", mpt(24, 2048, 16), [56, 1792, 512], 70315],
  ] as const
).map(([size, shape, batch, tokensPerSecond]) => ({
  name: `llm-foundry ${size} fp8 | 8 H100, ${batch[2]} tokens`,
  shape: { ...shape, positions: batch[2] },
  gpus: ["H100", 8],
  parts: {
    ...split([1, 1, 1], batch),
    precision: "fp8",
    compiled: false,
    attention: "flash",
    recompute: "none",
    sharding: "full",
  },
  measured: { tokensPerSecond },
}));

export const THIRD_FP8: readonly Row[] = [
  ...DGX_CLOUD,
  ...NEMO_SFT,
  ...NEMO_BLACKWELL,
  ...NEMO_LONG,
  ...FLAGPERF,
  ...TORCHTITAN,
  ...LLM_FOUNDRY,
];

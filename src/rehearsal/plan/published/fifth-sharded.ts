/**
 * Dense runs in 16 bits of a fifth set, on PyTorch stacks. `fifth-runs.ts` says what was collected
 * and how.
 *
 * - yandex/YaFSDP README.md (2024): seconds per iteration of PyTorch's FSDP and of YaFSDP, one
 *   sequence on each A100 of 80 GB; "num-ckpt-layers" are recomputed. Nothing else is stated.
 * - intelligent-machine-learning/dlrover atorch/examples/llama2/README.md (2023), without adapters;
 *   teraflop/s by example_utils.py there: matrices, the whole score matrix, layers once more for
 *   recomputation. 4,096 tokens, precision and recomputation by the scripts beside it; 800 Gb/s a
 *   machine. "DS 3D" is DeepSpeed's pipeline with ZeRO stage 1; its attention is not stated.
 * - mosaicml/examples, MosaicGPT (early 2023, before torch 2), A100 of 80 GB: tokens/s per GPU. Other
 *   figures than those of llm-foundry in `held-out-runs.ts` and elsewhere, and other configurations.
 * - A gist of chenyaofo (2024): LLaMA 7B by DeepSpeed 0.14.2 on eight A800, 4,096 tokens. "Th.put"
 *   has no unit in what could be read; as sequences/s it is 30 to 38 % of the peak. The second
 *   number of its batch is the sequences of a step. ZeRO stage 2 splits gradients too, which is
 *   neither of our choices: open. Its 8/128 does not go with its own memory and is left out.
 * - Hugging Face nanotron/old_bench, llama-1B: logs as in `third-dense.ts`, median of steps 8 to 12,
 *   further micro-batches and splits, those that a search showed. The one on 64 GPUs is steady from
 *   step 7 on.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { LLAMA_8B, LLAMA_70B, llama, mpt, type Row, split } from "./published-run.ts";

const LLAMA2_7B = llama([32, 4096, 32], 11008, 32000);
const LLAMA2_13B = llama([40, 5120, 40], 13824, 32000);
const LLAMA2_34B = llama([48, 8192, 8], 22016, 32000);
const LLAMA2_70B = llama([80, 8192, 8], 28672, 32000);

/** GPUs, tokens, recomputed layers, seconds. */
type Iteration = readonly [
  model: string,
  shape: Architecture,
  gpus: number,
  sequence: number,
  recomputedLayers: number,
  seconds: number,
];

function fullySharded(stack: string, table: readonly Iteration[]): Row[] {
  return table.map(([model, shape, gpus, sequence, layers, seconds]) => ({
    name: `${stack} ${model} A100 | ${gpus} GPUs, ${sequence} tokens`,
    shape,
    gpus: ["A100-80", gpus],
    parts: {
      ...split([1, 1, 1], [1, gpus, sequence]),
      sharding: "full",
      ...(layers > 0
        ? { recompute: "full", recomputeShare: layers / shape.layers }
        : { recompute: "none" }),
    },
    measured: { seconds },
  }));
}

const FSDP: readonly Row[] = fullySharded("FSDP by Yandex", [
  ["Llama 2 7B", LLAMA2_7B, 64, 2048, 0, 0.9],
  ["Llama 2 7B", LLAMA2_7B, 64, 4096, 0, 1.21],
  ["Llama 2 7B", LLAMA2_7B, 64, 8192, 0, 2.29],
  ["Llama 2 7B", LLAMA2_7B, 128, 2048, 0, 0.97],
  ["Llama 2 7B", LLAMA2_7B, 128, 4096, 0, 1.22],
  ["Llama 2 7B", LLAMA2_7B, 128, 8192, 0, 2.31],
  ["Llama 2 13B", LLAMA2_13B, 128, 2048, 0, 1.76],
  ["Llama 2 13B", LLAMA2_13B, 128, 4096, 0, 2.14],
  ["Llama 2 34B", LLAMA2_34B, 128, 2048, 0, 4.27],
  ["Llama 2 34B", LLAMA2_34B, 256, 2048, 0, 4.5],
  ["Llama 2 34B", LLAMA2_34B, 256, 4096, 5, 5.81],
  ["Llama 2 70B", LLAMA2_70B, 256, 2048, 10, 8.87],
  ["Llama 2 70B", LLAMA2_70B, 256, 4096, 50, 11.93],
  ["Llama 3 8B", LLAMA_8B, 64, 2048, 0, 1.1],
  ["Llama 3 8B", LLAMA_8B, 64, 4096, 0, 1.48],
  ["Llama 3 70B", LLAMA_70B, 256, 2048, 20, 9.76],
]);

const YAFSDP: readonly Row[] = fullySharded("YaFSDP", [
  ["Llama 2 7B", LLAMA2_7B, 64, 4096, 0, 1.16],
  ["Llama 2 7B", LLAMA2_7B, 128, 2048, 0, 0.87],
  ["Llama 2 7B", LLAMA2_7B, 128, 8192, 0, 2.25],
  ["Llama 2 13B", LLAMA2_13B, 128, 4096, 0, 2.06],
  ["Llama 2 34B", LLAMA2_34B, 256, 2048, 0, 3.51],
  ["Llama 2 70B", LLAMA2_70B, 256, 2048, 10, 6.97],
  ["Llama 3 8B", LLAMA_8B, 64, 2048, 0, 0.97],
  ["Llama 3 70B", LLAMA_70B, 256, 2048, 20, 7.17],
]);

/** ATorch's count of Llama 2 7B at 4,096 tokens, layers recomputed. */
function recomputedFlopsPerToken(sequence: number): number {
  const { layers, hidden, ffn, vocab } = LLAMA2_7B;
  const layer = 8 * hidden ** 2 + 4 * sequence * hidden + 6 * hidden * ffn;
  return 4 * layers * layer + 3 * 2 * hidden * vocab;
}

/** GPUs, tensor, pipeline; micro-batch, sequences; teraflop/s. */
const ATORCH: readonly Row[] = (
  [
    ["FSDP", [8, 1, 1], [4, 32], 204.67],
    ["FSDP", [16, 1, 1], [4, 64], 197.22],
    ["FSDP", [32, 1, 1], [4, 128], 196.04],
    ["FSDP", [64, 1, 1], [4, 256], 195.14],
    ["DS 3D", [8, 1, 2], [8, 2048], 190.27],
    ["DS 3D", [8, 2, 1], [8, 2048], 159.19],
    ["DS 3D", [8, 2, 2], [8, 1024], 155.73],
    ["DS 3D", [16, 2, 2], [8, 2048], 154.84],
    ["DS 3D", [32, 2, 2], [8, 4096], 154.44],
    ["DS 3D", [64, 2, 2], [8, 8192], 153.93],
  ] as const
).map(([method, [gpus, tensor, pipeline], [micro, batch], tflops]) => ({
  name: `ATorch ${method} Llama 2 7B A100 | ${gpus} GPUs, TP${tensor} PP${pipeline}, batch ${batch}`,
  shape: LLAMA2_7B,
  gpus: ["A100-80", gpus],
  nicGbPerSecond: 12.5,
  parts: {
    ...split([tensor, pipeline, 1], [micro, batch, 4096]),
    compiled: false,
    recompute: "full",
    ...(method === "FSDP"
      ? ({ precision: "bf16", attention: "flash", sharding: "full" } as const)
      : ({ precision: "fp16", sharding: "optimizer" } as const)),
  },
  measured: { tokensPerSecond: (tflops * 1e12) / recomputedFlopsPerToken(4096) },
}));

const MPT_30B = mpt(48, 7168, 56);
const MPT_3B = mpt(32, 2560, 20);

/** All rows of the 30B and every second one of the 3B that no other set has by its configuration. */
const MOSAIC_GPT: readonly Row[] = (
  [
    ["30B", MPT_30B, 8, [1, 168, 8192], "full", 622],
    ["30B", MPT_30B, 8, [1, 168, 4096], "full", 778],
    ["30B", MPT_30B, 64, [16, 3072, 2048], "full", 876],
    ["30B", MPT_30B, 32, [14, 1344, 2048], "full", 886],
    ["30B", MPT_30B, 16, [10, 480, 2048], "full", 884],
    ["30B", MPT_30B, 8, [6, 1008, 1024], "full", 876],
    ["30B", MPT_30B, 8, [12, 2016, 512], "full", 844],
    ["3B", MPT_3B, 8, [1, 16, 65536], "full", 1771],
    ["3B", MPT_3B, 8, [1, 48, 16384], "none", 5544],
    ["3B", MPT_3B, 64, [12, 2304, 2048], "none", 10158],
    ["3B", MPT_3B, 16, [10, 480, 2048], "none", 10283],
    ["3B", MPT_3B, 8, [20, 960, 1024], "none", 11363],
  ] as const
).map(([size, shape, gpus, batch, recompute, tokensPerSecond]) => ({
  name: `MosaicGPT ${size} A100 | ${gpus} GPUs, ${batch[2]} tokens`,
  shape: { ...shape, positions: batch[2] },
  gpus: ["A100-80", gpus],
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

/** Stage; micro-batch; sequences/s of all. */
const DEEPSPEED: readonly Row[] = (
  [
    [2, 1, "none", 5.33],
    [2, 1, "full", 4.19],
    [2, 4, "full", 4.69],
    [3, 2, "none", 4.95],
    [3, 2, "full", 4.45],
    [3, 8, "full", 4.73],
  ] as const
).map(([stage, micro, recompute, rate]) => ({
  name: `DeepSpeed 0.14 LLaMA 7B A800 | ZeRO ${stage}, micro ${micro}, ${recompute}`,
  shape: LLAMA2_7B,
  gpus: ["A800-80", 8],
  parts: {
    ...split([1, 1, 1], [micro, 64, 4096]),
    compiled: false,
    recompute,
    ...(stage === 3 ? ({ sharding: "full" } as const) : {}),
  },
  measured: { seconds: 64 / rate },
}));

/** GPUs, tensor, pipeline; micro-batch; seconds. */
const NANOTRON: readonly Row[] = (
  [
    [16, [1, 8], 2, 31.7],
    [16, [8, 2], 8, 18.2],
    [16, [8, 2], 16, 17.3],
    [8, [2, 2], 1, 46.8],
    [64, [4, 1], 2, 4.8],
  ] as const
).map(([gpus, [tensor, pipeline], micro, seconds]) => ({
  name: `nanotron old bench fifth 1B H100 | ${gpus} GPUs, TP${tensor} PP${pipeline}, micro ${micro}`,
  shape: {
    ...llama([24, 2048, 32], 4096, 50257),
    heads: 32,
    headDim: 64,
    tiedEmbeddings: true,
  },
  gpus: ["H100", gpus],
  parts: {
    ...split([tensor, pipeline, 1], [micro, 1024, 4096]),
    precision: "bf16",
    compiled: false,
    sharding: "optimizer",
  },
  measured: { seconds },
}));

export const FIFTH_SHARDED: readonly Row[] = [
  ...FSDP,
  ...YAFSDP,
  ...ATORCH,
  ...MOSAIC_GPT,
  ...DEEPSPEED,
  ...NANOTRON,
];

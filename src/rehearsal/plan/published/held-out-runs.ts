/**
 * Runs that are kept aside: nothing is fitted on them. They were looked at while the structure of
 * the planner was worked out, so they flatter it; `fresh-runs.ts` does less.
 *
 * Compared again with their sources, figure by figure: DGX Cloud, MPT, torchtitan, NeMo and Megatron
 * Bridge rows. By a second hand only: Llama 3 405B. Not found again, so from memory: Korthikanti,
 * Narayanan, MT-NLG, MegaScale's baseline, Phi-4 and Mixtral. BLOOM is in the chronicles-prequel of
 * bigscience-workshop/bigscience (104.50 s).
 */

import type { Architecture } from "../../catalog/architecture.ts";
import {
  DEEPSEEK_V3,
  GPT3_175B,
  gpt,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  llama,
  mpt,
  NEMOTRON_340B,
  OMNI_PATH_NIC,
  type PublishedRun,
  published,
  QWEN3_30B,
  type Row,
  split,
} from "./published-run.ts";

/** Korthikanti et al. 2022, table 5: the two larger models, and 530 B with eight replicas. */
const KORTHIKANTI: readonly Row[] = (
  [
    ["530B selective", [105, 20480, 128], [280, 35, 3, 280], "selective", 37.83],
    ["530B full", [105, 20480, 128], [280, 35, 3, 280], "full", 49.05],
    ["530B selective, 2240 GPUs", [105, 20480, 128], [2240, 35, 3, 2240], "selective", 39.15],
    ["1T selective", [128, 25600, 160], [512, 64, 1, 512], "selective", 71.49],
    ["1T full", [128, 25600, 160], [512, 64, 1, 512], "full", 94.42],
  ] as const
).map(
  ([name, [layers, hidden, heads], [gpus, pipeline, interleave, batch], recompute, seconds]) => ({
    name: `Megatron ${name}`,
    shape: gpt(layers, hidden, heads),
    gpus: ["A100-80", gpus],
    parts: { ...split([8, pipeline, interleave], [1, batch, 2048]), precision: "fp16", recompute },
    measured: { seconds },
  }),
);

/**
 * Narayanan et al. 2021, table 1: teraflop/s per GPU with everything computed twice in the
 * forward pass, by 96 B s l h^2 (1 + s/6h + V/16lh); interleaving as the layers allow.
 */
const NARAYANAN: readonly Row[] = (
  [
    ["1.7B", [24, 2304, 24], [1, 1, 32, 512], 137],
    ["3.6B", [30, 3072, 32], [2, 1, 64, 512], 138],
    ["7.5B", [36, 4096, 32], [4, 1, 128, 512], 142],
    ["18.4B", [40, 6144, 48], [8, 1, 256, 1024], 135],
    ["39.1B", [48, 8192, 64], [8, 2, 512, 1536], 138],
    ["76.1B", [60, 10240, 80], [8, 4, 1024, 1792], 140],
    ["145.6B", [80, 12288, 96], [8, 8, 1536, 2304], 148],
    ["310.1B", [96, 16384, 128], [8, 16, 1920, 2160], 155],
    ["529.6B", [105, 20480, 128], [8, 35, 2520, 2520], 163],
    ["1008B", [128, 25600, 160], [8, 64, 3072, 3072], 163],
  ] as const
).map(([name, [layers, hidden, heads], [tensor, pipeline, gpus, batch], tflops]) => {
  const bracket = 1 + 2048 / (6 * hidden) + 51200 / (16 * layers * hidden);
  const flops = 96 * batch * 2048 * layers * hidden ** 2 * bracket;
  return {
    name: `Megatron 2021 ${name}`,
    shape: gpt(layers, hidden, heads),
    gpus: ["A100-80", gpus],
    parts: {
      tensorParallel: tensor,
      pipelineParallel: pipeline,
      globalBatchSequences: batch,
      sequence: 2048,
      precision: "fp16",
      recompute: "full",
    },
    measured: { seconds: flops / (gpus * tflops * 1e12) },
  };
});

/** MT-NLG 530B (Smith et al. 2022), and the Megatron-LM baseline of MegaScale (Jiang et al. 2024). */
const A100_CLUSTERS: readonly Row[] = [
  ...(
    [
      [2240, 60.1],
      [2800, 50.2],
      [3360, 44.4],
    ] as const
  ).map(([gpus, seconds]) => ({
    name: `MT-NLG 530B, ${gpus} GPUs`,
    shape: gpt(105, 20480, 128),
    gpus: ["A100-80", gpus] as const,
    parts: {
      ...split([8, 35, 1], [1, 1920, 2048]),
      precision: "bf16" as const,
      recompute: "full" as const,
    },
    measured: { seconds },
  })),
  ...(
    [
      [256, 768, 40.0],
      [512, 768, 21.2],
      [1024, 768, 11.9],
      [3072, 6144, 29.02],
      [6144, 6144, 14.78],
      [12288, 6144, 8.57],
    ] as const
  ).map(([gpus, batch, seconds]) => ({
    name: `Megatron-LM 175B, ${gpus} A100`,
    shape: { ...gpt(96, 12288, 128), vocab: 64000 },
    gpus: ["A100-80", gpus] as const,
    parts: {
      ...split([8, 8, 6], [1, batch, 2048]),
      precision: "bf16" as const,
      // The paper lists fused attention among its own additions to this baseline.
      attention: "unfused" as const,
      recompute: "selective" as const,
    },
    measured: { seconds },
  })),
  {
    name: "BLOOM 176B, 384 A100",
    shape: { ...gpt(70, 14336, 112), vocab: 250880, positions: 0, embeddingNorm: true },
    gpus: ["A100-80", 384],
    nicGbPerSecond: OMNI_PATH_NIC,
    parts: {
      ...split([4, 12, 1], [2, 2048, 2048]),
      precision: "bf16",
      recompute: "full",
    },
    // The chronicle's 150 TFLOP/s count recomputation, as the formula of 2021 does.
    measured: { seconds: 104.5 },
  },
];

/** Tokens over the GPU hours of the whole run: stops and evaluations are in them. */
const WHOLE_RUNS: readonly Row[] = (
  [
    ["LLaMA 7B", llama([32, 4096, 0], 11008, 32000), ["A100-80", 2048], [2048, 2048], 3370],
    ["LLaMA 13B", llama([40, 5120, 0], 13824, 32000), ["A100-80", 2048], [2048, 2048], 2055],
    ["LLaMA 33B", llama([60, 6656, 0], 17920, 32000), ["A100-80", 2048], [2048, 2048], 733],
    ["Llama 2 70B", llama([80, 8192, 8], 28672, 32000), ["A100-80", 1024], [1024, 4096], 323],
    ["Phi-4", llama([40, 5120, 10], 17920, 100352), ["H100", 1920], [5760, 4096], 2813],
  ] as const
).map(([name, shape, gpus, [globalBatchSequences, sequence], tokensPerSecond]) => ({
  name: `${name} (GPU hours of the whole run)`,
  shape,
  gpus,
  parts: { precision: "bf16", sequence, globalBatchSequences },
  measured: { tokensPerSecond },
}));

/** That recipe runs with GPT-2's tokens instead of its own. */
const LLAMA_405B_GPT2: Architecture = { ...LLAMA_405B, vocab: 50304 };

/** NVIDIA's DGX Cloud recipes (24.09 to 24.11) on H100: seconds per step in bf16 and fp8. */
const DGX_CLOUD: readonly (readonly [
  name: string,
  shape: Architecture,
  grid: readonly [tensor: number, pipeline: number, interleave: number, context: number],
  scale: readonly [gpus: number, batch: number, sequence: number],
  seconds: readonly [bf16: number, fp8: number],
])[] = [
  ["Llama 3.1 8B", LLAMA_8B, [1, 1, 1, 2], [8, 128, 8192], [12.91, 9.67]],
  ["Llama 3.1 8B", LLAMA_8B, [1, 1, 1, 2], [128, 2048, 8192], [13.1, 9.82]],
  ["Llama 3.1 70B", LLAMA_70B, [4, 4, 5, 2], [64, 128, 8192], [14.72, 11.01]],
  ["Llama 3.1 70B", LLAMA_70B, [4, 4, 5, 2], [2048, 4096, 8192], [14.98, 11.39]],
  ["Llama 3.1 405B", LLAMA_405B_GPT2, [8, 9, 7, 2], [576, 252, 8192], [17.2, 11.24]],
  ["Llama 3.1 405B", LLAMA_405B_GPT2, [8, 9, 7, 2], [2304, 1008, 8192], [17.62, 12.35]],
  ["GPT-3 175B", GPT3_175B, [4, 8, 12, 1], [128, 256, 2048], [8.309, 5.626]],
  ["GPT-3 175B", GPT3_175B, [4, 8, 12, 1], [2048, 4096, 2048], [8.49, 5.96]],
  ["Nemotron-4 340B", NEMOTRON_340B, [8, 8, 12, 1], [128, 32, 4096], [4.61, 3.16]],
  ["Nemotron-4 340B", NEMOTRON_340B, [8, 8, 12, 1], [2048, 512, 4096], [4.84, 3.49]],
];

function dgxCloud(precision: "bf16" | "fp8"): Row[] {
  return DGX_CLOUD.map(
    ([name, shape, [tensor, pipeline, interleave, context], scale, seconds]) => ({
      name: `${name}, ${scale[0]} H100, ${precision}`,
      shape,
      gpus: ["H100", scale[0]],
      parts: {
        ...split([tensor, pipeline, interleave], [1, scale[1], scale[2]]),
        contextParallel: context,
        precision,
      },
      measured: { seconds: precision === "bf16" ? seconds[0] : seconds[1] },
    }),
  );
}

const MPT: readonly Row[] = (
  [
    ["A100-80", 64, "70B", mpt(80, 8192, 64), [8, 2048, 2048], "full", 410],
    ["A100-80", 8, "30B", mpt(48, 7168, 56), [3, 504, 2048], "full", 916],
    ["A100-80", 8, "13B", mpt(40, 5120, 40), [2, 48, 2048], "none", 2262],
    ["A100-80", 8, "7B", mpt(32, 4096, 32), [6, 96, 2048], "none", 4641],
    ["A100-80", 8, "7B", mpt(32, 4096, 32), [8, 128, 8192], "full", 3206],
    ["A100-80", 8, "3B", mpt(32, 2560, 20), [10, 160, 2048], "none", 10811],
    ["A100-80", 8, "1B", mpt(24, 2048, 16), [14, 448, 2048], "none", 20513],
    ["H100", 64, "70B", mpt(80, 8192, 64), [8, 2048, 2048], "full", 1039],
    ["H100", 8, "30B", mpt(48, 7168, 56), [3, 504, 2048], "full", 2002],
    ["H100", 32, "30B", mpt(48, 7168, 56), [14, 1344, 2048], "full", 2308],
    ["H100", 8, "13B", mpt(40, 5120, 40), [2, 16, 2048], "none", 4792],
    ["H100", 64, "13B", mpt(40, 5120, 40), [2, 128, 2048], "none", 4800],
    ["H100", 8, "7B", mpt(32, 4096, 32), [6, 48, 2048], "none", 10643],
    ["H100", 8, "7B", mpt(32, 4096, 32), [8, 128, 8192], "full", 6935],
    ["H100", 64, "3B", mpt(32, 2560, 20), [6, 1152, 2048], "none", 22525],
    ["H100", 8, "1B", mpt(24, 2048, 16), [14, 112, 2048], "none", 45455],
  ] as const
).map(([gpu, count, name, shape, batch, recompute, tokensPerSecond]) => ({
  name: `MPT ${name}, ${batch[2]} tokens, ${count} ${gpu}`,
  shape,
  gpus: [gpu, count],
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

/** Meta: Llama 3 paper, table 4 (causal convention), and torchtitan on 500 W cards. */
const META: readonly Row[] = [
  ...(
    [
      [8192, 64, 1, 8192, 2048, 430],
      [16384, 128, 1, 8192, 2048, 400],
      [16384, 8, 16, 131072, 128, 380],
    ] as const
  ).map(([gpus, dataParallel, contextParallel, sequence, batch, tflops]) => ({
    name: `Llama 3 405B, ${gpus} H100, ${sequence} tokens`,
    shape: LLAMA_405B,
    gpus: ["H100", gpus] as const,
    parts: {
      tensorParallel: 8,
      pipelineParallel: 16,
      dataParallel,
      contextParallel,
      sequence,
      globalBatchSequences: batch,
      precision: "bf16" as const,
      recompute: "none" as const,
    },
    measured: { tflops },
  })),
  ...(
    [
      ["eager", false, 5605],
      ["compiled", true, 6514],
    ] as const
  ).map(([name, compiled, tokensPerSecond]) => ({
    name: `torchtitan 8B, 128 H100 500 W, ${name}`,
    shape: LLAMA_8B,
    gpus: ["H100 (96 GB, 500 W)", 128] as const,
    parts: {
      ...split([1, 1, 1], [2, 256, 8192]),
      precision: "bf16" as const,
      recompute: "selective" as const,
      compiled,
    },
    measured: { tokensPerSecond },
  })),
  {
    name: "SmolLM3 3B, 384 H100",
    shape: {
      ...llama([36, 2048, 4], 11008, 128256),
      tiedEmbeddings: true,
    },
    gpus: ["H100", 384],
    parts: { ...split([2, 1, 1], [3, 576, 4096]), precision: "bf16" },
    measured: { tokensPerSecond: 14000 },
  },
];

const EIGHT_BIT: readonly Row[] = [
  ...dgxCloud("fp8"),
  {
    name: "torchtitan 8B, 8 H100 500 W, fp8",
    shape: LLAMA_8B,
    gpus: ["H100 (96 GB, 500 W)", 8],
    parts: { ...split([1, 1, 1], [2, 16, 8192]), precision: "fp8", recompute: "selective" },
    measured: { tokensPerSecond: 8532 },
  },
  {
    name: "torchtitan 405B, 512 H100 500 W, fp8, interleaved",
    shape: LLAMA_405B,
    gpus: ["H100 (96 GB, 500 W)", 512],
    parts: {
      tensorParallel: 8,
      pipelineParallel: 8,
      globalBatchSequences: 256,
      sequence: 8192,
      precision: "fp8",
      recompute: "full",
    },
    measured: { tokensPerSecond: 128 },
  },
  {
    name: "NeMo 8B, 8 B200, fp8",
    shape: LLAMA_8B,
    gpus: ["B200", 8],
    parts: { ...split([1, 1, 1], [2, 128, 8192]), precision: "fp8" },
    measured: { tokensPerSecond: 30624 },
  },
  {
    name: "NeMo 405B, 128 B200, fp8",
    shape: LLAMA_405B,
    gpus: ["B200", 128],
    parts: { ...split([4, 8, 8], [1, 64, 8192]), contextParallel: 2, precision: "fp8" },
    measured: { tokensPerSecond: 661 },
  },
];

const MIXTRAL_8X7B: Architecture = {
  ...llama([32, 4096, 8], 14336, 32000),
  experts: 8,
  expertsPerToken: 2,
};

const EXPERTS: readonly Row[] = [
  {
    name: "DeepSeek-V3, 2048 H800, fp8 (GPU hours of the whole run)",
    shape: DEEPSEEK_V3,
    gpus: ["H800", 2048],
    parts: {
      tensorParallel: 1,
      pipelineParallel: 16,
      expertParallel: 64,
      globalBatchSequences: 15360,
      sequence: 4096,
      precision: "fp8",
    },
    measured: { tokensPerSecond: 14.8e12 / (2.664e6 * 3600) },
  },
  {
    name: "Megatron Bridge Qwen3 30B-A3B, 16 H100, fp8",
    shape: QWEN3_30B,
    gpus: ["H100", 16],
    parts: { ...split([1, 2, 24], [2, 512, 4096]), expertParallel: 8, precision: "fp8" },
    measured: { tokensPerSecond: 5275 },
  },
  {
    name: "NeMo Mixtral 8x7B, 64 B200, fp8",
    shape: MIXTRAL_8X7B,
    gpus: ["B200", 64],
    parts: { ...split([1, 1, 1], [2, 256, 4096]), expertParallel: 8, precision: "fp8" },
    measured: { tokensPerSecond: 15457 },
  },
];

export const HELD_OUT_RUNS: readonly PublishedRun[] = [
  ...[
    ...KORTHIKANTI,
    ...NARAYANAN,
    ...A100_CLUSTERS,
    ...WHOLE_RUNS,
    ...dgxCloud("bf16"),
    ...MPT,
    ...META,
  ].map((row) => published("dense", row)),
  ...EIGHT_BIT.map((row) => published("fp8", row)),
  ...EXPERTS.map((row) => published("experts", row)),
];

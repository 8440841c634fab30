/**
 * Runs of Megatron stacks that no figure of the planner was looked at for before they were
 * written down: NVIDIA's benchmark pages, each row with the split that its page states.
 *
 * Sources: NVIDIA/NeMo docs/source/performance/performance_summary.md (24.07);
 * NVIDIA/dgxc-benchmarking nemotron and llama3.1 READMEs (24.11 to 25.07);
 * NVIDIA-NeMo/Megatron-Bridge docs/performance-summary-archive.md (25.09 to 26.02);
 * InternLM/InternEvo doc/en/train_performance.md; Nemotron-4 340B report, table 2.
 * Where a page repeats a configuration of `held-out-runs.ts`, the row is left out.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import {
  gpt,
  LLAMA_8B,
  LLAMA_70B,
  LLAMA_405B,
  llama,
  NEMOTRON_340B,
  nemotron,
  type Row,
  split,
} from "./published-run.ts";

const NEMOTRON_15B: Architecture = { ...nemotron(32, 6144, 48), kvHeads: 8 };

type Grid = readonly [tensor: number, pipeline: number, interleave: number, context: number];
type Batch = readonly [microBatch: number, globalBatch: number, sequence: number];

/** Series, model, GPUs, split, batch, tokens per second and GPU or seconds per step. */
type Short = readonly [
  name: string,
  shape: Architecture,
  gpus: readonly [gpu: string, count: number],
  grid: Grid,
  batch: Batch,
  measured: Row["measured"],
  sharding?: "full",
];

function rows(precision: "bf16" | "fp8", shorts: readonly Short[]): Row[] {
  return shorts.map(([name, shape, gpus, grid, batch, measured, sharding]) => ({
    name: `${name} | ${gpus[1]} ${gpus[0]}, tensor ${grid[0]}, batch ${batch[1]}, ${precision}`,
    shape,
    gpus,
    parts: {
      ...split([grid[0], grid[1], grid[2]], batch),
      contextParallel: grid[3],
      precision,
      ...(sharding ? { sharding } : {}),
    },
    measured,
  }));
}

const seconds = (value: number) => ({ seconds: value });
const rate = (value: number) => ({ tokensPerSecond: value });

/** bf16: DGX Cloud recipes, and the longest stage of Nemotron-4 340B. */
export const FRESH_MEGATRON: readonly Row[] = rows("bf16", [
  [
    "DGXC Nemotron 15B TP4",
    NEMOTRON_15B,
    ["H100", 16],
    [4, 1, 1, 1],
    [4, 64, 4096],
    seconds(2.812),
  ],
  [
    "DGXC Nemotron 15B TP4",
    NEMOTRON_15B,
    ["H100", 2048],
    [4, 1, 1, 1],
    [4, 8192, 4096],
    seconds(2.887),
  ],
  [
    "DGXC Nemotron 15B TP2",
    NEMOTRON_15B,
    ["H100", 16],
    [2, 1, 1, 1],
    [2, 64, 4096],
    seconds(2.746),
  ],
  ["DGXC Llama 405B PP8", LLAMA_405B, ["H100", 512], [8, 8, 8, 2], [1, 256, 8192], seconds(19.78)],
  [
    "DGXC Llama 405B PP8",
    LLAMA_405B,
    ["H100", 2048],
    [8, 8, 8, 2],
    [1, 1024, 8192],
    seconds(19.87),
  ],
  [
    "DGXC Nemotron 340B weak",
    NEMOTRON_340B,
    ["GB200", 128],
    [8, 4, 12, 1],
    [1, 32, 4096],
    seconds(2.189),
  ],
  [
    "DGXC Nemotron 340B weak",
    NEMOTRON_340B,
    ["GB200", 512],
    [8, 4, 12, 1],
    [1, 128, 4096],
    seconds(2.229),
  ],
  [
    "DGXC Nemotron 340B strong",
    NEMOTRON_340B,
    ["GB200", 128],
    [8, 4, 12, 1],
    [1, 512, 4096],
    seconds(32.66),
  ],
  [
    "DGXC Nemotron 340B strong",
    NEMOTRON_340B,
    ["GB200", 512],
    [8, 4, 12, 1],
    [1, 512, 4096],
    seconds(8.468),
  ],
  [
    "Nemotron-4 340B report",
    NEMOTRON_340B,
    ["H100", 6144],
    [8, 12, 8, 1],
    [1, 2304, 4096],
    seconds(8),
  ],
]);

/** InternLM 7B: replicas and tensor pairs with split optimiser states, fused attention. */
const INTERNLM_7B = llama([32, 4096, 32], 11008, 103168);

export const FRESH_INTERNEVO: readonly Row[] = (
  [
    ["tensor 1", [8, 1, 64, 2], "none", 4078],
    ["tensor 1", [128, 1, 1024, 2], "none", 3928],
    ["tensor 2", [8, 2, 64, 4], "none", 3761],
    ["tensor 2", [128, 2, 1024, 4], "none", 3651],
    ["recomputed", [8, 1, 64, 8], "full", 3314],
    ["recomputed", [128, 1, 1024, 8], "full", 3260],
  ] as const
).map(([series, [count, tensor, batch, micro], recompute, tokensPerSecond]) => ({
  name: `InternEvo 7B ${series} | ${count} A100`,
  shape: INTERNLM_7B,
  gpus: ["A100-80", count],
  nicGbPerSecond: 6.25,
  parts: {
    ...split([tensor, 1, 1], [micro, batch, 2048]),
    precision: "bf16",
    compiled: false,
    attention: "flash",
    recompute,
  },
  measured: { tokensPerSecond },
}));

/** fp8: the same pages. */
export const FRESH_MEGATRON_FP8: readonly Row[] = rows("fp8", [
  ["NeMo GPT3 5B", gpt(24, 4096, 32), ["H100", 64], [1, 1, 1, 1], [4, 2048, 2048], rate(22521)],
  ["NeMo GPT3 20B", gpt(44, 6144, 48), ["H100", 64], [2, 1, 1, 1], [2, 256, 2048], rate(5851)],
  ["NeMo GPT3 175B", gpt(96, 12288, 96), ["H100", 128], [4, 8, 6, 1], [1, 256, 2048], rate(726)],
  ["NeMo GPT3 175B", gpt(96, 12288, 96), ["H100", 512], [4, 8, 6, 1], [2, 2048, 2048], rate(782)],
  [
    "NeMo Llama2 7B",
    llama([32, 4096, 32], 11008, 32000),
    ["H100", 8],
    [1, 1, 1, 1],
    [1, 128, 4096],
    rate(16847),
  ],
  [
    "NeMo Llama2 13B",
    llama([40, 5120, 40], 13824, 32000),
    ["H100", 16],
    [1, 4, 10, 1],
    [1, 128, 4096],
    rate(8646),
  ],
  [
    "NeMo Llama2 70B",
    llama([80, 8192, 8], 28672, 32000),
    ["H100", 64],
    [4, 4, 20, 1],
    [1, 128, 4096],
    rate(1707),
  ],
  [
    "NeMo Nemotron 8B",
    nemotron(32, 4096, 32),
    ["H100", 64],
    [2, 1, 1, 1],
    [4, 256, 4096],
    rate(12701),
  ],
  [
    "NeMo Nemotron 22B",
    nemotron(40, 6144, 48),
    ["H100", 64],
    [2, 4, 10, 1],
    [2, 256, 4096],
    rate(4256),
  ],
  [
    "DGXC Nemotron 15B TP4 fp8",
    NEMOTRON_15B,
    ["H100", 16],
    [4, 1, 1, 1],
    [4, 64, 4096],
    seconds(2.039),
  ],
  [
    "DGXC Nemotron 15B TP4 fp8",
    NEMOTRON_15B,
    ["H100", 2048],
    [4, 1, 1, 1],
    [4, 8192, 4096],
    seconds(2.12),
  ],
  [
    "DGXC Nemotron 15B TP2 fp8",
    NEMOTRON_15B,
    ["H100", 16],
    [2, 1, 1, 1],
    [2, 64, 4096],
    seconds(1.988),
  ],
  ["DGXC Llama 70B PP8 fp8", LLAMA_70B, ["H100", 64], [4, 8, 5, 1], [1, 128, 8192], seconds(9.86)],
  [
    "DGXC Llama 70B PP8 fp8",
    LLAMA_70B,
    ["H100", 2048],
    [4, 8, 5, 1],
    [1, 4096, 8192],
    seconds(10.15),
  ],
  [
    "DGXC Llama 405B PP8 fp8",
    LLAMA_405B,
    ["H100", 512],
    [8, 8, 8, 2],
    [1, 256, 8192],
    seconds(12.37),
  ],
  [
    "DGXC Llama 405B PP8 fp8",
    LLAMA_405B,
    ["H100", 2048],
    [8, 8, 8, 2],
    [1, 1024, 8192],
    seconds(12.56),
  ],
  [
    "DGXC Nemotron 340B weak fp8",
    NEMOTRON_340B,
    ["GB200", 128],
    [8, 4, 12, 1],
    [1, 32, 4096],
    seconds(1.483),
  ],
  [
    "DGXC Nemotron 340B weak fp8",
    NEMOTRON_340B,
    ["GB200", 512],
    [8, 4, 12, 1],
    [1, 128, 4096],
    seconds(1.549),
  ],
  [
    "DGXC Nemotron 340B strong fp8",
    NEMOTRON_340B,
    ["GB200", 128],
    [8, 4, 12, 1],
    [1, 512, 4096],
    seconds(21.83),
  ],
  [
    "DGXC Nemotron 340B strong fp8",
    NEMOTRON_340B,
    ["GB200", 512],
    [8, 4, 12, 1],
    [1, 512, 4096],
    seconds(5.668),
  ],
  ["Bridge Llama 8B Blackwell", LLAMA_8B, ["GB300", 8], [1, 1, 1, 1], [2, 128, 8192], rate(37556)],
  ["Bridge Llama 8B Blackwell", LLAMA_8B, ["GB200", 8], [1, 1, 1, 1], [2, 128, 8192], rate(31508)],
  [
    "Bridge Llama 8B H100",
    LLAMA_8B,
    ["H100", 8],
    [1, 1, 1, 1],
    [1, 128, 8192],
    rate(14451),
    "full",
  ],
  [
    "Bridge Llama 70B Blackwell",
    LLAMA_70B,
    ["GB300", 64],
    [1, 1, 1, 1],
    [2, 256, 8192],
    rate(4520),
    "full",
  ],
  [
    "Bridge Llama 70B Blackwell",
    LLAMA_70B,
    ["GB200", 64],
    [1, 1, 1, 1],
    [2, 256, 8192],
    rate(4312),
    "full",
  ],
  ["Bridge Llama 70B H100", LLAMA_70B, ["H100", 64], [4, 8, 5, 1], [1, 256, 8192], rate(1621)],
  ["Bridge Llama 405B GB300", LLAMA_405B, ["GB300", 256], [2, 8, 4, 2], [1, 1536, 8192], rate(999)],
  ["Bridge Llama 405B GB300", LLAMA_405B, ["GB300", 256], [4, 8, 4, 1], [1, 1536, 8192], rate(988)],
  [
    "Bridge Llama 405B GB200",
    LLAMA_405B,
    ["GB200", 256],
    [4, 16, 4, 1],
    [1, 1536, 8192],
    rate(813),
  ],
  ["Bridge Llama 405B H100", LLAMA_405B, ["H100", 1024], [8, 8, 8, 2], [1, 512, 8192], rate(292)],
  ["Bridge Llama 405B H100", LLAMA_405B, ["H100", 1024], [8, 8, 8, 2], [1, 1536, 8192], rate(311)],
]);

/** The seven runs that the constants `CALIBRATED` in `rates.ts` were fitted on. */

import {
  GPT3_175B,
  gpt,
  LLAMA_8B,
  llama,
  type PublishedRun,
  published,
  type Row,
  split,
} from "./published-run.ts";

const CALIBRATION_ROWS: readonly Row[] = [
  {
    name: "A1 Megatron 22B, selective",
    shape: gpt(48, 6144, 64),
    gpus: ["A100-80", 8],
    parts: { ...split([8, 1, 1], [4, 4, 2048]), precision: "fp16", recompute: "selective" },
    measured: { seconds: 1.1 },
  },
  {
    name: "A2 Megatron 22B, full",
    shape: gpt(48, 6144, 64),
    gpus: ["A100-80", 8],
    parts: { ...split([8, 1, 1], [4, 4, 2048]), precision: "fp16", recompute: "full" },
    measured: { seconds: 1.42 },
  },
  {
    name: "A3 GPT-3 175B, selective",
    shape: GPT3_175B,
    gpus: ["A100-80", 64],
    parts: { ...split([8, 8, 3], [1, 64, 2048]), precision: "fp16", recompute: "selective" },
    measured: { seconds: 13.75 },
  },
  {
    name: "A4 GPT-3 175B, full",
    shape: GPT3_175B,
    gpus: ["A100-80", 64],
    parts: { ...split([8, 8, 3], [1, 64, 2048]), precision: "fp16", recompute: "full" },
    measured: { seconds: 18.13 },
  },
  {
    name: "A13 LLaMA 65B",
    shape: llama([80, 8192, 64], 22016, 32000),
    gpus: ["A100-80", 2048],
    // "Partial" recomputation, on the eager PyTorch of 2022.
    parts: {
      precision: "bf16",
      sequence: 2048,
      globalBatchSequences: 2048,
      recompute: "selective",
      compiled: false,
    },
    measured: { tokensPerSecond: 380 },
  },
  {
    name: "A14 Llama 3.1 8B, eager",
    shape: LLAMA_8B,
    gpus: ["H100 (96 GB, 500 W)", 8],
    parts: {
      ...split([1, 1, 1], [2, 16, 8192]),
      precision: "bf16",
      recompute: "selective",
      compiled: false,
    },
    measured: { tokensPerSecond: 5762 },
  },
  {
    name: "A15 Llama 3.1 8B, compiled",
    shape: LLAMA_8B,
    gpus: ["H100 (96 GB, 500 W)", 8],
    parts: {
      ...split([1, 1, 1], [2, 16, 8192]),
      precision: "bf16",
      recompute: "selective",
      compiled: true,
    },
    measured: { tokensPerSecond: 6667 },
  },
];

export const CALIBRATION_RUNS: readonly PublishedRun[] = CALIBRATION_ROWS.map((row) =>
  published("calibration", row),
);

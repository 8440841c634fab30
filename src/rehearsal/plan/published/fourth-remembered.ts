/**
 * Runs beside the fourth set of which the figure, or something that it cannot do without, is only
 * remembered. Not part of the test: they are weaker evidence. Here is what was read of each.
 *
 * - OLMoE paper: 37,500 and 23,600 tokens/s per GPU of the dense model and the one with experts
 *   were read; the batch of 1,024 x 4,096 and the shapes are from memory.
 * - OLMo 3: 7,700 and 1,900 tokens/s per GPU were read, as were batches, compilation and groups of
 *   sharding in allenai/OLMo-core's official scripts; the numbers of GPUs are from memory. 512 do
 *   not go with the script's two sequences at a time for the 7B, so that is open. Three of four
 *   layers attend to a window of 4,096 tokens only, for which there is no field.
 * - GLM-130B: 32.5 % of the peak (whole score matrix) was read as a quotation; split, batch and
 *   shape are from memory.
 * - Aleph Alpha's study of splits: 70.5 % for a Llama 13B was read in the abstract; GPUs and batch
 *   are from memory.
 * - Skywork-13B and LLM360 Amber 7B: all from memory.
 */

import type { Architecture } from "../../catalog/architecture.ts";
import { findModel } from "../../catalog/models.ts";
import { flopsPerToken } from "../flops.ts";
import { llama, type PublishedRun, published, type Row, split } from "./published-run.ts";

const OLMO_1B: Architecture = { ...llama([16, 2048, 16], 8192, 50304), qkNorm: "full" };

const GLM_130B: Architecture = {
  ...llama([70, 12288, 96], 32768, 150528),
  attentionBias: "all",
  mlpBias: true,
  norm: "layer",
  tiedEmbeddings: true,
};

const LLAMA_13B = llama([40, 5120, 40], 13824, 32000);

/** Tokens/s per GPU for a share of an A100's peak. */
function rateOf(shape: Architecture, utilisation: number): number {
  return (utilisation * 312e12) / flopsPerToken(shape, 2048, "full-attention");
}

const OLMO: readonly Row[] = [
  {
    name: "OLMoE paper | dense 1.3B, 128 H100",
    shape: OLMO_1B,
    gpus: ["H100", 128],
    parts: { globalBatchSequences: 1024, sequence: 4096, precision: "bf16" },
    measured: { tokensPerSecond: 37_500 },
  },
  {
    name: "OLMo 3 | 7B, 512 H100",
    shape: findModel("OLMo-2-7B").shape,
    gpus: ["H100", 512],
    parts: {
      tensorParallel: 1,
      pipelineParallel: 1,
      globalBatchSequences: 512,
      sequence: 8192,
      precision: "bf16",
      compiled: true,
      attention: "flash",
    },
    measured: { tokensPerSecond: 7700 },
  },
  {
    name: "OLMo 3 | 32B, 1024 H100",
    shape: findModel("OLMo-2-32B").shape,
    gpus: ["H100", 1024],
    parts: {
      ...split([1, 1, 1], [1, 1024, 8192]),
      precision: "bf16",
      compiled: true,
      attention: "flash",
      sharding: "full",
    },
    measured: { tokensPerSecond: 1900 },
  },
];

const REMEMBERED: readonly Row[] = [
  {
    name: "Skywork-13B | 512 A800",
    shape: llama([52, 4608, 36], 12288, 65536),
    gpus: ["A800-80", 512],
    parts: {
      tensorParallel: 1,
      pipelineParallel: 2,
      globalBatchSequences: 4096,
      sequence: 4096,
      precision: "bf16",
      attention: "flash",
    },
    measured: { tokensPerSecond: 1873 },
  },
  {
    name: "LLM360 Amber 7B | 224 A100",
    shape: llama([32, 4096, 32], 11008, 32000),
    gpus: ["A100-80", 224],
    parts: { globalBatchSequences: 2240, sequence: 2048, precision: "bf16", sharding: "full" },
    measured: { tokensPerSecond: 582_400 / 224 },
  },
  {
    name: "GLM-130B | 768 A100-40",
    shape: GLM_130B,
    gpus: ["A100-40", 768],
    parts: {
      tensorParallel: 4,
      pipelineParallel: 8,
      globalBatchSequences: 4224,
      sequence: 2048,
      precision: "fp16",
      recompute: "full",
      attention: "unfused",
    },
    measured: { tokensPerSecond: rateOf(GLM_130B, 0.325) },
  },
  {
    name: "Aleph Alpha 13B | 64 A100",
    shape: LLAMA_13B,
    gpus: ["A100-80", 64],
    parts: {
      globalBatchSequences: 2048,
      sequence: 2048,
      precision: "bf16",
      attention: "flash",
      recompute: "none",
    },
    measured: { tokensPerSecond: rateOf(LLAMA_13B, 0.705) },
  },
];

const OLMOE: Row = {
  name: "OLMoE paper | 1B-7B, 128 H100",
  shape: { ...OLMO_1B, ffn: 1024, experts: 64, expertsPerToken: 8 },
  gpus: ["H100", 128],
  parts: { globalBatchSequences: 1024, sequence: 4096, precision: "bf16" },
  measured: { tokensPerSecond: 23_600 },
};

export const FOURTH_REMEMBERED: readonly PublishedRun[] = [
  ...OLMO.map((row) => published("dense", row)),
  ...REMEMBERED.map((row) => published("dense", row)),
  published("experts", OLMOE),
];
